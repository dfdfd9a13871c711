"""Writing: a record change carried out in Dataverse, once however often it is tried."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from connections.entities import NAMING_LOOKUPS, NOT_THERE, Entity, entity_of, row_of
from connections.web_api import Later, Refusal, WebApi
from journeys.changes import RecordChange, Values
from journeys.finding import key_of
from journeys.table import Table
from wire.dataverse_rows import typed
from wire.dataverse_tags import tag_of
from wire.dataverse_writing import body_of, key_in, lookups_in

_ANSWERED = {"prefer": f"return=representation,{NAMING_LOOKUPS}"}
_CONDITIONS = {"create": {"if-none-match": "*"}, "update": {"if-match": "*"}}
_CREATED = 201
_OTHER_VERSION = 412
"""Of what is to be created, that it is there already; else that somebody wrote it meanwhile."""


async def write(
    there: WebApi,
    change: RecordChange,
    values: Values,
    table: Table,
    found_by: Collection[str] = (),
) -> RecordChange:
    """Create or update the record of *change* with *values*, as *table* keeps them; return what was done.

    That has the values of the row that Dataverse answers. A create has its own id and creates
    nothing that is there: that is an earlier try of it, whose row is returned. An update never
    creates, and an upsert is of the record that is *found_by* its values in these columns, an
    alternate key. Dataverse tells of it as made by the actor of *change*. Raises Refusal where it
    cannot be done, and what a `WebApi` raises.
    """
    entity = await entity_of(there, table.name)
    body = await _body(
        there, {name: each for name, each in values.items() if name not in found_by}, table, entity
    )
    creates = change.operation == "create"
    tag = quote(tag_of(change.actor or "", change.depth), safe="")
    place = _found_at(entity, values, table, found_by) if found_by else entity.at(change.record_id)
    path = f"{place}?{entity.select(table.by_name)}&tag={tag}"
    condition = _CONDITIONS.get(change.operation, {})
    try:
        answer = await there.ask("PATCH", path, body, {**_ANSWERED, **condition})
    except Refusal as error:
        if error.status == _OTHER_VERSION and creates:
            return _done(change, await _row(there, entity, change, table), entity, table)
        if error.status == _OTHER_VERSION:
            raise Later(str(error)) from error
        if (
            error.status == NOT_THERE
            and change.operation == "update"
            and not await row_of(there, entity, change.record_id, ())
        ):
            raise _gone(change) from error
        raise
    if found_by:
        was_there = answer.status_code != _CREATED
        change = change.model_copy(update={"operation": "update" if was_there else "create"})
    return _done(change, answer.json(), entity, table)


def _found_at(entity: Entity, values: Values, table: Table, found_by: Collection[str]) -> str:
    try:
        key = key_in(key_of(values, found_by, table), table)
    except ValueError as error:
        raise Refusal(str(error)) from error
    return f"{entity.entity_set}({key})"


def _done(change: RecordChange, row: dict[str, Any], entity: Entity, table: Table) -> RecordChange:
    written = {"record_id": row[entity.primary_id], "values": typed(row, table)}
    return change.model_copy(update=written)


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
