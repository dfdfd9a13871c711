"""Fresh: what is asked of the store for every request, at hand, and read anew when it may have changed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from store.database import OUT_OF_REACH

FRESH = timedelta(seconds=1)
"""How long what another process has changed may go unnoticed."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Read(Generic[T]):
    found: T
    at: datetime


class Fresh(Generic[T]):
    """What *look* finds in the store; a request costs a look into memory, and a second one look at most.

    While the store is away what was known holds.
    """

    def __init__(self, look: Callable[[], T], now: Callable[[], datetime]) -> None:
        self._look = look
        self._now = now
        self._read: _Read[T] | None = None
        self._reading = asyncio.Lock()

    def changed(self) -> None:
        """It was changed here: that counts for the very next request."""
        self._read = None

    async def now(self) -> T:
        """Return it as it is; raises the database's errors while it was never read."""
        read = self._read
        if read is not None and (self._now() - read.at < FRESH or self._reading.locked()):
            return read.found
        async with self._reading:
            if self._read is None or self._now() - self._read.at >= FRESH:
                at = self._now()
                try:
                    self._read = _Read(await asyncio.to_thread(self._look), at)
                except OUT_OF_REACH:
                    if read is None:
                        raise
                    self._read = _Read(read.found, self._now())
            return self._read.found
