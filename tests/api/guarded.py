"""A gateway whose door has a clock and limits of the test's own, and keys of its store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from api.app import create_app
from api.door.keyring import Keyring
from api.door.limits import Limits
from store.database import Database
from store.keys import create_key, revoke_key
from tests.api.conftest import gateway_over

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
ANA = {
    "table": "contact",
    "record_id": "ana",
    "operation": "create",
    "values": {"firstname": "Ana"},
}


@dataclass
class Guarded:
    """The gateway, and what its administrator does in the store behind its back."""

    database: Database
    http: httpx.AsyncClient = field(init=False)
    now: datetime = NOON

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def makes(self, name: str, *scopes: str, signed: bool = False) -> tuple[str, str]:
        """Make a key as the command does; return it, and the secret it signs with."""
        key, row = self.database.write(
            lambda session: create_key(session, name, scopes, self.now, signed=signed)
        )
        return key, row.signing_secret or ""

    def revokes(self, name: str) -> None:
        """Revoke a key as the command does."""
        self.database.write(lambda session: revoke_key(session, name, self.now))

    async def asks(self, method: str, path: str, key: str | None = None, **more: Any) -> int:
        """Ask with *key*, and return the status."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        headers |= more.pop("headers", {})
        return (await self.http.request(method, path, headers=headers, **more)).status_code


@asynccontextmanager
async def guarded(
    database: Database, limits: Limits | None = None, *, always: bool = False
) -> AsyncIterator[Guarded]:
    """Open the gateway; *always* = as where others reach it."""
    it = Guarded(database)
    app = create_app(
        gateway_over(database, []),
        keyring=Keyring(database, lambda: it.now, always=always),
        limits=limits,
        now=lambda: it.now,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as it.http:
        yield it
