"""Tables: which there are, and declaring others."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import TypeAdapter
from sqlmodel import Session

from api.bodies import JsonBody, named, read, takes
from api.declaring import declare, find_builtin, require_unused
from api.door.scopes import needs
from api.errors import Conflict, NotFound
from api.gateway import ThisGateway
from api.paging import Page
from api.uses import listed
from journeys.table import Table
from store.catalogue import TableRow, catalogue_changed, tables
from store.records import forget_records

router = APIRouter(
    prefix="/v1/tables",
    tags=["tables"],
    dependencies=needs("author", reading=["author", "operate"]),
)

_TABLE = TypeAdapter(Table)


@router.get("", response_model_exclude_unset=True)
def list_tables(gateway: ThisGateway) -> Page[Table]:
    """Answer every table: those that are built in first."""
    with gateway.database.reading() as session:
        return Page.whole(list(tables(session).values()))


@router.get("/{table}", response_model_exclude_unset=True)
def get_table(table: str, gateway: ThisGateway) -> Table:
    """Answer one table."""
    with gateway.database.reading() as session:
        return table_called(session, table)


@router.put("/{table}", response_model_exclude_unset=True, openapi_extra=takes(_TABLE))
def put_table(table: str, body: JsonBody, gateway: ThisGateway, response: Response) -> Table:
    """Declare a table, or replace it; one that is built in is extended, and keeps its columns' types."""
    builtin = find_builtin(table)
    body = named(body, table)
    if builtin is not None and isinstance(body, dict):
        body = {"primary_id": builtin.primary_id, "columns": []} | body
    declared = read(_TABLE, body)
    with gateway.database.writing() as session:
        new = declared.name not in tables(session)
        shown = declare(session, declared)
    if new:
        response.status_code = HTTPStatus.CREATED
    return shown


@router.delete("/{table}", status_code=HTTPStatus.NO_CONTENT)
def delete_table(table: str, gateway: ThisGateway) -> None:
    """Forget a table and its records; of one that is built in, what it was extended by."""
    builtin = find_builtin(table)
    with gateway.database.writing() as session:
        before = tables(session)
        table_called(session, table)
        row = session.get(TableRow, table)
        if row is None:
            raise Conflict(f"Expected a table that somebody declared, but {table} is built in.")
        after = {name: each for name, each in before.items() if name != table}
        if builtin is None:
            _require_not_pointed_to(table, after)
            forget_records(session, table)
        else:
            after[table] = builtin
        require_unused(session, table, before, after)
        session.delete(row)
        catalogue_changed(session)


def table_called(session: Session, name: str) -> Table:
    """Return the table called *name*; raise NotFound where there is none."""
    found = tables(session).get(name)
    if found is None:
        raise NotFound(f"Expected a table, but there is none called {name!r}.")
    return found


def _require_not_pointed_to(table: str, others: dict[str, Table]) -> None:
    lookups = [
        f"{other.name}.{column.name}"
        for other in others.values()
        for column in other.columns
        if table in column.targets
    ]
    if lookups:
        raise Conflict(f"Expected no lookup that points to {table}, but {listed(lookups)} does.")
