"""Credentials: what is presented fits what was kept, and whatever is presented is answered."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from wire.credentials import Credential, Kept, check_signature, lets_in
from wire.signatures import SCHEMES, Request, WrongSignature

CREDENTIAL: TypeAdapter[Credential] = TypeAdapter(Credential)
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
TEXT = st.text(st.characters(max_codepoint=255))  # as headers are decoded
PLAIN: list[dict[str, Any]] = [
    {"kind": "header", "name": "X-Hook", "value": "quick"},
    {"kind": "query", "name": "code", "value": "quick"},
    {"kind": "basic", "user": "ana", "password": "quick"},
    {"kind": "bearer", "token": "quick"},
    {"kind": "write-key", "value": "quick"},
]
SIGNING: list[dict[str, Any]] = [
    {"kind": "signature", "scheme": name, "secret": "ключ"} for name in SCHEMES
]


def kept(said: dict[str, Any], salt: str = "salt") -> Kept:
    return Kept.of(CREDENTIAL.validate_python(said), salt)


@pytest.mark.parametrize("said", PLAIN, ids=lambda said: said["kind"])
def test_under_another_salt_the_same_is_kept_otherwise(said: dict[str, Any]) -> None:
    one, other = kept(said), kept(said, "pepper")

    assert one.digest != other.digest
    assert one.fits("quick")
    assert other.fits("quick")
    assert not one.fits("quicker")
    assert "quick" not in one.model_dump_json()


@given(
    st.dictionaries(st.sampled_from(["x-hook", "authorization"]), TEXT),
    st.dictionaries(st.just("code"), TEXT),
    st.sampled_from(["", "Basic ", "Bearer ", "basic"]),
)
def test_whatever_is_presented_is_answered(
    headers: dict[str, str], query: dict[str, str], scheme: str
) -> None:
    if "authorization" in headers:
        headers["authorization"] = scheme + headers["authorization"]

    assert not lets_in([kept(said) for said in PLAIN], headers, query) or "quick" in {
        *headers.values(),
        *query.values(),
    }


@given(st.data(), st.binary(max_size=20))
def test_whatever_is_said_to_be_a_signature_is_answered(data: st.DataObject, body: bytes) -> None:
    said = data.draw(st.sampled_from(SIGNING))
    scheme = SCHEMES[said["scheme"]]
    names = [each for each in (scheme.header, scheme.timestamp, scheme.id) if each]
    headers = data.draw(
        st.fixed_dictionaries({}, optional={name: TEXT | st.just("1803902400") for name in names})
    )

    with pytest.raises(WrongSignature, match=r"^Expected .*, but .*\.$"):
        check_signature([kept(said)], Request("POST", ("http://é/",), headers, body), NOON)


def test_who_does_not_sign_has_no_signature() -> None:
    with pytest.raises(WrongSignature):
        check_signature([kept(PLAIN[0])], Request("POST", (), {}, b""), NOON)
