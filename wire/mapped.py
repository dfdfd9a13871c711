"""What any system posts of which a mapping says where everything is."""

from collections.abc import Mapping
from typing import Any, get_args

from journeys.changes import RecordChange, SentOperation, Values
from wire.finding import ABSENT, Place, Places, Thing, all_of, first
from wire.mapping import MappingSettings, OneColumn
from wire.moments import moment
from wire.reading import Reading, Unreadable, change_of, each_read, said

_OPERATIONS = get_args(SentOperation)
_BITS = 63


def read(body: Any, headers: Mapping[str, str], settings: MappingSettings) -> Reading:
    """Read one parsed body; raise Unreadable, and nothing else, when there are no things in it."""
    things = _things(body, settings)
    return each_read(things, lambda thing: _change(Thing(thing, headers), settings))


def _things(body: Any, settings: MappingSettings) -> list[Any]:
    if settings.each is not None:
        found = Place(at=settings.each).find(Thing(body, {}))
        if found is not ABSENT:  # else it is one of them by itself
            body = found
    if not isinstance(body, list | dict):
        raise Unreadable(f"Expected a JSON object or a list, but the body is {said(body)}.")
    return body if isinstance(body, list) else [body]


def _change(thing: Thing, settings: MappingSettings) -> RecordChange | str:
    """Return what *thing* says of a record, or the sentence why it is ignored."""
    operation = first(settings.operation, thing)
    if operation not in _OPERATIONS:
        found = f"{operation:.80}" if isinstance(operation, str) else said(_plain(operation))
        return f"Expected something that happens to a record, but the operation is {found}."
    table = _name(settings.table, thing, "a table")
    columns = settings.columns.get(table)
    row = _row(settings.values, thing, "values") or {}
    old = _old(row, thing, settings)
    values, before = _columns(row, columns), None if old is None else _columns(old, columns)
    if operation == "delete":
        values, before = {}, before or values or None
    return change_of(
        id=all_of(settings.id, thing),
        table=table,
        record_id=_name(settings.record_id, thing, "a record id"),
        operation=operation,
        values=values,
        before=None if operation == "create" else before,
        version=_version(first(settings.version, thing)),
        occurred_at=moment(first(settings.occurred_at, thing)),
        actor=_actor(first(settings.actor, thing)),
    )


def _name(places: Places, thing: Thing, what: str) -> str:
    found = first(places, thing)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        where = " or ".join(map(str, places))
        raise Unreadable(f"Expected {what} at {where}, but it is {said(_plain(found))}.")
    return str(found)


def _row(places: OneColumn | Places, thing: Thing, what: str) -> dict[str, Any] | None:
    if isinstance(places, OneColumn):
        name, value = first(places.name, thing), first(places.value, thing)
        return {name: value} if isinstance(name, str) and value is not ABSENT else None
    found = first(places, thing)
    if found is ABSENT or found is None:
        return None
    if not isinstance(found, dict):
        raise Unreadable(f"Expected {what} to be an object, but it is {said(found)}.")
    return found


def _old(row: dict[str, Any], thing: Thing, settings: MappingSettings) -> dict[str, Any] | None:
    """Return the old row, as far as the sender tells of it; None where it does not."""
    before = _row(settings.before, thing, "before")
    if before is not None:
        return before
    previous = _row(settings.previous, thing, "previous")
    if previous is not None:
        return _overlaid(row, previous)
    changed = first(settings.changed, thing)
    if isinstance(changed, list):
        return {name: value for name, value in row.items() if name not in changed}
    return None


def _overlaid(row: dict[str, Any], previous: dict[str, Any]) -> dict[str, Any]:
    """Return *row* as it was: objects inside it, too, say only what was different in them."""
    old = dict(row)
    for name, value in previous.items():
        here = old.get(name)
        if isinstance(here, dict) and isinstance(value, dict):
            value = _overlaid(here, value)  # noqa: PLW2901 - the same, whole
        old[name] = value
    return old


def _columns(row: Values, columns: Mapping[str, Places] | None) -> dict[str, Any]:
    if columns is None:
        return dict(row)
    found = {name: first(places, Thing(row, {})) for name, places in columns.items()}
    return {name: value for name, value in found.items() if value is not ABSENT}


def _version(found: Any) -> int | None:
    if isinstance(found, str) and found.isascii() and found.isdecimal():
        found = int(found[:20])
    whole = isinstance(found, int) and not isinstance(found, bool)
    return found if whole and found.bit_length() <= _BITS else None


def _actor(found: Any) -> str | None:
    return str(found) if isinstance(found, str | int) else None


def _plain(found: Any) -> Any:
    return None if found is ABSENT else found
