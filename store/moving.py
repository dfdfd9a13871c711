"""Moving: where those stand who are inside on other versions, and letting them go over to one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select, update

from journeys.journey import Version, digest
from journeys.telling import Told
from journeys.tile import TileId
from store.columns import new_id
from store.instances import InstanceRow
from store.journeys import version_called
from store.matches import match_anew
from store.records import lookup_in
from store.telling import command_all


def staying(session: Session, journey: str) -> int:
    """Return how many are inside *journey* and not about to leave."""
    return session.exec(select(func.count()).where(*_staying(journey))).one()


def standing_elsewhere(
    session: Session, new: Version
) -> Iterator[tuple[Version, TileId | None, int]]:
    """Yield on which tile of which other version than *new* people stand, and how many."""
    rows = session.exec(
        select(InstanceRow.digest, InstanceRow.tile, func.count())
        .where(*_elsewhere(new))
        .group_by(col(InstanceRow.digest), col(InstanceRow.tile))
        .order_by(col(InstanceRow.tile))
    )
    for old, tile, count in rows:
        yield version_called(session, old), tile, count


def move_all(session: Session, new: Version, now: datetime) -> None:
    """Let those who are inside on other versions go over to *new*.

    From the end of this transaction on they are concerned by what concerns *new*: whatever they
    are told from now on comes after the move, and in terms of it. Those who queue have no
    workflow yet, and begin with *new*.
    """
    session.flush()
    others = _elsewhere(new)
    match_anew(session, others, new, lookup_in(session))
    here = digest(new.as_bytes())
    queued = [*others, col(InstanceRow.queued)]
    values = {"version": new.number, "digest": here}
    session.execute(update(InstanceRow).where(*queued).values(**values))
    told = Told(id=f"move/{new_id(now)}", at=now, what=f"moved to version {new.number}")
    payload = {"digest": here, "told": told.model_dump(mode="json")}
    started = [*others, ~col(InstanceRow.queued)]
    command_all(session, started, "move", payload, now)
    session.execute(update(InstanceRow).where(*started).values(version=new.number))


def _elsewhere(new: Version) -> list[Any]:
    """Return the conditions of those who stay inside on other versions than *new*."""
    return [*_staying(new.journey.name), InstanceRow.digest != digest(new.as_bytes())]


def _staying(journey: str) -> list[Any]:
    """Return the conditions of those who are inside *journey* and not about to leave."""
    return [
        InstanceRow.journey == journey,
        InstanceRow.status == "active",
        col(InstanceRow.reason).is_(None),
    ]
