"""Summary: what a tile, a rule or a condition is set to, in one line, whatever kind it is of."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

from pydantic import BaseModel

from journeys.condition import All, AnyOf, Comparison, Condition, Not

_UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1),
          "second": timedelta(seconds=1)}  # fmt: skip


def summary(model: BaseModel, leave: Collection[str] = ()) -> str:
    """Return the settings of *model* that are not as they are anyway, without those to *leave* out."""
    said = []
    for name, about in type(model).model_fields.items():
        key, value = about.alias or name, getattr(model, name)
        if key in leave or value == about.get_default(call_default_factory=True):
            continue
        said.append(f"{key.replace('_', ' ')} {in_words(value)}")
    return ", ".join(said)


def in_words(value: Any) -> str:  # noqa: PLR0911 - a table
    """Return one setting as people read it."""
    match value:
        case Comparison() | All() | AnyOf() | Not():
            return _condition(value)
        case BaseModel():
            return f"({summary(value)})"
        case timedelta():
            return _length(value)
        case datetime():
            return value.isoformat(" ", "minutes")
        case time():
            return value.isoformat("minutes")
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key} {in_words(each)}" for key, each in value.items())
        case list() | tuple():
            return ", ".join(map(in_words, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _condition(condition: Condition) -> str:
    match condition:
        case Comparison(field=field, operator=operator, value=value):
            compared = "" if value is None else f" {in_words(value)}"
            return f"{field} {operator.replace('_', ' ')}{compared}"
        case All(all=parts):
            return " and ".join(map(_part, parts)) or "nothing"
        case AnyOf(any=parts):
            return " or ".join(map(_part, parts)) or "nothing"
        case Not(not_=part):
            return f"not {_part(part)}"


def _part(condition: Condition) -> str:
    said = _condition(condition)
    return f"({said})" if isinstance(condition, All | AnyOf) else said


def _length(duration: timedelta) -> str:
    """Return a duration as `7 days` or `1 day 12 hours`; one that leads back has a minus."""
    left, said = abs(duration), []
    for unit, length in _UNITS.items():
        count, left = divmod(left, length)
        if count:
            said.append(f"{count} {unit}{'s' * (count != 1)}")
    sign = "-" if duration < timedelta(0) else ""
    return sign + (" ".join(said) or "no time")
