"""Rates: how often each key may ask, counted in buckets that fill up again."""

from collections.abc import Callable
from math import ceil


class Rates:
    """A bucket for each key: *per_second* requests, and as many at once as come in a second.

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
