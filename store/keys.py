"""Keys: who comes in at the door, and what each of them may do; no key can be read from here."""

import base64
import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from sqlmodel import Field, Session, SQLModel, col, select

from store.columns import json_field, moment_field

Scope = Literal["ingest", "author", "operate", "admin"]
"""What a key may do: send changes, draw journeys, look after people inside, and all of it."""


class NameTaken(ValueError):
    """There is a key of this name, or there was one."""


class KeyRow(SQLModel, table=True):
    """One key, by the name that logs call it; *digest* tells it again when it is presented.

    What a key holder sends changes with is checked against *signing_secret*, where there is one.
    """

    __tablename__ = "keys"

    name: str = Field(primary_key=True)
    digest: str = Field(unique=True)
    scopes: list[str] = json_field(list)
    signing_secret: str | None = None
    created_at: datetime = moment_field()
    last_used_at: datetime | None = moment_field(nullable=True)
    revoked_at: datetime | None = moment_field(nullable=True)


def digest_of(key: str) -> str:
    """Return what is kept of a key; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def create_key(
    session: Session, name: str, scopes: Collection[str], now: datetime, *, signed: bool = False
) -> tuple[str, KeyRow]:
    """Write a new key down and return it, with its row: this is the only time it is known.

    Raises NameTaken.
    """
    if session.get(KeyRow, name) is not None:
        raise NameTaken(f"Expected a name that no key has or had, but {name!r} is one.")
    key = f"sj_{secrets.token_urlsafe(32)}"
    row = KeyRow(
        name=name,
        digest=digest_of(key),
        scopes=sorted(set(scopes)),
        signing_secret=_secret() if signed else None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return key, row


def keys(session: Session) -> list[KeyRow]:
    """Return every key there is or was, by name."""
    return list(session.exec(select(KeyRow).order_by(KeyRow.name)))


def revoke_key(session: Session, name: str, now: datetime) -> KeyRow | None:
    """Let key *name* open nothing any more; return it, or None where there is none."""
    row = session.get(KeyRow, name)
    if row is not None and row.revoked_at is None:
        row.revoked_at = now
        session.add(row)
    return row


def note_used(session: Session, used: Mapping[str, datetime]) -> None:
    """Write down when keys were last used, by their names."""
    for row in session.exec(select(KeyRow).where(col(KeyRow.name).in_(used))):
        row.last_used_at = used[row.name]
        session.add(row)


def has_admin(session: Session) -> bool:
    """Say whether somebody may make keys over the API."""
    return any("admin" in row.scopes for row in keys(session) if row.revoked_at is None)


def _secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
