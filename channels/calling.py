"""Calling: a signed request to an endpoint of somebody else's, at an address that may be called."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from channels.channel import Rejected, Unreachable
from journeys.calling import Request

_LONGEST_ANSWER = 64 * 1024
_LATER = frozenset({408, 429})
_SERVER_ERRORS = 500
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """What an endpoint answered; *body* is None where it is not JSON."""

    status: int
    body: Any


class Caller:
    """Calls endpoints. *secrets* are those to sign with, by name; nobody reads them elsewhere.

    Unless *allow_private*, only addresses of the public internet are called: the name is resolved
    once, and the connection goes to the address that was checked.
    """

    def __init__(self, secrets: Mapping[str, str], *, allow_private: bool = False) -> None:
        self._secrets = secrets
        self._allow_private = allow_private

    async def call(self, request: Request, *, secret: str, key: str, limit: timedelta) -> Answer:
        """Return the answer to *request*, which has the id *key*.

        Raises Rejected for what will never be called, Unreachable where it may be tried again.
        """
        content = b"" if request.body is None else orjson.dumps(request.body)
        headers = self._signed(secret, key, content)
        url = httpx.URL(request.url)
        try:
            async with asyncio.timeout(limit.total_seconds()):
                return await self._exchanged(
                    request.method, url, headers, content, limit.total_seconds()
                )
        except TimeoutError:
            raise Unreachable(
                f"Expected {url.host} to answer within {limit.total_seconds():g} seconds, but it did not."
            ) from None
        except (httpx.TransportError, OSError) as error:
            raise Unreachable(
                f"Expected {url.host} to answer, but: {type(error).__name__}."
            ) from error

    def _signed(self, secret: str, key: str, content: bytes) -> dict[str, str]:
        """Return the headers that say what is sent, by whom, and that it is the same when tried again."""
        if secret not in self._secrets:
            raise Rejected(
                f"Expected a secret {secret!r} in SOJOURN_WEBHOOK_SECRETS, but there is none."
            )
        timestamp = int(datetime.now(UTC).timestamp())  # noqa: TID251 - the edge
        return {
            "content-type": "application/json",
            "idempotency-key": key,
            "webhook-id": key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secrets[secret], key, timestamp, content),
        }

    async def _exchanged(
        self, method: str, url: httpx.URL, headers: dict[str, str], content: bytes, limit: float
    ) -> Answer:
        address = await self._address(url)
        # The certificate is still the name's: the address only says where to connect.
        headers = {**headers, "host": url.netloc.decode()}
        at = url.copy_with(host=str(address))
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=limit) as client,
            client.stream(
                method,
                at,
                headers=headers,
                content=content or None,
                extensions={"sni_hostname": url.host},
            ) as response,
        ):
            if response.status_code in _LATER or response.status_code >= _SERVER_ERRORS:
                raise Unreachable(
                    f"Expected {url.host} to take it, but it answered {response.status_code}."
                )
            received = b""
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > _LONGEST_ANSWER:
                    raise Rejected(
                        f"Expected an answer of at most {_LONGEST_ANSWER // 1024} KiB, "
                        f"but {url.host} sends more."
                    )
            return Answer(response.status_code, _json(received))

    async def _address(self, url: httpx.URL) -> Address:
        """Return the address to connect to; raise Rejected where none may be called."""
        port = url.port or (443 if url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(where[4][0]).partition("%")[0]) for where in found]
        for address in addresses:
            if self._allow_private or is_public(address):
                return address
        raise Rejected(
            f"Expected {url.host} to be on the public internet, but it is a private address: "
            "an operator may allow those by SOJOURN_WEBHOOK_ALLOW_PRIVATE."
        )


def is_public(address: Address) -> bool:
    """Say whether *address* is one of the public internet, whichever way it is written."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def signature(secret: str, key: str, timestamp: int, content: bytes) -> str:
    """Return the signature of a request, as Standard Webhooks has it.

    A secret is `whsec_` and base64, or any other text as it stands.
    """
    signed = f"{key}.{timestamp}.".encode() + content
    digest = hmac.new(_bytes_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _bytes_of(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def _json(content: bytes) -> Any:
    try:  # U+0000 fits into no text of every database
        return orjson.loads(content.replace(b"\\u0000", b"\\ufffd"))
    except orjson.JSONDecodeError:
        return None
