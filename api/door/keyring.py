"""Keyring: the keys there are, at hand for every request, and read anew when they may have changed."""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from api.fresh import Fresh
from api.gateway import clock
from store.database import Database
from store.keys import KeyRow, digest_of, keys, note_used

_NOTED = timedelta(minutes=1)
"""How exactly it is written down when a key was last used."""


class Keyring:
    """The keys of a store. While there has never been a key nobody needs one, unless *always*."""

    def __init__(
        self, database: Database, now: Callable[[], datetime] = clock, *, always: bool = False
    ) -> None:
        self._database = database
        self._now = now
        self._always = always
        self._by_digest: Fresh[Mapping[str, KeyRow]] = Fresh(self._look, now)
        self._used: dict[str, datetime] = {}
        self._noted_at = now()

    async def is_needed(self) -> bool:
        """Say whether requests need a key; raises the database's errors while none was ever read."""
        return bool(await self._by_digest.now()) or self._always

    async def find(self, presented: str) -> KeyRow | None:
        """Return the key that was *presented*, which may be revoked, or None where it is none."""
        digest = digest_of(presented)
        found = (await self._by_digest.now()).get(digest)
        if found is None or not hmac.compare_digest(found.digest, digest):
            return None
        if found.revoked_at is None:
            self._used[found.name] = self._now()
        return found

    def changed(self) -> None:
        """A key was made or revoked here: it counts for the very next request."""
        self._by_digest.changed()

    def _look(self) -> Mapping[str, KeyRow]:
        at = self._now()
        if self._used and at - self._noted_at >= _NOTED:
            used, self._used, self._noted_at = self._used, {}, at
            self._database.write(lambda session: note_used(session, used))
        with self._database.reading() as session:
            return {row.digest: row for row in keys(session)}


async def keyring(request: Request) -> Keyring:
    """Return the keyring of this application."""
    found: Keyring = request.app.state.keyring
    return found


ThisKeyring = Annotated[Keyring, Depends(keyring)]
