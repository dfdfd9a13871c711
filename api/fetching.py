"""Fetching: the values of changes that arrived without, asked of the system that left them out."""

import asyncio
from dataclasses import replace

import structlog

from api.gateway import Gateway
from api.sending import Item, Sending, Unusable
from api.sourcebook import Source
from connections.entities import entity_of, row_of
from connections.web_api import Later, Refusal, WebApi
from journeys.changes import RecordChange
from journeys.table import Table
from store.catalogue import tables
from wire.dataverse_rows import typed
from wire.dataverse_settings import connection_in
from wire.dataverse_values import moment

log = structlog.get_logger()


async def completed(gateway: Gateway, source: Source, sending: Sending) -> Sending:
    """Return *sending* with the values that were left out, as far as *source* is connected and answers.

    What cannot be had stays as it is, and is refused.
    """
    connection = connection_in(source.settings)
    lacking = [each for each in sending.items if isinstance(each, Unusable) and each.change]
    if not lacking or connection is None:
        return sending
    known = await asyncio.to_thread(_tables, gateway)
    items: list[Item] = []
    async with WebApi(connection, gateway.memory) as there:
        for item in sending.items:
            change = item.change if isinstance(item, Unusable) else None
            whole = None
            if change is not None and change.table in known:
                whole = await _whole(there, change, known[change.table], source.name)
            items.append(whole or item)
    return replace(sending, items=items)


async def _whole(
    there: WebApi, change: RecordChange, table: Table, source: str
) -> RecordChange | None:
    try:
        entity = await entity_of(there, change.table)
        row = await row_of(there, entity, change.record_id, table.by_name)
    except (Refusal, Later) as error:
        log.warning(
            "a record could not be fetched", source=source, table=table.name, why=str(error)
        )
        return None
    if row is None:  # it is gone by now, of which we shall hear
        return None
    values = typed(row, table)
    happened = moment(values.get("modifiedon")) or change.occurred_at
    return change.model_copy(update={"values": values, "occurred_at": happened})


def _tables(gateway: Gateway) -> dict[str, Table]:
    with gateway.database.reading() as session:
        return tables(session)
