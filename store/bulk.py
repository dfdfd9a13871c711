"""Bulk: many rows in one statement, in the way that each kind of database is fastest with."""

from collections.abc import Callable, Collection, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Text,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from store.columns import Json

Row = Sequence[Any]
"""The values of one row, in the order of its table's columns."""


def insert_or_replace(session: Session, table: type[SQLModel], rows: Collection[Row]) -> None:
    """Insert *rows*, of which no two have the same key, in place of those whose key is there already."""
    if rows:
        connection = session.connection()
        insert = _inserting(table.__table__, connection.dialect)  # type: ignore[attr-defined]
        insert(connection, zip(*rows, strict=True))


def each_of(name: str, dialect: str) -> ColumnElement[str]:
    """Return the column that holds each text of the list which the parameter *name* is.

    However many they are, the statement stays the same.
    """
    if dialect == "sqlite":
        return func.json_each(bindparam(name, type_=Json)).table_valued("value").c.value
    listed = func.unnest(bindparam(name, type_=postgresql.ARRAY(Text, dimensions=1)))
    return listed.table_valued("value", name=f"each_{name}").render_derived().c.value


_Inserting = Callable[[Connection, Any], None]
"""Inserts rows that are given column by column, as they are made ready fastest."""


@lru_cache(maxsize=64)
def _inserting(table: Table, dialect: Dialect) -> _Inserting:
    return (_on_sqlite if dialect.name == "sqlite" else _on_postgresql)(table, dialect)


_AT_ONCE = 250
"""So many rows are one statement on SQLite: one for each row takes a fifth longer."""


def _on_sqlite(table: Table, dialect: Dialect) -> _Inserting:
    bound = {
        each.name: each.type.dialect_impl(dialect).bind_processor(dialect) for each in table.columns
    }

    @cache
    def inserting(names: tuple[str, ...], count: int) -> str:
        rows = [dict.fromkeys(names)] * count
        return str(_replacing(sqlite.insert(table).values(rows), table).compile(dialect=dialect))

    def insert(connection: Connection, columns: Any) -> None:
        # What no row has is NULL by being left out: the driver takes long to hand None over.
        said = {
            name: column if bind is None else map(bind, column)
            for (name, bind), column in zip(bound.items(), columns, strict=True)
            if any(value is not None for value in column)
        }
        names, rows = tuple(said), list(zip(*said.values(), strict=True))
        rest = len(rows) % _AT_ONCE
        for first in range(0, len(rows) - rest, _AT_ONCE):
            some = chain.from_iterable(rows[first : first + _AT_ONCE])
            connection.exec_driver_sql(inserting(names, _AT_ONCE), tuple(some))
        if rest:
            connection.exec_driver_sql(inserting(names, 1), rows[-rest:])

    return insert


def _on_postgresql(table: Table, dialect: Dialect) -> _Inserting:
    names = [each.name for each in table.columns]
    arrays = [
        bindparam(f"all_{each.name}", type_=postgresql.ARRAY(each.type, dimensions=1))
        for each in table.columns
    ]
    each = func.unnest(*arrays).table_valued(*names, name="each").render_derived()
    statement = _replacing(postgresql.insert(table).from_select(names, select(*each.c)), table)

    def insert(connection: Connection, columns: Any) -> None:
        named = zip(arrays, columns, strict=True)
        connection.execute(statement, {array.key: list(column) for array, column in named})

    return insert


def _replacing(insert: Any, table: Table) -> Any:
    values = {
        each.name: insert.excluded[each.name] for each in table.columns if not each.primary_key
    }
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
