"""Reading: facts as Liquid reads them, over lookups, with choices that print their label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from journeys.changes import RecordRef
from journeys.facts import Facts
from journeys.field import below
from journeys.table import Column, Table


@dataclass(frozen=True)
class _Source:
    """Where a rendering reads: the facts, the tables, and the tables of what is values."""

    facts: Facts
    tables: Mapping[str, Table]
    about: Mapping[str, str]

    def read(self, field: str, table: Table | None = None) -> Any:
        """Return what *field* holds; *table* is the one its values belong to, if it holds values."""
        value = self.facts.read(field)
        record = RecordRef.of(value)
        if record is not None:
            return Reading(self, field, self.tables.get(record.table), is_record=True)
        if isinstance(value, list) and any(map(RecordRef.of, value)):
            return [self.read(below(field, str(place))) for place in range(len(value))]
        if isinstance(value, Mapping):
            named = self.tables.get(self.about.get(field, ""), table)
            return Reading(self, field, named, is_record=False)
        return value


def readable(facts: Facts, tables: Mapping[str, Table], about: Mapping[str, str]) -> dict[str, Any]:
    """Return the roots of *facts* for a template; *about* names the tables of values, by their field.

    No record is looked up before the template reads from it.
    """
    source = _Source(facts, tables, about)
    # Liquid knows these two by itself, from this machine's clock: facts have their own present.
    roots = {"now": None} | {root: source.read(root) for root in facts.roots}
    return {"today": roots["now"]} | roots


class Reading(Mapping[str, Any]):
    """A record, or values such as a trigger's, of which each column is read when it is asked for."""

    def __init__(
        self, source: _Source, field: str, table: Table | None, *, is_record: bool
    ) -> None:
        self._source, self._field = source, field
        self._table, self._is_record = table, is_record

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, str):
            raise KeyError(name)
        # `trigger.before` has the columns of `trigger`.
        value = self._source.read(
            below(self._field, name), self._table if name == "before" else None
        )
        column = self._table.column(name) if self._table else None
        return value if column is None else labelled(column, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def _values(self) -> Mapping[str, Any]:
        """What can be gone through: values can, a record's columns cannot."""
        return {} if self._is_record else self._source.facts.read(self._field)

    def __str__(self) -> str:
        """A record prints its name, as people know it."""
        name = self._table.name_column if self._is_record and self._table else None
        return "" if name is None else str(self[name] or "")

    __hash__ = None  # type: ignore[assignment]  # mutable underneath: it is read anew each time


def labelled(column: Column, value: Any) -> Any:
    """Return *value* of *column*, made to print its label where it is a choice."""
    if column.type == "multi_choice" and isinstance(value, list):
        return [_labelled(column, each) for each in value]
    return _labelled(column, value) if column.type == "choice" else value


def _labelled(column: Column, value: Any) -> Any:
    label = column.label_of(value)
    if label is None:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return LabelledNumber(value, label)
    return LabelledValue(value, label)


class LabelledNumber(int):
    """A choice that compares and counts as its number, and prints its label."""

    label: str

    def __new__(cls, value: int, label: str) -> Self:
        number = super().__new__(cls, value)
        number.label = label
        return number

    def __str__(self) -> str:
        return self.label


class LabelledValue:
    """A choice that compares as its text or its yes or no, and prints its label."""

    def __init__(self, value: str | bool, label: str) -> None:
        self._value, self._label = value, label

    def __liquid__(self) -> str | bool:
        return self._value

    def __str__(self) -> str:
        return self._label

    def __eq__(self, other: object) -> bool:
        return self._value == (other.__liquid__() if isinstance(other, LabelledValue) else other)

    def __hash__(self) -> int:
        return hash(self._value)
