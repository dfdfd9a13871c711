"""Watching: which instances a condition on records may hold for anew when a record changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from journeys.catalogue import Catalogue
from journeys.changes import RecordChanged, RecordRef, Values
from journeys.condition import Condition, fields
from journeys.facts import Lookup
from journeys.field import steps_of
from journeys.journey import Journey, Version
from journeys.readiness import audience_tables, pointed_to
from journeys.related import Related
from journeys.telling import listenings
from journeys.trigger import RecordChangeTrigger, pointing

_GONE = "(gone)"
"""In the place of a column: the record is deleted, so all of them are."""


@dataclass(frozen=True)
class Back:
    """A step from a record to each record of *table* whose *column* points to it."""

    table: str
    column: str


@dataclass(frozen=True)
class Way:
    """How a condition comes to a value: from the instance's *root* (`record`, `person`) over *steps* to *column*.

    A step is a lookup, or leads back over one. Without a column, only what is there counts.
    """

    root: str
    steps: tuple[str | Back, ...]
    column: str | None

    def next(self, place: int) -> str | None:
        """Return the column that is read of the record at *place*; 0 is the root."""
        step = (*self.steps, self.column)[place]
        return step if isinstance(step, str) else None

    def came_by(self, place: int) -> Back | None:
        """Return the step back by which the record at *place* is found, if it is one."""
        step = self.steps[place - 1] if place else None
        return step if isinstance(step, Back) else None


def ways(condition: Condition, related: Mapping[str, Related]) -> Iterator[Way]:
    """Yield the ways on which *condition* comes to the records it reads.

    What the entry's trigger brought stays as it was; publishing rules out to read beyond it.
    """
    for field in sorted(fields(condition)):
        root, *steps = steps_of(field)
        if root in ("record", "person") and steps:
            yield Way(root, tuple(steps[:-1]), steps[-1])
        elif root == "related" and steps and steps[0] in related:
            yield from _ways_to(related[steps[0]], steps[1:])


def _ways_to(related: Related, beyond: Sequence[str]) -> Iterator[Way]:
    root, *of = steps_of(related.of)
    if root not in ("record", "person"):
        return
    there: tuple[str | Back, ...] = (*of, Back(*pointing(related.each)))
    yield Way(root, there, None)
    read = set() if related.where is None else set(fields(related.where))
    if related.sorted_by is not None:
        read.add(related.sorted_by)
    for field in sorted(read):
        _, *steps, column = steps_of(field)
        yield Way(root, (*there, *steps), column)
    if len(beyond) > 1 and beyond[0] == "first":
        yield Way(root, (*there, *beyond[1:-1]), beyond[-1])


def roots(way: Way, place: int, changed: RecordChanged, lookup: Lookup) -> set[RecordRef]:
    """Return the roots from which *way* comes, or came, to the changed record at *place*."""
    here = {changed.record}
    for step in reversed(way.steps[:place]):
        if isinstance(step, Back):
            here = {
                target
                for record in here
                for values in _values(record, changed, lookup)
                if (target := RecordRef.of(values.get(step.column))) is not None
            }
        else:
            here = {pointing for record in here for pointing in lookup.related(step, record)}
    return here


def _values(record: RecordRef, changed: RecordChanged, lookup: Lookup) -> Iterator[Values]:
    if record == changed.record:
        yield changed.before
        yield changed.after
    else:
        yield lookup(record) or {}


Read = tuple[Version, Way, int]
"""A version, the way on which a condition of it comes to a value, and a place on that way."""


class Watched:
    """The index from the columns of tables to the conditions that read them, and on which way."""

    def __init__(self, catalogue: Catalogue, published: Iterable[Version]) -> None:
        self._by_table: defaultdict[str | None, dict[str, list[Read]]] = defaultdict(dict)
        for version in published:
            related = version.journey.related
            conditions = [
                listening.condition for _, listening in listenings(version) if listening.condition
            ]
            for way in {way for each in conditions for way in ways(each, related)}:
                for place, tables in enumerate(_tables_along(way, version.journey, catalogue)):
                    self._add(version, way, place, tables)

    def _add(self, version: Version, way: Way, place: int, tables: Sequence[str | None]) -> None:
        back = way.came_by(place)
        columns = {way.next(place), None if back is None else back.column} - {None}
        for table in tables:
            for column in (*columns, _GONE):
                by_column = self._by_table[table]
                by_column.setdefault(str(column), []).append((version, way, place))

    def reads(self, table: str) -> bool:
        """Say whether any condition may read a record of *table*."""
        return table in self._by_table or None in self._by_table

    def by(self, changed: RecordChanged) -> list[Read]:
        """Return the versions whose conditions may read what *changed* changed, with the way and the place."""
        columns = {_GONE} if changed.operation == "delete" else changed.columns
        return [
            read
            for table in (changed.record.table, None)
            if (by_column := self._by_table.get(table))
            for column in sorted(columns & by_column.keys())
            for read in by_column[column]
        ]


def _tables_along(
    way: Way, journey: Journey, catalogue: Catalogue
) -> Iterator[Sequence[str | None]]:
    """Yield the tables that the record at each place of *way* may be of; None = any."""
    here = _root_tables(way.root, journey, catalogue)
    yield here
    for step in way.steps:
        if isinstance(step, Back):
            here = (step.table,)
        else:
            known = [catalogue.tables[name] for name in here if name and name in catalogue.tables]
            lookups = [each for table in known if (each := table.column(step)) is not None]
            here = tuple(table.name for table in pointed_to(lookups, catalogue.tables)) or (None,)
        yield here


def _root_tables(root: str, journey: Journey, catalogue: Catalogue) -> Sequence[str | None]:
    trigger = catalogue.triggers.get(journey.entry.trigger)
    people = tuple(table.name for table in catalogue.tables.values() if table.audience)
    if not isinstance(trigger, RecordChangeTrigger):
        return people if root == "person" else (None,)
    if root == "record":
        return (trigger.table,)
    try:
        return tuple(table.name for table in audience_tables(trigger, catalogue.tables))
    except ValueError:  # a table was changed since: anybody may be one of its people
        return people
