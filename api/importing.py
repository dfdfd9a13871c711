"""Importing: tables declared as a Dataverse environment defines them."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from sqlmodel import Session

from api.declaring import declare, find_builtin
from api.errors import Malformed
from journeys.declaring import brought_up_to, extended
from journeys.problem import Problem
from journeys.table import Table
from store.catalogue import tables
from wire.dataverse_tables import definitions_in, table_of
from wire.reading import Unreadable


class TableRead(BaseModel):
    """What an import does with a table: the columns that are *added*, and those that are *changed*."""

    table: str
    state: Literal["new", "changed", "same"]
    added: list[str]
    changed: list[str]


def declare_as_defined(session: Session, found: Any, people: Collection[str]) -> list[TableRead]:
    """Declare the tables that the definitions *found* describe, and say what that does to each.

    Those of *people* become audiences. Raises Malformed where it describes no tables, and Conflict
    where a trigger that fires needs what it takes away.
    """
    before = tables(session)
    new = _tables_in(found, before, people)
    return [_declared(session, table, new, before) for table in new.values()]


def _tables_in(
    found: Any, before: Mapping[str, Table], people: Collection[str]
) -> dict[str, Table]:
    try:
        read = definitions_in(found)
        known = before.keys() | {str(each.get("LogicalName")) for each in read}
        new = [table_of(each, known, people=each.get("LogicalName") in people) for each in read]
    except Unreadable as error:
        problem = Problem(path="/definitions", message=str(error))
        raise Malformed("The tables are not as expected.", [problem]) from None
    return {
        each.name: brought_up_to(before.get(each.name), find_builtin(each.name), each)
        for each in new
    }


def _declared(
    session: Session, table: Table, beside: Mapping[str, Table], before: Mapping[str, Table]
) -> TableRead:
    known, builtin = before.get(table.name), find_builtin(table.name)
    after = table if builtin is None else extended(builtin, table)
    if after == known:
        return TableRead(table=table.name, state="same", added=[], changed=[])
    declare(session, table, beside)
    old = {} if known is None else known.by_name
    return TableRead(
        table=table.name,
        state="new" if known is None else "changed",
        added=[name for name in after.by_name if name not in old],
        changed=[name for name, each in after.by_name.items() if old.get(name, each) != each],
    )
