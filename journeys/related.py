"""Related records: those that point to one another record, chosen, put in order and counted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from journeys.changes import RecordRef
from journeys.condition import Condition, judge
from journeys.equality import folded, is_empty
from journeys.facts import Facts
from journeys.field import below
from journeys.moments import Calendar, day_or_moment
from journeys.operators import number
from journeys.problem import quoted
from journeys.trigger import pointing

_NAME = r"^[a-z][a-z0-9_]{0,62}$"


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise ValueError(
            "Expected a name of lower-case letters, digits and _ such as open_cases, "
            f"but it is {quoted(text)}."
        )
    return text


def _each(text: str) -> str:
    pointing(text)
    return text


RelatedName = Annotated[
    str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": _NAME})
]


class Related(BaseModel):
    """*Each* record of a table whose lookup points to a record (`incident.customerid`), by default the person.

    *of* is the field of the record they point to, *where* a condition on `each.…`, *sort* the
    column that puts them in order, with `-` before it the greatest first. What is empty comes last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    each: Annotated[str, AfterValidator(_each)]
    of: str = Field(default="person", min_length=1)
    where: Condition | None = None
    sort: str | None = Field(default=None, min_length=1)

    @property
    def sorted_by(self) -> str | None:
        """The field by which they are put in order, as `each.…`."""
        return None if self.sort is None else below("each", self.sort.removeprefix("-"))


class RelatedRecords(Mapping[str, Any]):
    """What is read below `related.`: nothing is looked for before it is read, and then once."""

    def __init__(self, defined: Mapping[str, Related], facts: Facts, calendar: Calendar) -> None:
        self._found = {name: _Several(each, facts, calendar) for name, each in defined.items()}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@dataclass(eq=False)
class _Several(Mapping[str, Any]):
    """The records of one name: the `first` of them, their `count`, and `all` in order."""

    related: Related
    facts: Facts
    calendar: Calendar

    def __getitem__(self, name: str) -> Any:
        match name:
            case "first":
                return self._all[0] if self._all else None
            case "count":
                return len(self._all)
            case "all":
                return self._all
            case _:
                raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(("first", "count", "all"))

    def __len__(self) -> int:
        return 3

    @cached_property
    def _all(self) -> list[RecordRef]:
        target = RecordRef.of(self.facts.read(self.related.of))
        if target is None:
            return []
        table, column = pointing(self.related.each)
        pointing_there = self.facts.lookup.related(column, target, table)
        return self._in_order([each for each in pointing_there if self._chosen(each)])

    def _chosen(self, each: RecordRef) -> bool:
        if self.related.where is None:
            return True
        read = Facts({"each": each}, self.facts.lookup).read
        return judge(self.related.where, read, self.calendar.now, self.calendar.zone).holds

    def _in_order(self, found: list[RecordRef]) -> list[RecordRef]:
        field = self.related.sorted_by
        if field is None:
            return found
        read = {each: Facts({"each": each}, self.facts.lookup).read(field) for each in found}
        filled = [each for each in found if not is_empty(read[each])]
        filled.sort(
            key=lambda each: self._rank(read[each]), reverse=str(self.related.sort).startswith("-")
        )
        return filled + [each for each in found if is_empty(read[each])]

    def _rank(self, value: Any) -> tuple[str, Any]:
        """Return what *value* is put in order by: numbers, moments and texts each among themselves."""
        if (figure := number(value)) is not None:
            return "number", figure
        point = day_or_moment(value)
        if point is not None:
            return "point", self.calendar.moment(point)
        return "text", folded(value if isinstance(value, str) else str(value))
