"""Journeys as they are drafted and published."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from journeys.journey import Version, digest, version_of
from store.columns import json_field, moment_field

_IN_MEMORY = 1_000
_READ: dict[str, Version] = {}
"""Versions that were read, by the digest of their content."""


class JourneyRow(SQLModel, table=True):
    """A journey by name: its state, its draft, and the number of the version that is live.

    *draft_version* counts the savings of the draft.
    """

    __tablename__ = "journeys"

    name: str = Field(primary_key=True)
    state: str = "draft"
    draft: dict[str, Any] = json_field()
    draft_version: int = 1
    version: int | None = None
    changed_at: datetime = moment_field()


_JOURNEYS = JourneyRow.__table__  # type: ignore[attr-defined]
_STATE = select(_JOURNEYS.c.state).where(_JOURNEYS.c.name == bindparam("journey"))


def state_of(session: Session, name: str, *, locked: bool = False) -> str | None:
    """Return the state of a journey; where *locked*, it stays so until this transaction ends."""
    query = _STATE.with_for_update() if locked else _STATE
    state: str | None = session.connection().scalar(query, {"journey": name})
    return state


def paused(session: Session) -> set[str]:
    """Return the journeys that are paused."""
    return set(session.exec(select(JourneyRow.name).where(JourneyRow.state == "paused")))


class VersionRow(SQLModel, table=True):
    """A published version of a journey, by the digest of its content."""

    __tablename__ = "versions"

    journey: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    digest: str
    published_at: datetime = moment_field()


class DefinitionRow(SQLModel, table=True):
    """Content by its digest: a version is kept once, however many instances pass through it."""

    __tablename__ = "definitions"

    digest: str = Field(primary_key=True)
    content: bytes


def keep_version(session: Session, version: Version, at: datetime) -> VersionRow:
    """Keep a version that is being published."""
    content = version.as_bytes()
    row = VersionRow(
        journey=version.journey.name,
        number=version.number,
        digest=keep_definition(session, content),
        published_at=at,
    )
    session.add(row)
    return row


def keep_definition(session: Session, content: bytes) -> str:
    """Keep *content* by its digest, once; return the digest."""
    name = digest(content)
    if session.get(DefinitionRow, name) is None:
        session.add(DefinitionRow(digest=name, content=content))
        session.flush()
    return name


def definition(session: Session, name: str) -> bytes:
    """Return the content called *name*; raise KeyError when it was never kept."""
    row = session.get(DefinitionRow, name)
    if row is None:
        raise KeyError(name)
    return row.content


def version_called(session: Session, name: str) -> Version:
    """Return the version whose content is called *name*: content never changes, so one reading does."""
    if name not in _READ:
        if len(_READ) >= _IN_MEMORY:
            _READ.clear()
        _READ[name] = version_of(definition(session, name))
    return _READ[name]


def version(session: Session, journey: str, number: int) -> Version | None:
    """Return version *number* of *journey*, or None when it was never published."""
    row = session.get(VersionRow, (journey, number))
    return None if row is None else version_of(definition(session, row.digest))


def versions_of(session: Session, journey: str) -> list[VersionRow]:
    """Return the versions of *journey*, the newest first."""
    query = select(VersionRow).where(VersionRow.journey == journey)
    return list(session.exec(query.order_by(col(VersionRow.number).desc())))
