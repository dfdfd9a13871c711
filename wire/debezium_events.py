"""Events as Debezium sends them: envelopes, CloudEvents and flat rows, each with schemas or without."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from wire.debezium_position import facts_of
from wire.debezium_values import fields_of
from wire.reading import Unreadable, said

_HEADER = "x-debezium-__"
_EXTENSION = "iodebezium"
_TOMBSTONE = (
    "Expected a change of a row, but it is a tombstone, which only tells Kafka to forget it."
)
_NO_ROW = "Expected a change of a row, but it is one of the schema, a transaction or a heartbeat."
_OF_NO_ROW = {"ddl", "tableChanges", "status", "event_count"}


@dataclass(frozen=True)
class Event:
    """A change of a row: what happened (*op*), *facts* of its source, and both rows with schemas."""

    op: Any
    facts: Mapping[str, Any]
    before: Any
    after: Any
    schemas: Mapping[str, Any]
    at: Any = None


def opened(content: bytes, headers: Mapping[str, str], parsed: Callable[[bytes], Any]) -> Any:
    """Return the body, a flat row with what headers say of it; an empty body is a tombstone."""
    body = parsed(content) if content.strip() else None
    if not isinstance(body, dict):
        return body
    told = {
        name[len(_HEADER) - 2 :]: _told(headers[name])
        for name in headers
        if name.startswith(_HEADER)
    }
    return body if {"op", "payload", "specversion"} & body.keys() else told | body


def event_of(sent: Any) -> Event | str:
    """Return the event that was *sent*, or the sentence why it is none of a row; raise Unreadable."""
    body, schema = apart(sent)
    if body is None:
        return _TOMBSTONE
    if not isinstance(body, dict):
        raise Unreadable(f"Expected an event, but it is {said(body)}.")
    if "specversion" in body:
        return _of_cloudevent(body)
    if "op" in body:
        source = body.get("source")
        facts = facts_of(source) if isinstance(source, dict) else {}
        before, after = body.get("before"), body.get("after")
        return Event(body["op"], facts, before, after, fields_of(schema), body.get("ts_ms"))
    if body.keys() == {"ts_ms"} or _OF_NO_ROW & body.keys():
        return _NO_ROW
    return _of_flat_row(body, schema)


def apart(sent: Any) -> tuple[Any, Any]:
    """Return what was *sent*, and the schema that came with it, if one did."""
    if isinstance(sent, dict) and "payload" in sent:
        return sent["payload"], sent.get("schema")
    return sent, None


def _of_cloudevent(event: Mapping[str, Any]) -> Event:
    kind = event.get("datacontenttype")
    rows, schema = apart(event.get("data"))
    if not isinstance(rows, dict):
        of = f", of {kind:.40}" if isinstance(kind, str) else ""
        raise Unreadable(f"Expected data as a JSON object, but it is {said(rows)}{of}.")
    skip = len(_EXTENSION)
    told = {name[skip:]: event[name] for name in event if name.startswith(_EXTENSION)}
    facts = facts_of(told)
    return Event(facts.get("op"), facts, rows.get("before"), rows.get("after"), fields_of(schema))


def _of_flat_row(row: Mapping[str, Any], schema: Any) -> Event:
    told = {name[2:].removeprefix("source_"): row[name] for name in row if name.startswith("__")}
    facts = facts_of(told)
    here = {name: value for name, value in row.items() if not name.startswith("__")}
    gone = facts.get("deleted") in (True, "true")
    op = "d" if gone else facts.get("op", "upsert")
    return Event(op, facts, here if op == "d" else None, here, {"before": schema, "after": schema})


def _told(header: str) -> Any:
    """Return what a header says: JSON or text, in base64 unless that is switched off."""
    try:
        header = base64.b64decode(header, validate=True).decode()
        return apart(orjson.loads(header))[0]
    except ValueError:
        return header
