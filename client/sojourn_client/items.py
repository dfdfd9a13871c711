"""Items: changes and custom triggers, ready to be sent, and named so that they count once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict, Unpack
from uuid import UUID, uuid4

from sojourn_client.shapes import Problem, Reference

Route = Literal["/v1/changes", "/v1/events"]
Operation = Literal["create", "update", "delete", "upsert", "load"]
Moment = datetime | str
"""A moment with its offset from UTC, or RFC 3339."""

Values = Mapping[str, Any]
"""Columns or attributes: JSON, moments, dates, decimals and UUIDs. None clears, absent is not sent."""


@dataclass(frozen=True)
class Item:
    """A change, or a custom trigger that is fired: where it goes, its id, and its JSON as sent."""

    route: Route
    id: str
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        """What is sent; `change(**body)` or `fire(**body)` sends the same again, and it counts once."""
        body: dict[str, Any] = json.loads(self.content)
        return body


@dataclass(frozen=True)
class Refused:
    """An item that the gateway did not take in, with the reason as a sentence and as *problems*.

    The gateway keeps most of them, so that they can be corrected and replayed there.
    """

    item: Item
    problem: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Delivered:
    """What became of what was sent since one last asked; *duplicates* had been taken in before."""

    accepted: int
    duplicates: int
    refused: tuple[Refused, ...]


class OfChange(TypedDict, total=False):
    """What else may be said of a change; what it means is in the gateway's API."""

    id: str | None
    source: str | None
    before: Values | None
    version: int | None
    occurred_at: Moment | None
    actor: str | None
    depth: int | None


class OfTrigger(TypedDict, total=False):
    """What else may be said of a custom trigger; *binding* is the record it is about."""

    binding: str | Reference | None
    event_id: str | None
    source: str | None
    occurred_at: Moment | None
    actor: str | None
    depth: int | None


def changed(
    table: str,
    record_id: str,
    operation: Operation,
    values: Values | None,
    **more: Unpack[OfChange],
) -> Item:
    """Return one change of one record; see `Sojourn.change`."""
    said = {"table": table, "record_id": record_id, "operation": operation, "values": values or {}}
    return _item("/v1/changes", "id", {**said, **more})


def fired(
    trigger: str,
    person: str | Reference,
    attributes: Values | None,
    **more: Unpack[OfTrigger],
) -> Item:
    """Return one custom trigger; see `Sojourn.fire`."""
    said = {"trigger": trigger, "person": _reference(person), "attributes": attributes or {}}
    return _item("/v1/events", "event_id", {**said, **more})


def _item(route: Route, naming: str, said: Values) -> Item:
    """Name what is *said* unless it has a name, and write it down as it is now."""
    given = {name: value for name, value in said.items() if value is not None}
    body = {naming: str(uuid4()), **given}
    text = json.dumps(body, default=_plain, allow_nan=False, ensure_ascii=False)
    return Item(route, body[naming], text.encode())


def _reference(person: str | Reference) -> Reference:
    if not isinstance(person, str):
        return person
    table, slash, of_person = person.partition("/")
    if not (table and slash and of_person):
        raise ValueError(f"Expected a person as table/id, but it is {person!r:.80}.")
    return {"table": table, "id": of_person}


def _plain(value: object) -> object:
    match value:
        case datetime() if value.tzinfo is None:
            raise ValueError(f"Expected a moment with its offset from UTC, but {value} has none.")
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case UUID():
            return str(value)
        case Mapping():
            return dict(value)
        case _:
            raise TypeError(f"Expected JSON, but there is a {type(value).__name__}.")
