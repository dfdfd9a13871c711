"""The mirror's rule: how a record change and what is known of the record become one record."""

from datetime import datetime

from journeys.changes import Operation, RecordChange, RecordChanged, Values
from journeys.table import Table


def comes_late(
    change: RecordChange, version: int | None, source: str | None, occurred_at: datetime | None
) -> bool:
    """Say whether a newer change of its record was taken in before *change*.

    The record's *version* decides where both have one; else the moments at which both occurred,
    where they are by the clock of one *source*. A change with neither is taken as it comes.
    """
    if change.version is not None and version is not None:
        return change.version < version
    if change.occurred_at is None or occurred_at is None or change.source != source:
        return False
    return change.occurred_at < occurred_at


def resolved(change: RecordChange, known: Values | None, *, created: bool) -> Operation:
    """Return what *change* does to its record, which is *known* or not (None).

    Where the mirror tells a create from an update, it does: a create of a record whose creation
    was taken in (*created*) is an update, so that a repeated create fires nothing, and an upsert
    or load of an unknown one is a create.
    """
    match change.operation:
        case "create":
            return "update" if known is not None and created else "create"
        case "upsert" | "load":
            return "create" if known is None else "update"
        case "update" | "delete":
            return change.operation


def merged(
    change: RecordChange, table: Table, values: Values, before: Values, known: Values | None
) -> tuple[Values, Values]:
    """Return the whole record before and after *change*.

    *values* and *before* are the columns as *table* keeps them, *known* the record as the mirror
    has it (None = never heard of, or deleted). What the mirror knows counts before the sender's
    before-image: that one may repeat a difference that was taken in already.
    """
    old = before if known is None else {**before, **known} if before else known
    return old, {**old, **values, table.primary_id: change.record_id}


def happened(
    change: RecordChange,
    operation: Operation,
    values: Values,
    old: Values,
    after: Values,
    now: datetime,
) -> RecordChanged:
    """Return what happened to the record by *change*, for those who listen."""
    if old:
        changed = [name for name in values if name not in old or old[name] != values[name]]
    columns = frozenset(changed if old else values)
    return RecordChanged(  # by place: names would cost as much as all the rest, for each change
        change.id or "",
        change.record,
        operation,
        {} if operation == "create" else old,
        after,
        frozenset() if operation == "delete" else columns,
        change.occurred_at or now,
        change.actor,
        change.depth,
        change.operation == "load",
    )


def taken_in(
    change: RecordChange,
    table: Table,
    values: Values,
    before: Values,
    known: Values | None,
    now: datetime,
    *,
    created: bool = True,
) -> RecordChanged:
    """Return what happens by *change*, as `resolved`, `merged` and `happened` say together."""
    old, after = merged(change, table, values, before, known)
    operation = resolved(change, known, created=created)
    return happened(change, operation, values, old, after, now)


def created_late(
    change: RecordChange, table: Table, values: Values, known: Values, now: datetime
) -> tuple[RecordChanged, RecordChanged]:
    """Return the creation of a record of which newer changes came first, and what is learnt by it.

    The creation is the record as it was then: it is a happening like any other, and nobody has
    heard of it yet. What is *known* stays, being newer; learnt are the columns nobody told us of.
    """
    creation = taken_in(change, table, values, {}, None, now)
    missing = {name: value for name, value in values.items() if name not in known}
    update = change.model_copy(update={"operation": "update"})
    return creation, taken_in(update, table, missing, {}, known, now)
