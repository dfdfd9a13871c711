"""Routing: from a happening to the triggers and journeys it may concern, by index."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from journeys.catalogue import Catalogue
from journeys.changes import Operation, RecordChanged, RecordRef
from journeys.facts import Lookup
from journeys.field import steps_of
from journeys.journey import Version
from journeys.listening import pairs_of
from journeys.table import Table
from journeys.telling import listenings
from journeys.trigger import DONE, RecordChangeTrigger, Trigger, pointing
from journeys.watching import Watched

_Happening = tuple[str, str]
"""The table of a record, and what was done to it."""


class Routes:
    """The index from happenings to what they may concern; its cost does not grow with the rest.

    *entered* are the versions that take people in, by journey, *published* all in which people may stand;
    *watched* are the columns that conditions of theirs read.
    """

    def __init__(
        self, catalogue: Catalogue, *, entered: Iterable[Version], published: Iterable[Version]
    ) -> None:
        self.catalogue = catalogue
        self.entered = {version.journey.name: version for version in entered}
        published = list(published)
        self.watched = Watched(catalogue, published)
        self.versions = {(each.journey.name, each.number): each for each in published}
        self._triggers: dict[_Happening, dict[str | None, list[RecordChangeTrigger]]] = {}
        for name in catalogue.ready:
            self._add(catalogue.triggers[name])
        self._entries: dict[str, list[Version]] = defaultdict(list)
        for version in self.entered.values():
            self._entries[version.journey.entry.trigger].append(version)
        self._listening: dict[str, set[str]] = defaultdict(set)
        self._compared: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._matched: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        self._watching: dict[str, set[str]] = defaultdict(set)
        for (name, _), version in self.versions.items():
            for trigger_name in {each.trigger for _, each in listenings(version) if each.trigger}:
                self._listening[trigger_name].add(name)
            for _, each in listenings(version):
                if each.trigger and isinstance(each.match, dict):
                    self._compared[each.trigger] |= set(self._named_records(version, each.match))
                    pairs = pairs_of(each.match)
                    self._matched[each.trigger] |= {(name, *pair) for pair in pairs}
            for column in _columns_watched(version):
                self._watching[column].add(name)
        self._heard = {table.name for table in catalogue.tables.values() if self._is_heard(table)}

    def with_(self, version: Version) -> "Routes":
        """Return the index once people enter *version* of its journey, and no other."""
        entered = {**self.entered, version.journey.name: version}.values()
        published = (*self.versions.values(), version)
        return Routes(self.catalogue, entered=entered, published=published)

    def without(self, journey: str, *, stopped: bool = False) -> "Routes":
        """Return the index once nobody enters *journey* any more; where it *stopped*, nothing of it is left."""
        entered = [each for name, each in self.entered.items() if name != journey]
        published = [
            each for (name, _), each in self.versions.items() if not stopped or name != journey
        ]
        return Routes(self.catalogue, entered=entered, published=published)

    def _add(self, trigger: Trigger) -> None:
        if not isinstance(trigger, RecordChangeTrigger):
            return
        for operation in trigger.operations:
            by_column = self._triggers.setdefault((trigger.table, operation), {})
            watched: Iterable[str | None] = trigger.columns if operation == DONE["update"] else ()
            for column in set(watched) or (None,):
                by_column.setdefault(column, []).append(trigger)

    def _is_heard(self, table: Table) -> bool:
        return (
            any(name == table.name for name, _ in self._triggers)
            or any(table.column(name) is not None for name in self._watching)
            or self.watched.reads(table.name)
        )

    def hear_of(self, table: str, operation: Operation) -> bool:
        """Say whether anything at all listens to that *operation* on records of *table*.

        Most tables are only mirrored, so this is asked before a change is looked at further.
        """
        return table in self._heard or (operation == "delete" and bool(self.versions))

    def fired_by(self, changed: RecordChanged) -> list[RecordChangeTrigger]:
        """Return the ready triggers that *changed* fires."""
        by_column = self._triggers.get((changed.record.table, DONE[changed.operation]))
        if by_column is None:
            return []
        found = {
            trigger.name: trigger
            for column in (None, *changed.columns)
            for trigger in by_column.get(column, ())
            if trigger.fires_on(changed)
        }
        return [found[name] for name in sorted(found)]

    def concerns_records_of(self, table: str, operation: Operation) -> bool:
        """Say whether any ready trigger names *operation* on *table*."""
        return (table, DONE[operation]) in self._triggers

    def entries(self, trigger: str) -> list[Version]:
        """Return the versions that *trigger* lets people into."""
        return self._entries.get(trigger, [])

    def listening(self, trigger: str) -> set[str]:
        """Return the journeys in which people may stand whom *trigger* concerns."""
        return self._listening.get(trigger, set())

    def compared(self, trigger: str) -> set[tuple[str, str]]:
        """Return the fields of *trigger*, as `event.…`, by which matches name the record of an instance.

        Each with the table whose record it is where the field holds a bare id.
        """
        return self._compared.get(trigger, set())

    def matched(self, trigger: str) -> set[tuple[str, str, str]]:
        """Return by which fields matches find instances that *trigger* may concern, whoever's.

        Each is the journey, the field of the trigger (`event.…`), and that of what let the
        instance in (`trigger.…`).
        """
        return self._matched.get(trigger, set())

    def _named_records(
        self, version: Version, match: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        trigger = self.catalogue.triggers.get(version.journey.entry.trigger)
        table = trigger.table if isinstance(trigger, RecordChangeTrigger) else ""
        for side in (side for pair in match.items() for side in pair):
            if side.startswith("event."):
                yield side, table

    def watching(self, changed: RecordChanged) -> set[str]:
        """Return the journeys in which a date that *changed* moved, or its deletion, may concern people."""
        if changed.operation == "delete":
            return {name for name, _ in self.versions}
        watched = changed.columns & self._watching.keys()
        return set().union(*(self._watching[column] for column in watched))

    @cached_property
    def audiences(self) -> frozenset[str]:
        """The tables whose records are people."""
        return frozenset(name for name, table in self.catalogue.tables.items() if table.audience)

    def people(
        self, trigger: RecordChangeTrigger, changed: RecordChanged, lookup: Lookup
    ) -> Iterator[RecordRef]:
        """Yield the people that *changed* happens to, by the trigger's audience."""
        if trigger.audience.each is not None:
            table, column = pointing(trigger.audience.each)
            if table in self.audiences:
                yield from lookup.related(column, changed.record, table)
        elif (person := self._person(trigger, changed, lookup)) is not None:
            yield person

    def _person(
        self, trigger: RecordChangeTrigger, changed: RecordChanged, lookup: Lookup
    ) -> RecordRef | None:
        here, values = changed.record, changed.after
        for column in trigger.audience.columns:
            table = self.catalogue.tables.get(here.table)
            if table is None or table.column(column) is None:
                break  # a polymorphic lookup that reached the person early, or a table without this path
            target = RecordRef.of(values.get(column))
            if target is None:
                return None
            here, values = target, lookup(target) or {}
        return here if here.table in self.audiences else None


def _columns_watched(version: Version) -> set[str]:
    watched = (field for tile in version.journey.tiles for field in tile.watches)
    return {steps_of(field)[-1] for field in watched}
