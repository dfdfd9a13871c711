"""Writing: a record change carried out in Dataverse, once however often it is tried."""

from typing import Any
from urllib.parse import quote

from connections.entities import NAMING_LOOKUPS, NOT_THERE, Entity, entity_of, row_of
from connections.web_api import Later, Refusal, WebApi
from journeys.changes import RecordChange, Values
from journeys.table import Table
from wire.dataverse_tags import tag_of
from wire.dataverse_writing import body_of, lookups_in

_ANSWERED = {"prefer": f"return=representation,{NAMING_LOOKUPS}"}
_OTHER_VERSION = 412
"""Of what is to be created, that it is there already; else that somebody wrote it meanwhile."""


async def write(
    there: WebApi, change: RecordChange, values: Values, table: Table
) -> dict[str, Any]:
    """Create or update the record of *change* with *values*, as *table* keeps them; return its row.

    A create has its own id and creates nothing that is there: that is an earlier try of it, whose
    row is returned. An update never creates. Dataverse tells of it as made by the actor of
    *change*. Raises Refusal where it cannot be done, and what a `WebApi` raises.
    """
    entity = await entity_of(there, table.name)
    body = await _body(there, values, table, entity)
    creates = change.operation == "create"
    tag = quote(tag_of(change.actor or "", change.depth), safe="")
    path = f"{entity.at(change.record_id)}?{entity.select(table.by_name)}&tag={tag}"
    condition = {"if-none-match": "*"} if creates else {"if-match": "*"}
    try:
        answer = await there.ask("PATCH", path, body, {**_ANSWERED, **condition})
    except Refusal as error:
        if error.status == _OTHER_VERSION and creates:
            return await _row(there, entity, change, table)
        if error.status == _OTHER_VERSION:
            raise Later(str(error)) from error
        if (
            error.status == NOT_THERE
            and not creates
            and not await row_of(there, entity, change.record_id, ())
        ):
            raise _gone(change) from error
        raise
    found: dict[str, Any] = answer.json()
    return found


async def _body(there: WebApi, values: Values, table: Table, entity: Entity) -> dict[str, Any]:
    targets = {each for each in lookups_in(values, table).values() if each is not None}
    places = {each: (await entity_of(there, each.table)).at(each.id) for each in targets}
    try:
        return body_of(values, table, entity.navigation, places)
    except ValueError as error:
        raise Refusal(str(error)) from error


async def _row(there: WebApi, entity: Entity, change: RecordChange, table: Table) -> dict[str, Any]:
    found = await row_of(there, entity, change.record_id, table.by_name)
    if found is None:
        raise _gone(change)
    return found


def _gone(change: RecordChange) -> Refusal:
    return Refusal(
        f"Expected {change.table} to be a record that is there, but it is gone.", NOT_THERE
    )
