"""Keyring: the keys there are, at hand for every request, and read anew when they may have changed."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from api.gateway import clock
from store.database import Database
from store.keys import KeyRow, digest_of, keys, note_used

FRESH = timedelta(seconds=1)
"""How long a key that another process made or revoked may go unnoticed."""

_NOTED = timedelta(minutes=1)
"""How exactly it is written down when a key was last used."""


@dataclass(frozen=True)
class _Read:
    by_digest: Mapping[str, KeyRow]
    at: datetime


class Keyring:
    """The keys of a store; a request costs a look into memory, and a second one query at most.

    While there has never been a key nobody needs one, unless *always* says otherwise.
    """

    def __init__(
        self, database: Database, now: Callable[[], datetime] = clock, *, always: bool = False
    ) -> None:
        self._database = database
        self._now = now
        self._always = always
        self._read: _Read | None = None
        self._reading = asyncio.Lock()
        self._used: dict[str, datetime] = {}
        self._noted_at = now()

    async def is_needed(self) -> bool:
        """Say whether requests need a key; raises the database's errors while none was ever read."""
        return bool((await self._current()).by_digest) or self._always

    async def find(self, presented: str) -> KeyRow | None:
        """Return the key that was *presented*, which may be revoked, or None where it is none."""
        digest = digest_of(presented)
        found = (await self._current()).by_digest.get(digest)
        if found is None or not hmac.compare_digest(found.digest, digest):
            return None
        if found.revoked_at is None:
            self._used[found.name] = self._now()
        return found

    def changed(self) -> None:
        """A key was made or revoked here: it counts for the very next request."""
        self._read = None

    async def _current(self) -> _Read:
        read = self._read
        if read is not None and (self._now() - read.at < FRESH or self._reading.locked()):
            return read
        async with self._reading:
            if self._read is None or self._now() - self._read.at >= FRESH:
                try:
                    self._read = await asyncio.to_thread(self._look)
                except (OperationalError, NoConnectionFree):
                    if read is None:
                        raise
                    # What was known holds until the database is back.
                    self._read = _Read(read.by_digest, self._now())
            return self._read

    def _look(self) -> _Read:
        at = self._now()
        if self._used and at - self._noted_at >= _NOTED:
            used, self._used, self._noted_at = self._used, {}, at
            self._database.write(lambda session: note_used(session, used))
        with self._database.reading() as session:
            return _Read({row.digest: row for row in keys(session)}, at)
