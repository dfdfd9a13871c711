"""Records: reading the mirror, and changing a record the way any system would.

A body is the columns (`{"statuscode": 5}`), or `{"values": {…}}` as a record is answered.
"""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, TypeAdapter

from api.bodies import JsonBody, item_of, takes
from api.door.scopes import needs
from api.errors import Malformed, NotFound
from api.gateway import Gateway, ThisGateway
from api.paging import ById, Cursor, Limit, Page, paged, position
from api.routes.tables import table_called
from journeys.changes import Operation, RecordChange, RecordRef
from journeys.problem import Problem
from store.records import RecordRow, record, records_of

router = APIRouter(
    prefix="/v1/tables/{table}/records",
    tags=["records"],
    dependencies=needs("ingest", reading=["author", "operate"]),
)


class Record(BaseModel):
    """A record as it is now: its columns, of which null is cleared and absent was never sent."""

    table: str
    id: str
    values: dict[str, Any]

    @classmethod
    def of(cls, row: RecordRow) -> "Record":
        return cls(table=row.table, id=row.id, values=row.values)


Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="What makes a second sending count once."),
]
_COLUMNS = takes(TypeAdapter(dict[str, Any]))


@router.get("")
def list_records(
    table: str, gateway: ThisGateway, limit: Limit = 100, cursor: Cursor = None
) -> Page[Record]:
    """Answer the records of a table in the order of their ids."""
    with gateway.database.reading() as session:
        table_called(session, table)
        rows = records_of(session, table, position(cursor, ById), limit + 1)
        return paged(rows, limit, Record.of, lambda row: row.id)


@router.get("/{record_id:path}")
def get_record(table: str, record_id: str, gateway: ThisGateway) -> Record:
    """Answer one record."""
    return _record(gateway, RecordRef(table, record_id))


@router.put("/{record_id:path}", openapi_extra=_COLUMNS)
def put_record(
    table: str,
    record_id: str,
    body: JsonBody,
    gateway: ThisGateway,
    response: Response,
    key: Key = None,
) -> Record:
    """Create a record, or replace it: what is not given is cleared."""
    ref = RecordRef(table, record_id)
    values, below = _values(body, ref)
    if not record_id:
        raise NotFound("Expected the id of a record, but the path ends before it.")
    with gateway.database.reading() as session:
        primary_id = table_called(session, table).primary_id
        known = record(session, ref)
    if known is None:
        response.status_code = HTTPStatus.CREATED
        return _change(gateway, ref, "create", values, key, below)
    cleared = {name for name, value in known.values.items() if value is not None}
    cleared -= {primary_id, *values}
    return _change(gateway, ref, "update", dict.fromkeys(cleared) | values, key, below)


@router.patch("/{record_id:path}", openapi_extra=_COLUMNS)
def patch_record(
    table: str, record_id: str, body: JsonBody, gateway: ThisGateway, key: Key = None
) -> Record:
    """Update the given columns of a record; null clears one."""
    ref = RecordRef(table, record_id)
    _record(gateway, ref)
    values, below = _values(body, ref)
    return _change(gateway, ref, "update", values, key, below)


@router.delete("/{record_id:path}", status_code=HTTPStatus.NO_CONTENT)
def delete_record(table: str, record_id: str, gateway: ThisGateway, key: Key = None) -> None:
    """Delete a record."""
    ref = RecordRef(table, record_id)
    _record(gateway, ref)
    _take(gateway, ref, "delete", {}, key, "")


def _change(
    gateway: Gateway,
    ref: RecordRef,
    operation: Operation,
    values: dict[str, Any],
    key: str | None,
    below: str,
) -> Record:
    _take(gateway, ref, operation, values, key, below)
    return _record(gateway, ref)


def _take(
    gateway: Gateway,
    ref: RecordRef,
    operation: Operation,
    values: dict[str, Any],
    key: str | None,
    below: str,
) -> None:
    """Let the change in like any other; raise Malformed where it is refused."""
    change = item_of(
        {
            "id": key,
            "table": ref.table,
            "record_id": ref.id,
            "operation": operation,
            "values": values,
        },
        RecordChange,
    )
    for refusal in gateway.intake.take([change]).refused:
        problems = [
            Problem(path=below + each["path"].removeprefix("/values"), message=each["message"])
            for each in refusal["problems"]
        ]
        raise Malformed("The record is not as expected.", problems)


def _values(body: Any, ref: RecordRef) -> tuple[dict[str, Any], str]:
    """Return the columns in *body*, and where in it they stand."""
    if not isinstance(body, dict):
        message = f"Expected the columns as an object, but the body is {body!r:.80}."
        raise Malformed("The body is not as expected.", [Problem(path="", message=message)])
    if isinstance(body.get("values"), dict) and body.keys() <= Record.model_fields.keys():
        if problems := [
            Problem(
                path=f"/{name}", message=f"Expected {own!r} as in the path, but it is {said!r:.80}."
            )
            for name, own in (("table", ref.table), ("id", ref.id))
            if (said := body.get(name, own)) != own
        ]:
            raise Malformed("The body is not as expected.", problems)
        return body["values"], "/values"
    return body, ""


def _record(gateway: Gateway, ref: RecordRef) -> Record:
    """Return the record as it is now; raise NotFound where there is none."""
    with gateway.database.reading() as session:
        table_called(session, ref.table)
        row = record(session, ref)
        if row is None:
            raise NotFound(f"Expected a record, but there is no {ref}.")
        return Record.of(row)
