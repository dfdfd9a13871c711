"""Declaring: a table written down, once nothing speaks against it."""

from collections.abc import Mapping

from sqlmodel import Session

from api.errors import Conflict, Malformed
from api.uses import listed, live_users, table_users
from journeys.declaring import extended, problems_of_table
from journeys.table import Table
from store.builtin import builtin_tables
from store.catalogue import TableRow, catalogue_changed, tables


def declare(session: Session, declared: Table, beside: Mapping[str, Table] | None = None) -> Table:
    """Write *declared* down, and return it as it now is; *beside* it other tables are declared.

    Raises Malformed where it is not as expected, and Conflict where a trigger that fires needs
    what it takes away.
    """
    builtin, before = find_builtin(declared.name), tables(session)
    if problems := problems_of_table(declared, {**before, **(beside or {})}, builtin):
        raise Malformed("The table is not as expected.", problems)
    shown = declared if builtin is None else extended(builtin, declared)
    require_unused(session, declared.name, before, before | {declared.name: shown})
    definition = declared.model_dump(mode="json", exclude_defaults=True)
    session.merge(TableRow(name=declared.name, definition=definition))
    catalogue_changed(session)
    return shown


def find_builtin(name: str) -> Table | None:
    """Return the built-in table called *name*, or None."""
    return next((table for table in builtin_tables() if table.name == name), None)


def require_unused(
    session: Session, table: str, before: dict[str, Table], after: dict[str, Table]
) -> None:
    """Raise Conflict where a trigger is right with the tables *before*, but not with those *after*."""
    triggers = table_users(
        session, before, after, "ready", *(() if table in after else ("draft", "stopped"))
    )
    if triggers:
        journeys = {
            name for trigger in triggers for name in live_users(session, "trigger", trigger)
        }
        by = f" (in {listed(journeys)})" if journeys else ""
        raise Conflict(
            f"Expected nothing that uses what is taken away of {table}, "
            f"but {listed(triggers)}{by} does."
        )
