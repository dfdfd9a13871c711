"""Operators: what each compares, which column types it fits, and which value it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from journeys.equality import all_in, equal, folded, is_empty, listed
from journeys.moments import WEEKDAYS, Calendar, Duration, Point, anniversary, day_or_moment
from journeys.table import ColumnType

Operator = Literal[
    "equals", "not_equals", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with",
    "is_empty", "is_not_empty", "greater_than", "at_least", "less_than", "at_most", "between",
    "on", "before", "on_or_before", "after", "on_or_after", "in_last", "in_next",
    "anniversary_in_last", "anniversary_in_next", "weekday_in",
    "changed", "changed_from", "changed_to", "increased", "decreased",
]  # fmt: skip

Takes = Literal[
    "nothing", "value", "values", "text", "number", "pair", "point", "duration", "weekdays"
]
"""What an operator is given to compare with."""


class Seen(NamedTuple):
    """What a comparison sees: the field's *value*, the value *before* the change, and the calendar."""

    value: Any
    before: Any
    calendar: Calendar


@dataclass(frozen=True)
class Meaning:
    """What an operator says (*phrase*), takes and fits, and whether it *holds*.

    One that *compares* needs the value before the change too.
    """

    phrase: str
    takes: Takes
    fits: frozenset[ColumnType]
    holds: Callable[[Seen, Any], bool]
    compares: bool = False


def _is_in(seen: Seen, value: Any) -> bool:
    return any(equal(one, other) for one in listed(seen.value) for other in listed(value))


def _contains(seen: Seen, value: Any) -> bool:
    """A text contains a part of it; several choices contain all those named."""
    if isinstance(seen.value, list | tuple):
        return not is_empty(value) and all_in(listed(value), listed(seen.value))
    return _textual(str.__contains__)(seen, value)


def _textual(test: Callable[[str, str], bool]) -> Callable[[Seen, Any], bool]:
    def holds(seen: Seen, value: Any) -> bool:
        if not (isinstance(seen.value, str) and isinstance(value, str)):
            return False
        return bool(value) and test(folded(seen.value), folded(value))

    return holds


