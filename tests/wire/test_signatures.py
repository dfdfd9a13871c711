"""Signatures of Standard Webhooks: what is accepted as signed just now, and what is not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from channels.calling import signature as signature_of_ours
from wire.signatures import WrongSignature, delivery_of, is_signed, signature

SECRET = "whsec_c29qb3VybnMtb3duLXRlc3Qtc2VjcmV0"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
BODY = b'{"table": "contact", "record_id": "ana"}'


def headers(**changed: str | None) -> Mapping[str, str]:
    said = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(AT),
        "webhook-signature": signature(SECRET, "msg_1", AT, BODY),
    }
    said |= {f"webhook-{name}": value for name, value in changed.items() if value is not None}
    return {name: value for name, value in said.items() if changed.get(name[8:], "") is not None}


def test_the_form_is_that_of_the_standard() -> None:
    # The sum of `msg_1.1803902400.` and the body by HMAC-SHA256 under the 24 bytes of the secret.
    assert (
        signature(SECRET, "msg_1", 1803902400, BODY)
        == "v1,I4+VGOl2blFYimOa/8vR82e7Ff6sBeWpTS3Nfb0FRPw="
    )


def test_what_we_sign_ourselves_we_would_accept() -> None:
    signed = signature_of_ours(SECRET, "msg_1", AT, BODY)

    assert delivery_of(SECRET, headers(signature=signed), BODY, NOON) == "msg_1"


@pytest.mark.parametrize(
    ("said", "body", "later"),
    [
        pytest.param(headers(), BODY, 0, id="as it was signed"),
        pytest.param(headers(), BODY, 300, id="five minutes old"),
        pytest.param(headers(), BODY, -300, id="five minutes ahead"),
        pytest.param(
            headers(signature=f"v1,AAAA v1a,BBBB {signature(SECRET, 'msg_1', AT, BODY)}"),
            BODY, 0, id="one of several signatures",
        ),
    ],
)  # fmt: skip
def test_what_was_signed_just_now_is_accepted(
    said: Mapping[str, str], body: bytes, later: int
) -> None:
    assert delivery_of(SECRET, said, body, NOON + timedelta(seconds=later)) == "msg_1"


@pytest.mark.parametrize(
    ("said", "body", "later", "sentence"),
    [
        pytest.param(headers(), BODY, 301, "within five minutes", id="more than five minutes old"),
        pytest.param(
            headers(), BODY, -301, "within five minutes", id="more than five minutes ahead"
        ),
        pytest.param(headers(), BODY + b" ", 0, "to fit the body", id="another body"),
        pytest.param(headers(id="msg_2"), BODY, 0, "to fit the body", id="another id"),
        pytest.param(
            headers(timestamp=str(AT + 1)), BODY, 0, "to fit the body", id="another moment"
        ),
        pytest.param(headers(signature="v1,"), BODY, 0, "to fit the body", id="an empty signature"),
        pytest.param(headers(signature=None), BODY, 0, "to fit the body", id="no signature"),
        pytest.param(headers(signature="v1,é"), BODY, 0, "to fit the body", id="other letters"),
        pytest.param(headers(id=None), BODY, 0, "say what is delivered", id="no id"),
        pytest.param(headers(id="m" * 201), BODY, 0, "say what is delivered", id="an endless id"),
        pytest.param(headers(timestamp="now"), BODY, 0, "to be a moment", id="a moment in words"),
        pytest.param(headers(timestamp="-1"), BODY, 0, "to be a moment", id="a moment before time"),
        pytest.param(
            headers(timestamp="9" * 400), BODY, 0, "to be a moment", id="an endless moment"
        ),
        pytest.param(
            headers(timestamp="²"), BODY, 0, "to be a moment", id="a moment in odd digits"
        ),
        pytest.param(headers(timestamp=None), BODY, 0, "to be a moment", id="no moment"),
    ],
)
def test_anything_else_is_not(
    said: Mapping[str, str], body: bytes, later: int, sentence: str
) -> None:
    with pytest.raises(WrongSignature, match=f"^Expected .*{sentence}.*, but .*\\.$"):
        delivery_of(SECRET, said, body, NOON + timedelta(seconds=later))


def test_a_secret_of_another_key_signs_nothing() -> None:
    with pytest.raises(WrongSignature):
        delivery_of("whsec_b3RoZXI=", headers(), BODY, NOON)


def test_a_request_says_whether_it_is_signed() -> None:
    assert is_signed(headers())
    assert not is_signed(headers(signature=None))
