"""Calling endpoints: signed, within limits, and only where it may."""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from socket import create_server

import pytest

from channels.calling import Caller, is_public, signature
from channels.channel import Rejected, Unreachable
from journeys.calling import Request
from tests.endpoint import Endpoint, listening

SECRET = "whsec_" + base64.b64encode(b"very secret").decode()
CALLER = Caller({"crm": SECRET}, allow_private=True)
LIMIT = timedelta(seconds=5)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with listening() as there:
        yield there


async def test_a_request_is_signed_and_has_an_id(endpoint: Endpoint) -> None:
    await CALLER.call(Request("POST", endpoint.url, {"a": 1}), secret="crm", key="k1", limit=LIMIT)

    [(_, _, headers, content)] = endpoint.requests
    signed = f"k1.{headers['webhook-timestamp']}.".encode() + content
    digest = base64.b64encode(hmac.new(b"very secret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["webhook-id"] == headers["idempotency-key"] == "k1"
    assert content == b'{"a":1}'


def test_a_signature_is_the_one_of_the_standard() -> None:
    known = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert known == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("content", "body"),
    [
        pytest.param(b'{"a": [1]}', {"a": [1]}, id="JSON"),
        pytest.param(b"<p>no</p>", None, id="not JSON"),
        pytest.param(b"", None, id="nothing"),
    ],
)
async def test_an_answer_is_read_where_it_is_json(
    endpoint: Endpoint, content: bytes, body: object
) -> None:
    endpoint.answer(404, content)

    answer = await CALLER.call(Request("GET", endpoint.url), secret="crm", key="k", limit=LIMIT)

    assert (answer.status, answer.body) == (404, body)


async def test_an_answer_that_is_too_large_is_not_read(endpoint: Endpoint) -> None:
    endpoint.answer(200, b"x" * 70_000)

    with pytest.raises(Rejected, match="at most 64 KiB"):
        await CALLER.call(Request("GET", endpoint.url), secret="crm", key="k", limit=LIMIT)


async def test_an_endpoint_that_does_not_answer_in_time_may_be_tried_again() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unreachable, match="answer"):
            await CALLER.call(
                Request("GET", url), secret="crm", key="k", limit=timedelta(milliseconds=50)
            )


async def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    endpoint.answer(307, {}, location=endpoint.url + "/other")

    answer = await CALLER.call(Request("GET", endpoint.url), secret="crm", key="k", limit=LIMIT)

    assert (answer.status, len(endpoint.requests)) == (307, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_private_address_is_not_called(endpoint: Endpoint, host: str) -> None:
    url = endpoint.url.replace("127.0.0.1", host)

    with pytest.raises(Rejected, match="public internet"):
        await Caller({"crm": SECRET}).call(Request("GET", url), secret="crm", key="k", limit=LIMIT)

    assert endpoint.requests == []


async def test_a_secret_that_is_not_set_signs_nothing(endpoint: Endpoint) -> None:
    with pytest.raises(Rejected, match="SOJOURN_WEBHOOK_SECRETS"):
        await CALLER.call(Request("GET", endpoint.url), secret="erp", key="k", limit=LIMIT)

    assert endpoint.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - nobody listens on it
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_an_address_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
