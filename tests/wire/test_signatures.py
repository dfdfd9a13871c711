"""Signatures: what is accepted as signed just now, and what is not."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from channels.calling import signature as signature_of_ours
from wire.signatures import (
    SCHEMES,
    Replayed,
    Request,
    Scheme,
    WrongSignature,
    delivery_of,
    is_signed,
    signature,
)

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


EVENT = b'{"id":"evt_1","type":"customer.updated"}'
URL = "https://gateway.example.org/v1/sources/crm/in"
KEY = "whsec_test"
MILLISECONDS = f"{AT}000"


def summed(message: bytes, key: str = KEY) -> bytes:
    return hmac.new(key.encode(), message, hashlib.sha256).digest()


SIGNED = [
    pytest.param(
        "stripe",
        # As `stripe.WebhookSignature` of Stripe's own library signs it.
        {"stripe-signature": f"t={AT},"
         "v1=627e2205c725d4ccc4fe2a9059f85ba402544bc5a0db03a87e1c7bddd104e60c"},
        id="stripe",
    ),
    pytest.param(
        "stripe",
        {"stripe-signature": f"t={AT},v1=00,v0=11, v1={summed(f'{AT}.'.encode() + EVENT).hex()}"},
        id="stripe while a secret takes the place of another",
    ),
    pytest.param(
        "hubspot",
        {
            "x-hubspot-signature-v3": base64.b64encode(
                summed(b"POST" + URL.encode() + EVENT + MILLISECONDS.encode())
            ).decode(),
            "x-hubspot-request-timestamp": MILLISECONDS,
        },
        id="hubspot",
    ),
    pytest.param(
        "zendesk",
        {
            "x-zendesk-webhook-signature": base64.b64encode(
                summed(b"2027-03-01T12:00:00Z" + EVENT)
            ).decode(),
            "x-zendesk-webhook-signature-timestamp": "2027-03-01T12:00:00Z",
        },
        id="zendesk",
    ),
    pytest.param(
        "shopify",
        {"x-shopify-hmac-sha256": base64.b64encode(summed(EVENT)).decode()},
        id="shopify, which signs no moment",
    ),
]  # fmt: skip


def checked(scheme: Scheme, said: Mapping[str, str], body: bytes = EVENT, later: int = 0) -> None:
    urls = ("http://gateway.example.org/v1/sources/crm/in", URL)
    scheme.check([KEY], Request("POST", urls, said, body), NOON + timedelta(seconds=later))


@pytest.mark.parametrize(("name", "said"), SIGNED)
def test_what_a_system_signs_is_accepted_just_then(name: str, said: dict[str, str]) -> None:
    scheme = SCHEMES[name]

    checked(scheme, said)
    with pytest.raises(WrongSignature):
        checked(scheme, said, EVENT + b" ")
    with pytest.raises(WrongSignature):
        checked(scheme, said | {scheme.header: ""})
    with pytest.raises(WrongSignature):
        checked(scheme, {})
    if scheme.timestamp is not None:
        with pytest.raises(Replayed):
            checked(scheme, said, later=301)


def test_every_scheme_is_tried() -> None:
    assert {each.values[0] for each in SIGNED} | {"standard-webhooks"} == set(SCHEMES)


def test_a_standard_webhook_is_what_its_own_library_signs() -> None:
    theirs = Webhook(SECRET).sign("msg_1", NOON, EVENT.decode())

    assert signature(SECRET, "msg_1", AT, EVENT) == theirs


def test_a_secret_without_padding_is_the_same_secret() -> None:
    short = "whsec_" + base64.b64encode(b"a-secret").decode()

    assert signature(short, "msg_1", AT, EVENT) == signature(short.rstrip("="), "msg_1", AT, EVENT)


def test_a_scheme_of_ones_own_says_where_everything_is() -> None:
    scheme = Scheme(header="X-Hub-Signature-256", prefix="sha256=")

    checked(scheme, {"x-hub-signature-256": f"sha256={summed(EVENT).hex()}"})
    with pytest.raises(WrongSignature):
        checked(scheme, {"x-hub-signature-256": summed(EVENT).hex()})


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"message": "{timestamp}"}, id="not over the body"),
        pytest.param({"message": "{body}{colour}"}, id="over something unknown"),
        pytest.param({"message": "{timestamp}{body}"}, id="over a moment that stands nowhere"),
        pytest.param({"timestamp": "x-at"}, id="a moment that is not signed"),
        pytest.param({"message": "{id}{body}"}, id="over an id that stands nowhere"),
    ],
)
def test_a_scheme_that_proves_nothing_is_refused(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="Expected "):
        Scheme.model_validate({"header": "x-signature"} | said)
