"""Values as Debezium writes them, typed by the schema that comes with them."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from journeys.table import as_text

UNITS = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""How many of them are a second."""

_UNAVAILABLE = "__debezium_unavailable_value"
_NOT_SENT: tuple[Any, ...] = (
    _UNAVAILABLE, [_UNAVAILABLE], {_UNAVAILABLE: _UNAVAILABLE},
    base64.b64encode(_UNAVAILABLE.encode()).decode(),
)  # fmt: skip
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST_DAY = 3_000_000
_LARGEST_SCALE = 1_000


def row_of(sent: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return the columns that were *sent*, typed by *schema* as far as it says anything of them.

    One that is stored apart and did not change is not sent: a placeholder stands for it.
    """
    schemas = fields_of(schema)
    return {
        name: _by_schema(value, schemas.get(name))
        for name, value in sent.items()
        if value not in _NOT_SENT
    }


def fields_of(schema: Any) -> dict[str, Any]:
    """Return the schemas of the fields of a struct, by name."""
    fields = schema.get("fields") if isinstance(schema, dict) else None
    found = [each for each in fields if isinstance(each, dict)] if isinstance(fields, list) else []
    return {each["field"]: each for each in found if isinstance(each.get("field"), str)}


def _by_schema(value: Any, schema: Any) -> Any:
    if not isinstance(schema, dict) or value is None:
        return value
    if isinstance(value, list) and schema.get("type") == "array":
        return [_by_schema(each, schema.get("items")) for each in value]
    name = schema.get("name")
    kind = name.rpartition(".")[2] if isinstance(name, str) else ""
    if kind == "Decimal":
        parameters = schema.get("parameters")
        scale = parameters.get("scale") if isinstance(parameters, dict) else None
        return decimal({"scale": scale, "value": value}, value)
    return _BY_SCHEMA[kind](value) if kind in _BY_SCHEMA else value


def is_whole(value: Any) -> bool:
    """Say whether *value* is a number without a fraction, and neither true nor false."""
    return isinstance(value, int) and not isinstance(value, bool)


def moment_of(value: Any, unit: str) -> Any:
    """Return the moment that so many of *unit* since 1970 are; what is none stays as it is."""
    if not is_whole(value):
        return value
    try:
        return as_text(_1970 + timedelta(microseconds=value * 1_000_000 // UNITS[unit]))
    except OverflowError:
        return value


def _time(value: Any, unit: str) -> Any:
    midnight = 86_400 * UNITS[unit]
    found = moment_of(value, unit) if is_whole(value) and 0 <= value < midnight else value
    return found[11:-1] if isinstance(found, str) and found is not value else value


def day(value: Any) -> Any:
    """Return the date that so many days since 1970 are; what is none stays as it is."""
    if not is_whole(value) or abs(value) > _FARTHEST_DAY:
        return value
    try:
        return (_1970 + timedelta(days=value)).date().isoformat()
    except OverflowError:
        return value


def decimal(sent: Any, otherwise: Any) -> Any:
    """Return the number that `{"scale", "value"}` says: *value* is its digits, as bytes in base64."""
    try:
        digits = int.from_bytes(base64.b64decode(sent["value"], validate=True), signed=True)
        scale = int(sent["scale"])
        if not 0 <= scale <= _LARGEST_SCALE:
            return otherwise
        whole, rest = divmod(digits, 10**scale)
        return digits / 10**scale if rest else whole
    except (KeyError, TypeError, ValueError, OverflowError):
        return otherwise


_BY_SCHEMA: Mapping[str, Callable[[Any], Any]] = {
    "Date": day,
    "IsoDate": lambda value: value.removesuffix("Z") if isinstance(value, str) else value,
    "Timestamp": lambda value: moment_of(value, "ms"),
    "MicroTimestamp": lambda value: moment_of(value, "us"),
    "NanoTimestamp": lambda value: moment_of(value, "ns"),
    "Time": lambda value: _time(value, "ms"),
    "MicroTime": lambda value: _time(value, "us"),
    "NanoTime": lambda value: _time(value, "ns"),
    "VariableScaleDecimal": lambda value: decimal(value, value),
}
