"""Signatures: how systems sign what they send, checked on the bytes as they came."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from wire.moments import moment

TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock and ours may be apart, and how long a request can be sent again."""

_LONGEST = 200
_MOST_DIGITS = 14
_PART = re.compile(r"\{(\w+)\}")
_PARTS = ("method", "url", "id", "timestamp", "body")


class WrongSignature(ValueError):
    """Why a request is not what its sender signed, as a sentence."""


class Replayed(WrongSignature):
    """The request was signed, but not just now."""


@dataclass(frozen=True)
class Request:
    """A request as it came: *content* are its bytes before anything unpacks or reads them.

    *urls* are those by which its sender may know us, *headers* are named in lower case.
    """

    method: str
    urls: tuple[str, ...]
    headers: Mapping[str, str]
    content: bytes


def _message(text: str) -> str:
    parts = _PART.findall(text)
    if "body" not in parts or not set(parts) <= set(_PARTS):
        known = ", ".join(f"{{{each}}}" for each in _PARTS)
        raise ValueError(f"Expected a message of {known}, with {{body}}, but it is {text!r:.80}.")
    return text


HeaderName = Annotated[str, Field(min_length=1), AfterValidator(str.lower)]


class Scheme(BaseModel):
    """How a system signs what it sends: with HMAC-SHA256 over *message*.

    The signature is in the header *header*, after *prefix*; where it holds several they stand
    *between* such marks. *timestamp* and *id* are the headers with what `{timestamp}` and `{id}`
    stand for; what signs is the secret as *text*, or what it says in *base64*.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: HeaderName
    prefix: str = ""
    between: str | None = None
    encoding: Literal["hex", "base64"] = "hex"
    message: Annotated[str, AfterValidator(_message)] = "{body}"
    timestamp: HeaderName | None = None
    timestamp_prefix: str = ""
    id: HeaderName | None = None
    key: Literal["text", "base64"] = "text"

    @model_validator(mode="after")
    def _parts_are_said(self) -> "Scheme":
        said = _PART.findall(self.message)
        for part, header in (("timestamp", self.timestamp), ("id", self.id)):
            if (part in said) != (header is not None):
                raise ValueError(
                    f"Expected {part} to name a header where the message has {{{part}}}, "
                    "and only there, but it does not."
                )
        return self

    def signed(self, secret: str, message: bytes) -> str:
        """Return the signature of *message*, as its header has it."""
        digest = hmac.new(self._key(secret), message, hashlib.sha256).digest()
        plain = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        return self.prefix + plain

    def check(self, secrets: Sequence[str], request: Request, now: datetime) -> str | None:
        """Return the id of what was delivered, where the scheme has one.

        Raises WrongSignature where none of *secrets* signed the *request*, or not just now.
        """
        delivery, said = self._delivery(request.headers), self._timestamp(request.headers)
        at = None if said is None else self._moment(said)
        found = [each.encode() for each in self._signatures(request.headers)]
        expected = [
            self.signed(secret, message).encode()
            for secret in secrets
            for message in self._messages(request, delivery, said)
        ]
        if not any(hmac.compare_digest(each, right) for each in found for right in expected):
            raise WrongSignature(f"Expected {self.header} to fit the body, but it does not.")
        if at is not None and abs(now - at) > TOLERANCE:
            raise Replayed(f"Expected {self.timestamp} within five minutes, but it is not.")
        return delivery

    def _messages(
        self, request: Request, delivery: str | None, said: str | None
    ) -> Iterator[bytes]:
        parts = {
            "method": request.method.encode(),
            "id": (delivery or "").encode(),
            "timestamp": (said or "").encode(),
            "body": request.content,
        }
        for url in request.urls if "{url}" in self.message else [""]:
            known = {**parts, "url": url.encode()}
            pieces = enumerate(_PART.split(self.message))
            yield b"".join(known[each] if odd % 2 else each.encode() for odd, each in pieces)

    def _signatures(self, headers: Mapping[str, str]) -> list[str]:
        given = headers.get(self.header, "")
        return [each.strip() for each in given.split(self.between)] if self.between else [given]

    def _delivery(self, headers: Mapping[str, str]) -> str | None:
        if self.id is None:
            return None
        found = headers.get(self.id, "")
        if not 0 < len(found) <= _LONGEST:
            raise WrongSignature(f"Expected {self.id} to say what is delivered, but it does not.")
        return found

    def _timestamp(self, headers: Mapping[str, str]) -> str | None:
        if self.timestamp is None:
            return None
        given = headers.get(self.timestamp, "")
        among = self.timestamp == self.header and self.between
        start = self.timestamp_prefix
        parts = [each.strip() for each in (given.split(self.between) if among else [given])]
        return next((each.removeprefix(start) for each in parts if each.startswith(start)), "")

    def _moment(self, said: str) -> datetime:
        is_number = said.isascii() and said.isdecimal() and len(said) <= _MOST_DIGITS
        at = moment(int(said) if is_number else said)
        if at is None:
            raise WrongSignature(f"Expected {self.timestamp} to be a moment, but it is not.")
        return at

    def _key(self, secret: str) -> bytes:
        if self.key == "text":
            return secret.encode()
        text = secret.removeprefix("whsec_")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError:
            return text.encode()


SCHEMES: Mapping[str, Scheme] = {
    "standard-webhooks": Scheme(
        header="webhook-signature", prefix="v1,", between=" ", encoding="base64",
        message="{id}.{timestamp}.{body}", timestamp="webhook-timestamp", id="webhook-id",
        key="base64",
    ),
    "stripe": Scheme(
        header="stripe-signature", prefix="v1=", between=",",
        message="{timestamp}.{body}", timestamp="stripe-signature", timestamp_prefix="t=",
    ),
    "hubspot": Scheme(
        header="x-hubspot-signature-v3", encoding="base64",
        message="{method}{url}{body}{timestamp}", timestamp="x-hubspot-request-timestamp",
    ),
    "zendesk": Scheme(
        header="x-zendesk-webhook-signature", encoding="base64",
        message="{timestamp}{body}", timestamp="x-zendesk-webhook-signature-timestamp",
    ),
    "shopify": Scheme(header="x-shopify-hmac-sha256", encoding="base64"),
}  # fmt: skip

STANDARD = SCHEMES["standard-webhooks"]


def signature(secret: str, delivery: str, timestamp: int, content: bytes) -> str:
    """Return the signature of *content* under the id *delivery*, sent at *timestamp* (seconds)."""
    return STANDARD.signed(secret, f"{delivery}.{timestamp}.".encode() + content)


def is_signed(headers: Mapping[str, str]) -> bool:
    """Say whether a request says that it is signed."""
    return STANDARD.header in headers


def delivery_of(secret: str, headers: Mapping[str, str], content: bytes, now: datetime) -> str:
    """Return the id of what was delivered (`webhook-id`), the same each time it is tried again.

    Raises WrongSignature where *content* was not signed with *secret*, or not just now.
    """
    return STANDARD.check([secret], Request("POST", (), headers, content), now) or ""
