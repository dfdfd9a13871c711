"""Fitting: whether a comparison's operator and value fit its column, and the value in its kept form."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from journeys.condition import Comparison
from journeys.equality import is_empty
from journeys.moments import WEEKDAYS, Duration, Relative, day_or_moment, point_of
from journeys.operators import MEANINGS, Operator, Takes
from journeys.problem import quoted
from journeys.table import Column, as_text


def require_operator(comparison: Comparison, column: Column) -> None:
    """Raise ValueError with a sentence where the operator of *comparison* does not fit *column*."""
    if comparison.operator not in (fitting := _fitting(column)):
        raise ValueError(
            f"Expected an operator that fits a column of type {column.type} "
            f"({', '.join(fitting)}), but it is {comparison.operator!r}."
        )


def fitting_value(comparison: Comparison, column: Column) -> Any:
    """Return the value of *comparison* in the one form in which it is kept and compared.

    Labels of choices become their values, moments are in UTC, lookups `{"table", "id"}`. Raises
    ValueError with a sentence where the value does not fit the operator and *column*.
    """
    takes, value = MEANINGS[comparison.operator].takes, comparison.value
    if takes == "nothing":
        if value is not None:
            raise ValueError(
                f"Expected no value with {comparison.operator}, but it is {quoted(value)}."
            )
        return None
    if is_empty(value):
        raise ValueError(f"Expected a value with {comparison.operator}, but there is none.")
    return _READERS[takes](column.model_copy(update={"name": comparison.field}), value)


def _fitting(column: Column) -> list[Operator]:
    operators: tuple[Operator, ...] = get_args(Operator)
    return [
        operator for operator in operators
        if column.type in MEANINGS[operator].fits and not _is_unordered(column, operator)
    ]  # fmt: skip


def _is_unordered(column: Column, operator: Operator) -> bool:
    """Say whether *operator* asks for an order among choices that are no numbers."""
    if column.type != "choice" or MEANINGS[operator].fits >= {"text", "choice"}:
        return False
    return any(isinstance(choice.value, bool | str) for choice in column.choices)


def _value(column: Column, value: Any) -> Any:
    if column.type == "multi_choice" and not isinstance(value, list | tuple):
        return column.choice(value)
    return column.read(value)


def _values(column: Column, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _unfitting("a list", column, value)
    return [_value(column, each) for each in value]


def _text(column: Column, value: Any) -> Any:
    if column.type == "multi_choice":
        return _values(column, value) if isinstance(value, list | tuple) else column.choice(value)
    if not isinstance(value, str):
        raise _unfitting("text", column, value)
    return value


def _number(column: Column, value: Any) -> Any:
    if column.type == "choice":
        return column.choice(value)
    return column.model_copy(update={"type": "decimal"}).read(value)


def _pair(column: Column, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise _unfitting("a list of the lowest and the highest value", column, value)
    dated = column.type in ("date", "datetime") or (
        column.type == "json" and all(isinstance(each, str) for each in value)
    )
    pair = [(_point if dated else _number)(column, each) for each in value]
    if _is_back_to_front(*(map(day_or_moment, pair) if dated else pair)):
        raise _unfitting("the lowest value before the highest", column, value)
    return pair


def _is_back_to_front(low: Any, high: Any) -> bool:
    """Say whether nothing lies between the two; of days beside moments the zone decides, not we."""
    return type(low) is type(high) and low is not None and low > high


def _point(column: Column, value: Any) -> str:
    if isinstance(value, str):
        try:
            relative = Relative.parse(value)
            point = None if relative else point_of(value)
        except ValueError:
            pass
        else:
            return str(relative) if relative else _kept(point)
    raise _unfitting(
        "a date, a moment with its offset, or a day such as today + P30D", column, value
    )


def _kept(point: Any) -> str:
    return as_text(point) if hasattr(point, "hour") else point.isoformat()


def _duration(column: Column, value: Any) -> str:
    try:
        return str(Duration.parse(value))
    except ValueError:
        raise _unfitting("a duration such as P30D or PT2H", column, value) from None


def _weekdays(column: Column, value: Any) -> list[str]:
    named = value if isinstance(value, list | tuple) else [value]
    days = [day.casefold() if isinstance(day, str) else day for day in named]
    if any(day not in WEEKDAYS for day in days):
        raise _unfitting(f"a list of weekdays ({', '.join(WEEKDAYS)})", column, value)
    return [day for day in WEEKDAYS if day in days]


_READERS: Mapping[Takes, Callable[[Column, Any], Any]] = {
    "value": _value,
    "values": _values,
    "text": _text,
    "number": _number,
    "pair": _pair,
    "point": _point,
    "duration": _duration,
    "weekdays": _weekdays,
}


def _unfitting(what: str, column: Column, value: Any) -> ValueError:
    return ValueError(f"Expected {what} to compare {column.name} with, but it is {quoted(value)}.")
