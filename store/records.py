"""The mirror: the last known values of every record we were told of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, Text, bindparam, type_coerce
from sqlmodel import BigInteger, Field, Session, SQLModel, col, delete, select

from journeys.changes import RecordRef, Values
from journeys.facts import Lookup
from journeys.known import has, links
from store.bulk import each_of, insert_or_replace
from store.columns import Code, json_field, moment_field
from store.links import pointing_to, relink


class RecordRow(SQLModel, table=True):
    """One record as it last was. *deleted_at* marks one that is gone.

    *source* and *occurred_at* are those of the newest change whose sender said when it happened.
    *created* says that its creation was taken in, and not only later changes of it.
    """

    __tablename__ = "records"
    __table_args__ = {"sqlite_with_rowid": False}

    table: str = Field(primary_key=True, sa_type=Code)
    id: str = Field(primary_key=True, sa_type=Code)
    values: dict[str, Any] = json_field()
    changed_at: datetime = moment_field()
    version: int | None = Field(default=None, sa_type=BigInteger)
    source: str | None = None
    occurred_at: datetime | None = moment_field(nullable=True)
    deleted_at: datetime | None = moment_field(nullable=True)
    created: bool = False


class Mirrored(NamedTuple):
    """What a `RecordRow` says of its record, in the order of its columns."""

    values: Values
    changed_at: datetime
    version: int | None = None
    source: str | None = None
    occurred_at: datetime | None = None
    deleted_at: datetime | None = None
    created: bool = False

    @property
    def known(self) -> Values | None:
        """The record's values, or None when it is gone."""
        return self.values if self.deleted_at is None else None


_ROW = RecordRow.__table__.c  # type: ignore[attr-defined]


@lru_cache
def _reading(dialect: str) -> Select[Any]:
    said = [_ROW[name] for name in ("id", *Mirrored._fields)]
    these = _ROW.id.in_(select(each_of("ids", dialect)))
    query: Select[Any] = select(*said).where(_ROW.table == bindparam("of"), these)
    return query


class Mirror(Lookup):
    """The mirror as one transaction reads and changes it, each record read and written once.

    What is kept is answered at once, and stands in the database after `write`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stored: dict[tuple[str, str], Mirrored | None] = {}
        self._kept: dict[tuple[str, str], Mirrored] = {}
        """What is not stored yet."""

    def read(self, refs: Iterable[tuple[str, str]]) -> None:
        """Read *refs* from the database together, but for those that were read already."""
        by_table: defaultdict[str, list[str]] = defaultdict(list)
        for ref in refs:
            if ref not in self._stored:
                self._stored[ref] = None
                by_table[ref[0]].append(ref[1])
        connection = self._session.connection()
        for table, ids in by_table.items():
            found = connection.execute(_reading(connection.dialect.name), {"of": table, "ids": ids})
            for record_id, *said in found:
                self._stored[table, record_id] = Mirrored(*said)

    def mirrored(self, ref: tuple[str, str]) -> Mirrored | None:
        """Return what is known of *ref*, also of one that is deleted; None = never heard of."""
        if ref in self._kept:
            return self._kept[ref]
        if ref not in self._stored:
            self.read([ref])
        return self._stored[ref]

    def __call__(self, record: RecordRef, /) -> Values | None:
        return _known(self.mirrored(record))

    def related(
        self, column: str, record: RecordRef, table: str | None = None
    ) -> Iterator[RecordRef]:
        self.write()
        return pointing_to(self._session, record, column, table)

    def having(self, table: str, values: Values) -> Iterator[RecordRef]:
        self.write()
        lookups = links(values)
        if lookups:  # by which few are found at once
            column, target = min(lookups.items())
            refs = pointing_to(self._session, target, column, table)
        else:
            refs = _looking_like(self._session, table, values)
        yield from (ref for ref in refs if has(self(ref), values))

    def keep(self, ref: tuple[str, str], mirrored: Mirrored) -> None:
        """Know this of *ref* from now on."""
        if ref not in self._stored:
            self.read([ref])
        self._kept[ref] = mirrored

    def write(self) -> None:
        """Write what was kept since the last time, and where those records point to now."""
        rows = [(*ref, *mirrored) for ref, mirrored in self._kept.items()]
        insert_or_replace(self._session, RecordRow, rows)
        relink(
            self._session,
            [
                (ref, _known(self._stored[ref]), _known(mirrored))
                for ref, mirrored in self._kept.items()
            ],
        )
        self._stored |= self._kept
        self._kept = {}


def _known(mirrored: Mirrored | None) -> Values | None:
    return None if mirrored is None else mirrored.known


def _looking_like(session: Session, table: str, values: Values) -> Iterator[RecordRef]:
    """Yield the records of *table* in whose text each of *values* stands, in the order of their ids."""
    text = type_coerce(col(RecordRow.values), Text)
    query = select(RecordRow.id).where(
        RecordRow.table == table,
        col(RecordRow.deleted_at).is_(None),
        *(
            text.contains(orjson.dumps({name: value}).decode()[1:-1], autoescape=True)
            for name, value in values.items()
        ),
    )
    for record_id in session.exec(query.order_by(col(RecordRow.id))).all():
        yield RecordRef(table, record_id)


def record(session: Session, ref: RecordRef) -> RecordRow | None:
    """Return the row of *ref*, or None when it was never heard of or is deleted."""
    row = session.get(RecordRow, (ref.table, ref.id))
    return row if row is not None and row.deleted_at is None else None


def lookup_in(session: Session) -> Lookup:
    """Return a lookup that answers from the mirror as this transaction sees it."""
    return Mirror(session)


def records_of(session: Session, table: str, after: str | None, limit: int) -> list[RecordRow]:
    """Return up to *limit* records of *table* in the order of their ids, from after id *after*."""
    query = select(RecordRow).where(
        RecordRow.table == table, col(RecordRow.deleted_at).is_(None), RecordRow.id > (after or "")
    )
    return list(session.exec(query.order_by(col(RecordRow.id)).limit(limit)))


def forget_records(session: Session, table: str) -> None:
    """Forget all that was heard of the records of *table*."""
    session.execute(delete(RecordRow).where(col(RecordRow.table) == table))
