"""Conditions: what must hold of a trigger, a record or a person, and whether it does."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from journeys.facts import Read
from journeys.field import field_of, steps_of
from journeys.moments import Calendar
from journeys.operators import MEANINGS, Operator, Seen
from journeys.problem import quoted


class Comparison(BaseModel):
    """A field, an operator and a value: `trigger.statuscode changed_to 5`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(min_length=1)
    operator: Operator
    value: Any = None


class All(BaseModel):
    """Holds when every condition in it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: tuple["Condition", ...]


class AnyOf(BaseModel):
    """Holds when at least one condition in it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any: tuple["Condition", ...]


class Not(BaseModel):
    """Holds when the condition in it does not."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    not_: "Condition" = Field(alias="not")


def _shape(value: Any) -> str:
    """Return which shape of condition *value* is, drawn or read, by the one key that tells."""
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
    return next(
        (f"<{key}>" for key, name in _KEYS.items() if key in keys or name in keys), "<comparison>"
    )


_KEYS = {"all": "all", "any": "any", "not": "not_"}
Condition = Annotated[
    Annotated[Comparison, Tag("<comparison>")]
    | Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[Not, Tag("<not>")],
    Discriminator(_shape),
]
OPERATORS: tuple[Operator, ...] = get_args(Operator)


@dataclass(frozen=True)
class Judgement:
    """Whether a condition holds, the values it was judged on, and what failed first where it does not."""

    holds: bool
    seen: Mapping[str, Any]
    _why: Callable[[], str]

    @property
    def why(self) -> str | None:
        """The first comparison that failed, put into words only for whoever asks."""
        return None if self.holds else self._why()


def fields(condition: Condition) -> frozenset[str]:
    """Return every field that judging *condition* reads, with the values before where it compares.

    `now` is none of them: the moment is given.
    """
    named: set[str] = set()
    for comparison in comparisons(condition):
        named.add(comparison.field)
        if MEANINGS[comparison.operator].compares:
            named.add(before(comparison.field))
    return frozenset(named - {"now"})


def before(field: str) -> str:
    """Return the field with the value before the change: `trigger.before.x` for `trigger.x`."""
    root, *steps = steps_of(field)
    return field_of((root, "before", *steps))


def judge(condition: Condition, read: Read, now: datetime, zone: ZoneInfo) -> Judgement:
    """Judge *condition* on what *read* answers, at the moment *now*; days are days in *zone*.

    A comparison whose attribute is missing is false and its negation true.
    """
    seen = {field: read(field) for field in sorted(fields(condition))}
    judging = _Judging(seen, Calendar(now, zone))
    holds = judging.holds(condition)
    return Judgement(holds, seen, lambda: judging.why(condition, wanted=True))


@dataclass(frozen=True)
class _Judging:
    seen: Mapping[str, Any]
    calendar: Calendar

    def value(self, field: str) -> Any:
        return self.calendar.now.isoformat() if field == "now" else self.seen.get(field)

    def holds(self, condition: Condition) -> bool:
        match condition:
            case Comparison(field=field, operator=operator, value=value):
                meaning = MEANINGS[operator]
                old = self.seen.get(before(field)) if meaning.compares else None
                return meaning.holds(Seen(self.value(field), old, self.calendar), value)
            case All(all=parts):
                return all(self.holds(part) for part in parts)
            case AnyOf(any=parts):
                return any(self.holds(part) for part in parts)
            case Not(not_=part):
                return not self.holds(part)

    def why(self, condition: Condition, *, wanted: bool) -> str:
        """Say the first comparison in *condition* because of which it does not come out as *wanted*."""
        match condition:
            case Comparison():
                return self._sentence(condition, wanted=wanted)
            case All(all=parts) | AnyOf(any=parts):
                guilty = (part for part in parts if self.holds(part) != wanted)
                first = next(guilty, None)
                return self.why(first, wanted=wanted) if first else _nothing_in(condition)
            case Not(not_=part):
                return self.why(part, wanted=not wanted)

    def _sentence(self, comparison: Comparison, *, wanted: bool) -> str:
        meaning = MEANINGS[comparison.operator]
        phrase = meaning.phrase if wanted else _negated(meaning.phrase)
        if meaning.takes != "nothing":
            phrase = f"{phrase} {_said(comparison.value)}"
        is_now = f"it is {_said(self.value(comparison.field))}"
        if meaning.compares:
            is_now = f"it was {_said(self.seen.get(before(comparison.field)))} and is {is_now[6:]}"
        return f"Expected {comparison.field} {phrase}, but {is_now}."


def _negated(phrase: str) -> str:
    return phrase.removeprefix("not ") if phrase.startswith("not ") else f"not {phrase}"


def _said(value: Any) -> str:
    """Write *value* as a sentence quotes it."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case {"table": table, "id": record_id}:
            return f"{table}/{record_id}"
        case list() | tuple():
            return quoted(list(value))[1:-1] or "empty"
        case "":
            return "empty"
        case _:
            return quoted(value)


def _nothing_in(condition: All | AnyOf) -> str:
    return f"Expected conditions in {_shape(condition).strip('<>')}, but there is none."


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Yield every comparison in *condition*, in reading order."""
    match condition:
        case Comparison():
            yield condition
        case All(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from comparisons(part)
        case Not(not_=part):
            yield from comparisons(part)
