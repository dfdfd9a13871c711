"""Facts: what conditions and templates may read, and how a field is found."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from journeys.changes import RecordRef, Values
from journeys.field import steps_of


class Lookup(Protocol):
    """Answers what is known of records as they are now."""

    def __call__(self, record: RecordRef, /) -> Values | None:
        """Return a record's columns, or None where no such record is known."""

    def related(
        self, column: str, record: RecordRef, table: str | None = None
    ) -> Iterator[RecordRef]:
        """Yield the records, of *table* where it is given, whose *column* points to *record*, in order."""

    def having(self, table: str, values: Values) -> Iterator[RecordRef]:
        """Yield the records of *table* that have these very *values*, in the order of their ids."""


Read = Callable[[str], Any]
"""Answers a field's value; None where it is empty or missing."""


class Facts:
    """Named roots (`trigger`, `person`, …), and from them, over lookups, the related records as they are now.

    A root is a set of values, or a record that is looked up when it is read. *visits* is how often
    the participant has come to a tile: `tiles.<id>.visits`.
    """

    def __init__(
        self, roots: Mapping[str, Any], lookup: Lookup, visits: Mapping[str, int] | None = None
    ) -> None:
        self.roots = roots
        self.lookup = lookup
        self.visits = visits or {}

    def read(self, field: str) -> Any:
        """Return the value of *field* (`trigger.customerid.name`); None where a step leads nowhere."""
        here: Any = self.roots
        steps = steps_of(field)
        if len(steps) == 3 and (steps[0], steps[2]) == ("tiles", "visits"):  # noqa: PLR2004 - these
            return self.visits.get(steps[1], 0)
        for step in steps:
            record = here if isinstance(here, RecordRef) else RecordRef.of(here)
            if record is not None:
                here = self.lookup(record)
            here = _below(here, step)
        return _written(here)


def _below(here: Any, step: str) -> Any:
    match here:
        case Mapping():
            return here.get(step)
        case list() if step.isascii() and step.isdecimal() and len(step) < _DIGITS:
            return here[int(step)] if int(step) < len(here) else None
        case _:
            return None


def _written(value: Any) -> Any:
    """Return *value* with records as lookups, as columns have them."""
    match value:
        case RecordRef():
            return value.as_lookup()
        case [RecordRef(), *_]:
            return [each.as_lookup() for each in value]
        case _:
            return value


_DIGITS = 6
"""Of the place in a list: more, and it is no place."""
