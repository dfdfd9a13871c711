"""Awaited: triggers that fired for somebody nobody has told us of yet, kept until they appear."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Field, Index, Session, SQLModel, col, delete, func, select

from journeys.changes import RecordRef, TriggerFired
from store.columns import json_field, moment_field

_FIRING: TypeAdapter[TriggerFired] = TypeAdapter(TriggerFired)


class AwaitedRow(SQLModel, table=True):
    """A firing that waits for its person; after *until* it is refused."""

    __tablename__ = "awaited"
    __table_args__ = (Index("awaited_by_person", "person_table", "person_id", "id"),)

    id: str = Field(primary_key=True)
    person_table: str
    person_id: str
    firing: dict[str, Any] = json_field()
    until: datetime = moment_field(index=True)

    @classmethod
    def of(cls, fired: TriggerFired, row_id: str, until: datetime) -> "AwaitedRow":
        return cls(
            id=row_id,
            person_table=fired.person.table,
            person_id=fired.person.id,
            firing=_FIRING.dump_python(fired, mode="json"),
            until=until,
        )

    @property
    def fired(self) -> TriggerFired:
        return _FIRING.validate_python(self.firing)


_FIRST = select(func.min(AwaitedRow.__table__.c.until))  # type: ignore[attr-defined]


def awaited_until(session: Session) -> datetime | None:
    """Return when the first of those that wait is given up, or None where none waits."""
    first: datetime | None = session.connection().scalar(_FIRST)
    return first


def take_awaited(session: Session, person: RecordRef) -> list[TriggerFired]:
    """Return what waited for *person*, in its order; it waits no more."""
    query = select(AwaitedRow).where(
        AwaitedRow.person_table == person.table, AwaitedRow.person_id == person.id
    )
    return _taken(session, session.exec(query.order_by(AwaitedRow.id)).all())


def take_given_up(session: Session, now: datetime, limit: int) -> list[TriggerFired]:
    """Return up to *limit* of those that have waited long enough, in their order; they wait no more."""
    query = select(AwaitedRow).where(AwaitedRow.until <= now).order_by(AwaitedRow.id)
    return _taken(session, session.exec(query.limit(limit)).all())


def _taken(session: Session, rows: Collection[AwaitedRow]) -> list[TriggerFired]:
    fired = [row.fired for row in rows]
    session.execute(delete(AwaitedRow).where(col(AwaitedRow.id).in_([row.id for row in rows])))
    return fired
