"""Columns of a table, and what a database writes otherwise where no schema comes with it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from journeys.changes import Values
from journeys.table import ColumnType, Table, as_text
from wire.converting import READERS, UNREADABLE, text
from wire.debezium_values import day, decimal, is_whole, moment_of
from wire.nesting import is_deeper

_DEEPEST = 50


def typed(values: Values, table: Table, settings: Any) -> dict[str, Any]:
    """Return *values* as the columns of *table* would have them, where a database writes otherwise.

    Where nobody says what a moment counts, its size does: today's are told apart by it.
    """
    columns = {name: table.column(name) for name in values}
    return {
        name: value if (column := columns[name]) is None else _typed(value, column.type, settings)
        for name, value in values.items()
    }


def _typed(value: Any, kind: ColumnType, settings: Any) -> Any:
    return _BY_TYPE[kind](value, settings) if kind in _BY_TYPE else value


def _datetime(value: Any, settings: Any) -> Any:
    if is_whole(value):
        return moment_of(value, settings.time_unit or _unit(value))
    return _in_utc(value) if isinstance(value, str) else value


def _number(value: Any, settings: Any) -> Any:
    found = READERS["number"](value) if isinstance(value, str) else decimal(value, value)
    return value if found is UNREADABLE else found


def _text(value: Any, settings: Any) -> Any:
    return text(value) if isinstance(value, int | float) else value


def _unit(value: int) -> str:
    """Return what a moment of this size counts, if it is of the years 1973 to 5138."""
    size = abs(value)
    return "ms" if size < 10**14 else "us" if size < 10**17 else "ns"


def _in_utc(value: str) -> str:
    """Return a moment without an offset as one in UTC, which is what Debezium takes it for."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (
        value
        if found.tzinfo or len(value) <= len("2027-03-01")
        else as_text(found.replace(tzinfo=UTC))
    )


def _json(value: Any, settings: Any) -> Any:
    if not isinstance(value, str):
        return value
    content = value.encode(errors="replace")
    if "\\u0000" in value or is_deeper(content, _DEEPEST):
        return value
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return value


_BY_TYPE: Mapping[ColumnType, Callable[[Any, Any], Any]] = {
    "datetime": _datetime,
    "date": lambda value, settings: day(value),
    "integer": _number,
    "decimal": _number,
    "money": _number,
    "boolean": lambda value, settings: bool(value) if value in (0, 1) else value,
    "text": _text,
    "lookup": _text,
    "multi_choice": lambda value, settings: (
        [each for each in value.split(",") if each] if isinstance(value, str) else value
    ),
    "json": _json,
}
