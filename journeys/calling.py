"""Calling: the request that a webhook makes, and what its answer means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.given import Given, wrong_liquid
from journeys.visit import Answered, Method

if TYPE_CHECKING:
    from journeys.saying import Saying
    from journeys.scope import Scope

_URL = re.compile(
    r"https?://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(?P<rest>[/?][^#]*)?",
    re.ASCII | re.DOTALL,
)
_OUTPUT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True)
class Request:
    """What is sent to whom; without a *body*, none is."""

    method: Method
    url: str
    body: Any = None


def answered(host: str, status: int) -> Answered:
    """Return what an answer of *status* means."""
    done = 200 <= status < 300  # noqa: PLR2004 - success, as HTTP numbers it
    return Answered(done=done, reason=f"{host} answered {status}", status=status)


def host_of(url: str) -> str:
    """Return the host that *url* names; raise ValueError with a sentence where it is none we call."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(
            "Expected an address such as https://example.com/hook/{{ trigger.id }}, with a host "
            f"that is always the same, but it is {url!r:.80}."
        )
    return found["host"]


def wrong_address(url: str, scope: "Scope") -> Iterator[str]:
    """Yield what is wrong with *url*: values stand in its path and query, each by itself."""
    try:
        host_of(url)
    except ValueError as error:
        yield str(error)
        return
    if "{%" in url:
        yield "Expected only values such as {{ trigger.id }} in an address, but there is a tag in it."
        return
    for output in _OUTPUT.findall(url):
        yield from wrong_liquid(output, scope)
    if "{{" in _OUTPUT.sub("", url):
        yield "Expected }} after {{, but the address ends before."


def request_of(
    method: Method, url: str, body: dict[str, Given] | None, saying: "Saying"
) -> Request:
    """Return the request for one participant; raise ValueError with a sentence where a value cannot be had.

    A value is percent-encoded, so that no record can lead to another path, query or host.
    """

    def encoded(output: re.Match[str]) -> str:
        text = str(saying.value(output[0]))
        if text in (".", ".."):
            raise ValueError(f"Expected a step of a path, but {output[0]} is {text!r}.")
        return "".join(
            chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in text.encode()
        )

    return Request(method, _OUTPUT.sub(encoded, url), None if body is None else saying.value(body))
