"""The mirror: the last known values of every record we were told of."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlmodel import BigInteger, Field, Session, SQLModel, col, select, tuple_

from journeys.changes import RecordRef, Values
from journeys.facts import Lookup
from store.columns import json_field, moment_field
from store.links import pointing_to, relink

_AT_A_TIME = 400
"""Pairs in one query: SQLite takes 32,766 parameters, its parser far fewer row values."""


class RecordRow(SQLModel, table=True):
    """One record as it last was. *deleted_at* marks one that is gone."""

    __tablename__ = "records"

    table: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    values: dict[str, Any] = json_field()
    version: int | None = Field(default=None, sa_type=BigInteger)
    changed_at: datetime = moment_field()
    deleted_at: datetime | None = moment_field(nullable=True)


def records(session: Session, refs: Collection[RecordRef]) -> dict[RecordRef, RecordRow]:
    """Return the rows of *refs*, deleted ones too; those never heard of are left out."""
    wanted = list(refs)
    found: dict[RecordRef, RecordRow] = {}
    for start in range(0, len(wanted), _AT_A_TIME):
        some = wanted[start : start + _AT_A_TIME]
        rows = session.exec(
            select(RecordRow).where(tuple_(col(RecordRow.table), col(RecordRow.id)).in_(some))
        )
        found |= {RecordRef(row.table, row.id): row for row in rows}
    return found


def record(session: Session, ref: RecordRef) -> RecordRow | None:
    """Return the row of *ref*, or None when it was never heard of or is deleted."""
    row = session.get(RecordRow, (ref.table, ref.id))
    return row if row is not None and row.deleted_at is None else None


class _Mirror(Lookup):
    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, record_: RecordRef, /) -> Values | None:
        row = record(self._session, record_)
        return None if row is None else row.values

    def related(
        self, column: str, record: RecordRef, table: str | None = None
    ) -> Iterator[RecordRef]:
        return pointing_to(self._session, record, column, table)


def lookup_in(session: Session) -> Lookup:
    """Return a lookup that answers from the mirror as this transaction sees it."""
    return _Mirror(session)


def keep(session: Session, row: RecordRow, values: Values, deleted_at: datetime | None) -> None:
    """Write into the mirror that the record of *row* has *values* now, or had them when it went."""
    ref = RecordRef(row.table, row.id)
    relink(
        session,
        ref,
        before={} if row.deleted_at is not None else row.values,
        after={} if deleted_at is not None else values,
    )
    row.values, row.deleted_at = dict(values), deleted_at
    session.add(row)


def records_of(session: Session, table: str, after: str | None, limit: int) -> list[RecordRow]:
    """Return up to *limit* records of *table* in the order of their ids, from after id *after*."""
    query = select(RecordRow).where(
        RecordRow.table == table, col(RecordRow.deleted_at).is_(None), RecordRow.id > (after or "")
    )
    return list(session.exec(query.order_by(col(RecordRow.id)).limit(limit)))