def number(value: Any) -> float | int | None:
    """Return *value* where it is a number; true and false are none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Seen, Any], bool]:
    def holds(seen: Seen, value: Any) -> bool:
        left, right = number(seen.value), number(value)
        return left is not None and right is not None and test(left, right)

    return holds


def _dated(test: Callable[[Any, Any], bool]) -> Callable[[Seen, Any], bool]:
    """Compare moments; where either side is a day, compare days."""

    def holds(seen: Seen, value: Any) -> bool:
        left, right = day_or_moment(seen.value), seen.calendar.point(value)
        if left is None or right is None:
            return False
        if not (isinstance(left, datetime) and isinstance(right, datetime)):
            left, right = seen.calendar.day(left), seen.calendar.day(right)
        return test(left, right)

    return holds


_at_least = _ordered(lambda left, right: left >= right)
_at_most = _ordered(lambda left, right: left <= right)
_on_or_after = _dated(lambda left, right: left >= right)
_on_or_before = _dated(lambda left, right: left <= right)


def _on(seen: Seen, value: Any) -> bool:
    left, right = day_or_moment(seen.value), seen.calendar.point(value)
    if left is None or right is None:
        return False
    return seen.calendar.day(left) == seen.calendar.day(right)


def _between(seen: Seen, value: Any) -> bool:
    """Both ends belong to it."""
    match value:
        case [low, high]:
            numbers = _at_least(seen, low) and _at_most(seen, high)
            return numbers or (_on_or_after(seen, low) and _on_or_before(seen, high))
        case _:
            return False


def _span(calendar: Calendar, value: Any, *, back: bool) -> tuple[Point, Point] | None:
    """Return from when to when the duration *value* reaches, before now or after it."""
    try:
        duration = Duration.parse(value)
    except ValueError:
        return None
    end = calendar.shift(calendar.now, -duration if back else duration)
    if end is None:
        return None
    return (end, calendar.now) if back else (calendar.now, end)


def _within(*, back: bool) -> Callable[[Seen, Any], bool]:
    """Between now and a duration from now, both included; a day counts where any of it does."""

    def holds(seen: Seen, value: Any) -> bool:
        point, span = day_or_moment(seen.value), _span(seen.calendar, value, back=back)
        if point is None or span is None:
            return False
        if isinstance(point, datetime):
            return seen.calendar.moment(span[0]) <= point <= seen.calendar.moment(span[1])
        return seen.calendar.day(span[0]) <= point <= seen.calendar.day(span[1])

    return holds


def _anniversary_within(*, back: bool) -> Callable[[Seen, Any], bool]:
    def holds(seen: Seen, value: Any) -> bool:
        point, span = day_or_moment(seen.value), _span(seen.calendar, value, back=back)
        if point is None or span is None:
            return False
        first, last = seen.calendar.day(span[0]), seen.calendar.day(span[1])
        day = seen.calendar.day(point)
        years = {first.year, min(first.year + 1, last.year), last.year}
        return any(first <= anniversary(day, year) <= last for year in years)

    return holds


def _weekday(seen: Seen, value: Any) -> bool:
    point = day_or_moment(seen.value)
    return point is not None and WEEKDAYS[seen.calendar.day(point).weekday()] in listed(value)


def _changed(seen: Seen) -> bool:
    """A change counts also where only the case of a letter is another."""
    if is_empty(seen.value) or is_empty(seen.before):
        return is_empty(seen.value) != is_empty(seen.before)
    return bool(seen.value != seen.before)


def _moved(test: Callable[[Any, Any], bool]) -> Callable[[Seen, Any], bool]:
    """Compare with the value before the change: two numbers, two days or two moments."""

    def holds(seen: Seen, _value: Any) -> bool:
        after, before = number(seen.value), number(seen.before)
        if after is not None and before is not None:
            return test(after, before)
        day, day_before = day_or_moment(seen.value), day_or_moment(seen.before)
        return day is not None and type(day) is type(day_before) and test(day, day_before)

    return holds


def _unless(holds: Callable[[Seen, Any], bool]) -> Callable[[Seen, Any], bool]:
    return lambda seen, value: not holds(seen, value)


def _equals(seen: Seen, value: Any) -> bool:
    return equal(seen.value, value)


_ALL: frozenset[ColumnType] = frozenset(get_args(ColumnType))
_TEXTS: frozenset[ColumnType] = frozenset({"text", "json"})
_NUMBERS: frozenset[ColumnType] = frozenset({"integer", "decimal", "money", "choice", "json"})
_DATES: frozenset[ColumnType] = frozenset({"date", "datetime", "json"})

MEANINGS: Mapping[Operator, Meaning] = {
    "equals": Meaning("to be", "value", _ALL, _equals),
    "not_equals": Meaning("not to be", "value", _ALL, _unless(_equals)),
    "in": Meaning("to be one of", "values", _ALL, _is_in),
    "not_in": Meaning("to be none of", "values", _ALL, _unless(_is_in)),
    "contains": Meaning("to contain", "text", _TEXTS | {"multi_choice"}, _contains),
    "not_contains": Meaning(
        "not to contain", "text", _TEXTS | {"multi_choice"}, _unless(_contains)
    ),
    "starts_with": Meaning("to start with", "text", _TEXTS, _textual(str.startswith)),
    "ends_with": Meaning("to end with", "text", _TEXTS, _textual(str.endswith)),
    "is_empty": Meaning("to be empty", "nothing", _ALL, lambda seen, _: is_empty(seen.value)),
    "is_not_empty": Meaning(
        "not to be empty", "nothing", _ALL, lambda seen, _: not is_empty(seen.value)
    ),
    "greater_than": Meaning(
        "to be greater than", "number", _NUMBERS, _ordered(lambda left, right: left > right)
    ),
    "at_least": Meaning("to be at least", "number", _NUMBERS, _at_least),
    "less_than": Meaning(
        "to be less than", "number", _NUMBERS, _ordered(lambda left, right: left < right)
    ),
    "at_most": Meaning("to be at most", "number", _NUMBERS, _at_most),
    "between": Meaning("to be between", "pair", _NUMBERS | _DATES, _between),
    "on": Meaning("to be on", "point", _DATES, _on),
    "before": Meaning("to be before", "point", _DATES, _dated(lambda left, right: left < right)),
    "on_or_before": Meaning("to be on or before", "point", _DATES, _on_or_before),
    "after": Meaning("to be after", "point", _DATES, _dated(lambda left, right: left > right)),
    "on_or_after": Meaning("to be on or after", "point", _DATES, _on_or_after),
    "in_last": Meaning("to be in the last", "duration", _DATES, _within(back=True)),
    "in_next": Meaning("to be in the next", "duration", _DATES, _within(back=False)),
    "anniversary_in_last": Meaning(
        "to have its anniversary in the last", "duration", _DATES, _anniversary_within(back=True)
    ),
    "anniversary_in_next": Meaning(
        "to have its anniversary in the next", "duration", _DATES, _anniversary_within(back=False)
    ),
    "weekday_in": Meaning("to be on one of", "weekdays", _DATES, _weekday),
    "changed": Meaning("to change", "nothing", _ALL, lambda seen, _: _changed(seen), compares=True),
    "changed_from": Meaning(
        "to change from", "value", _ALL,
        lambda seen, value: _changed(seen) and equal(seen.before, value), compares=True,
    ),
    "changed_to": Meaning(
        "to change to", "value", _ALL,
        lambda seen, value: _changed(seen) and equal(seen.value, value), compares=True,
    ),
    "increased": Meaning(
        "to increase", "nothing", _NUMBERS | _DATES,
        _moved(lambda after, before: after > before), compares=True,
    ),
    "decreased": Meaning(
        "to decrease", "nothing", _NUMBERS | _DATES,
        _moved(lambda after, before: after < before), compares=True,
    ),
}  # fmt: skip
