"""What Debezium posts of the rows of a database, read as record changes."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson
from pydantic import Field

from journeys.changes import RecordChange, SentOperation
from wire.debezium_events import Event, event_of
from wire.debezium_position import POSITION, version_of, whole
from wire.debezium_values import row_of
from wire.moments import moment
from wire.reading import Reading, Settings, Unreadable, change_of, each_read, said

OPERATIONS: Mapping[Any, SentOperation] = {
    "c": "create", "u": "update", "d": "delete", "r": "load", "upsert": "upsert",
}  # fmt: skip
_OTHERS = {"t": "a truncation of a table", "m": "a message in the log"}


class DebeziumSettings(Settings):
    """What Debezium does not say of the rows it posts.

    *tables* says what tables are called here, *keys* which columns name their records, `id` where
    nothing else is said; both know a table by its name, also with its schema or database before
    it. *table* is that of rows that do not name theirs. *time_unit* is what moments count where no
    schema says it. *epoch* is one more each time the log of the database begins anew.
    """

    tables: dict[str, str] = Field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    table: str | None = Field(default=None, min_length=1)
    time_unit: Literal["ms", "us", "ns"] | None = None
    epoch: int = Field(default=0, ge=0, le=7)


def read(body: Any, headers: Mapping[str, str], settings: DebeziumSettings) -> Reading:
    """Read one event or a list; raise Unreadable, and nothing else, where the body is neither."""
    if not isinstance(body, list | dict | None):
        raise Unreadable(f"Expected an event or a list of them, but the body is {said(body)}.")
    events = body if isinstance(body, list) else [body]
    return each_read(events, lambda event: _read(event, settings))


def _read(sent: Any, settings: DebeziumSettings) -> RecordChange | str:
    """Return what *sent* says of a row, or the sentence why nothing comes of it."""
    event = event_of(sent)
    if isinstance(event, str):
        return event
    operation = OPERATIONS.get(event.op) if isinstance(event.op, str) else None
    if operation is None:
        found = f"{event.op:.20}" if isinstance(event.op, str) else said(event.op)
        return f"Expected a change of a row, but it is {_OTHERS.get(found, f'the op {found}')}."
    return _change(event, operation, settings)


def _change(event: Event, operation: SentOperation, settings: DebeziumSettings) -> RecordChange:
    facts, gone = event.facts, operation == "delete"
    names = _names(facts, settings)
    before = None if event.before is None else _row(event, "before")
    after = {} if gone else _row(event, "after")
    record_id = _id(before or {} if gone else after, _first(settings.keys, names) or ("id",))
    version = version_of(facts, settings.epoch, loaded=operation == "load")
    at = whole(facts.get("tsms")) or whole(event.at)
    # What a snapshot read is as old as its snapshot, which no clock tells.
    occurred_at = (
        None if at is None or (operation == "load" and version is None) else moment(at / 1000)
    )
    server = facts.get("name")
    said_of_it = {"source": f"debezium:{server}"} if isinstance(server, str) and server else {}
    return change_of(
        id=_named(facts, [settings.epoch, names, record_id, operation]),
        table=_first(settings.tables, names) or names[-1],
        record_id=record_id,
        operation=operation,
        values=after,
        before=before if before and operation in {"update", "delete"} else None,
        version=version,
        occurred_at=occurred_at,
        **said_of_it,
    )


def _names(facts: Mapping[str, Any], settings: DebeziumSettings) -> list[str]:
    """Return what the table of a row may be called, the longest first."""
    table = facts.get("table") or settings.table
    if not isinstance(table, str):
        raise Unreadable(
            f"Expected the event, or the source, to name a table, but it is {said(table)}."
        )
    around = (facts.get("db"), facts.get("schema"))
    above = [each for each in around if isinstance(each, str) and each]
    known = ([*above, table], [*above[1:], table], [*above[:1], table], [table])
    return [".".join(each) for each in known]


def _first(known: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((known[name] for name in names if name in known), None)


def _row(event: Event, which: str) -> dict[str, Any]:
    row = getattr(event, which)
    if not isinstance(row, dict):
        raise Unreadable(f"Expected {which} to be an object, but it is {said(row)}.")
    return row_of(row, event.schemas.get(which))


def _id(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    parts = []
    for name in keys:
        value = row.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Unreadable(f"Expected the key in the column {name:.80}, but it is {said(value)}.")
        parts.append(str(value))
    return "|".join(parts)


def _named(facts: Mapping[str, Any], change: Sequence[Any]) -> str | None:
    """Return what names the event: a position alone will not do, a whole snapshot has the same."""
    if all(facts.get(name) is None for name in POSITION):
        return None
    position = [str(facts.get(name)) for name in (*POSITION, "tsms")]
    told = orjson.dumps([str(facts.get("name")), position, change])
    return hashlib.sha256(told).hexdigest()[:32]
