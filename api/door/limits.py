"""Limits: how much may come in at once and how often, and the room for what is under way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from starlette.datastructures import Headers

from api.errors import Later

_PIECE = 8_000_000
"""How much of a stream is in memory at once."""


@dataclass(frozen=True)
class Limits:
    """How much may come in: *body* bytes, unless it streams; requests *per_second* of one key (None = any).

    *waiting* requests with changes are under way at once, and bodies of *held* bytes in memory. A
    body may be *patience* seconds late.
    *dataverse_key* is what the header or query parameter is called in which Dataverse brings its
    key; *logged* says whether each request is.
    """

    body: int = 10_000_000
    per_second: float | None = None
    waiting: int = 256
    held: int = 64_000_000
    patience: float = 20.0
    dataverse_key: str = "code"
    logged: bool = False


class Room:
    """The room that *limits* leave: for so many requests with changes, and bodies of so many bytes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting = self._held = 0

    @contextmanager
    def kept(self, headers: Headers, *, taking: bool) -> Iterator[None]:
        """Keep room for what a request brings while it is under way; raise Later without any left.

        *taking* says that it brings changes.
        """
        limits = self._limits
        weight = self._weight(headers)
        if taking and is_lines(headers):
            weight = min(weight, _PIECE)
        crowded = min(weight, self._held) > 0 and self._held + weight > limits.held
        if crowded or (taking and self._waiting >= limits.waiting):
            raise Later("Expected fewer changes to wait to be taken in: send it again.")
        self._waiting += taking
        self._held += weight
        try:
            yield
        finally:
            self._waiting -= taking
            self._held -= weight

    def _weight(self, headers: Headers) -> int:
        """Return how much a body may come to, as far as its headers tell."""
        most = self._limits.body
        if "content-encoding" in headers or "transfer-encoding" in headers:
            return most
        length = headers.get("content-length", "")
        return min(int(length), most) if length.isdecimal() else 0


class Rates:
    """A bucket for each key that fills up again: *per_second* requests, and a second's worth at once.

    None = as often as they like. The buckets are in memory, so each gateway counts for itself.
    """

    def __init__(self, per_second: float | None, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, key: str) -> int:
        """Count a request of *key*; return 0, or after how many seconds it may come again."""
        if self._per_second is None:
            return 0
        most, now = max(self._per_second, 1.0), self._now()
        left, at = self._buckets.get(key, (most, now))
        left = min(left + (now - at) * self._per_second, most)
        if left < 1:
            self._buckets[key] = (left, now)
            return ceil((1 - left) / self._per_second)
        self._buckets[key] = (left - 1, now)
        return 0


def is_lines(headers: Headers) -> bool:
    """Say whether a body is NDJSON."""
    content_type = headers.get("content-type", "")
    return "ndjson" in content_type or "jsonl" in content_type
