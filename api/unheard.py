"""Unheard: what a row that was asked for says beyond what webhooks have told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from journeys.changes import RecordChange, RecordRef, SentOperation, Values
from journeys.table import Table
from store.records import Mirrored
from wire.dataverse_rows import typed
from wire.dataverse_values import moment

_OF_THE_PLATFORM = frozenset({
    "createdby", "createdon", "createdonbehalfby", "modifiedby", "modifiedon",
    "modifiedonbehalfby", "timezoneruleversionnumber", "versionnumber",
})  # fmt: skip
"""Columns that say that a record was written: they change with every write, and mean nothing more."""

_CLOCKS_DIFFER_BY = timedelta(minutes=5)


def unheard(
    row: Mapping[str, Any],
    table: Table,
    source: str,
    mirrored: Mirrored | None,
    after: datetime | None,
) -> RecordChange | None:
    """Return the change by which the mirror learns *row*; None where it knows it, or a newer one.

    It happened where the row was written *after* that moment and differs in what the mirror knew;
    else it is only learnt, and fires nothing. With *after* None nothing is a happening.
    """
    values = typed(row, table)
    record_id = str(row[table.primary_id])
    written_at = moment(values.get("modifiedon"))
    if mirrored is not None and _is_newer(mirrored, written_at):
        return None
    known = None if mirrored is None else mirrored.known
    differing = _differing(values, known or {})
    if known is not None and not differing:
        return None
    happened = after is not None and (written_at is None or written_at > after - _CLOCKS_DIFFER_BY)
    same_write = known is not None and known.get("modifiedon") == values.get("modifiedon")
    if known is not None and (
        differing <= _OF_THE_PLATFORM or (same_write and not differing & known.keys())
    ):
        happened = False
    operation: SentOperation = "upsert" if happened else "load"
    return RecordChange(
        id=f"{table.name}|{record_id}|{row.get('@odata.etag')}|{operation}",
        source=source,
        table=table.name,
        record_id=record_id,
        operation=operation,
        values={name: values[name] for name in values if name in differing or name == "modifiedon"},
        occurred_at=written_at,
    )


def _is_newer(mirrored: Mirrored, written_at: datetime | None) -> bool:
    if mirrored.occurred_at is None or written_at is None:
        return False
    return mirrored.occurred_at > written_at


def _differing(values: Values, known: Values) -> frozenset[str]:
    """Return the columns of *values* that are not as they are *known*; what is empty need not be."""
    return frozenset(
        name
        for name, value in values.items()
        if (known[name] != value if name in known else value is not None)
    )


def gone(
    table: Table, source: str, record_id: str, mirrored: Mirrored | None
) -> RecordChange | None:
    """Return the deletion of a record, or None where it is not known anyway."""
    if mirrored is None or mirrored.known is None:
        return None
    return RecordChange(source=source, table=table.name, record_id=record_id, operation="delete")


def ref(table: Table, row: Mapping[str, Any]) -> RecordRef:
    """Return which record *row* is."""
    return RecordRef(table.name, str(row[table.primary_id]))
