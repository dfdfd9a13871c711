"""Exchange: how requests to a gateway are written, and how its answers are read. No I/O."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx

from sojourn_client.backoff import Failure
from sojourn_client.buffer import Settled
from sojourn_client.items import Item, Refused
from sojourn_client.problems import GatewayProblem

T_co = TypeVar("T_co", covariant=True)

PATIENCE = 30.0
"""Seconds for which one call is tried again, and for which a flush waits unless it says otherwise."""

TIMEOUT = 30.0  # seconds for one request, more than an operator's call takes


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """One request for a *T*: the route below /v1, its query and its JSON."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def reads(self) -> bool:
        """Whether it only reads, and so may be asked again whatever became of it."""
        return self.method == "GET"


@dataclass(frozen=True)
class Written:
    """A request as it is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None
    params: Mapping[str, str] | None = None


class Exchange:
    """What is said to the gateway at *url* with *key*, signed where there is a *signing_secret*."""

    def __init__(self, url: str, key: str | None, signing_secret: str | None) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"Expected the gateway's address, but it is {url!r:.80}.")
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._secret = _secret(signing_secret) if signing_secret else None

    def call(self, call: Call[Any]) -> Written:
        """Write one call."""
        content = None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        headers = {**self._headers, **({} if content is None else _JSON)}
        return Written(call.method, f"{self._url}/v1{call.path}", headers, content, call.query)

    def batch(self, batch: Sequence[Item], at: float) -> Written:
        """Write *batch*, which is sent at *at* (seconds of the epoch)."""
        content = b"[" + b",".join(item.content for item in batch) + b"]"
        headers = {**self._headers, **_JSON, **self._signature(content, int(at))}
        return Written("POST", self._url + batch[0].route, headers, content)

    def _signature(self, content: bytes, at: int) -> dict[str, str]:
        """Sign as Standard Webhooks says; the same content has the same id, whenever it is sent."""
        if self._secret is None:
            return {}
        delivery = hashlib.sha256(content).hexdigest()
        message = f"{delivery}.{at}.".encode() + content
        signed = base64.b64encode(hmac.digest(self._secret, message, "sha256")).decode()
        return {
            "webhook-id": delivery,
            "webhook-timestamp": str(at),
            "webhook-signature": f"v1,{signed}",
        }


_JSON = {"content-type": "application/json"}


def answer_to_call(response: httpx.Response) -> Any:
    """Return what a call was answered, None for nothing, or the Failure."""
    if not response.is_success:
        return Failure.with_answer(_problem(response), response)
    return response.json() if response.content else None


def answer_to_batch(response: httpx.Response, batch: Sequence[Item]) -> Settled | Failure:
    """Return what became of *batch*."""
    if not response.is_success:
        return Failure.with_answer(_problem(response), response)
    match _body(response):
        case {"accepted": int(accepted), "duplicates": int(duplicates), "refused": list(refused)}:
            found = tuple(
                Refused(batch[each["index"]], each["problem"], tuple(each.get("problems", ())))
                for each in refused
            )
            return Settled(accepted, duplicates, found)
        case _:
            said = "Expected to be told what was taken in, but the answer is not a gateway's."
            return Failure(GatewayProblem(response.status_code, {"detail": said}))


def _problem(response: httpx.Response) -> GatewayProblem:
    body = _body(response)
    if not isinstance(body, dict) or "detail" not in body:
        said = f"Expected a gateway's answer, but it is {response.reason_phrase or 'none'}."
        body = {"detail": said}
    return GatewayProblem(response.status_code, body, response.headers.get("x-request-id"))


def _body(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:  # a proxy's page
        return None


def _secret(text: str) -> bytes:
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("Expected the signing secret as the gateway gave it, whsec_….") from None
