"""Routing: which journeys a happening starts, and which instances it moves on or ends."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from journeys.catalogue import Catalogue
from journeys.changes import Operation, RecordChanged, RecordRef, TriggerFired, Values
from journeys.condition import judge
from journeys.facts import Facts, Lookup, Read
from journeys.journey import Version
from journeys.listening import Listening, concerns
from journeys.trigger import DONE, RecordChangeTrigger

RECORD_DELETED = "record deleted"
RESTARTED = "restarted"


class Told(BaseModel):
    """Something that concerns one instance, and how: it is the goal, a reason to leave, what a tile waits for.

    *fulfils* names tiles with the listening that was met (`answered/0`), *replan* tiles whose date
    has changed. *fired* is the fired trigger whose values may be read later.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    at: datetime
    what: str
    fired: str | None = None
    goal: bool = False
    leave: str | None = None
    fulfils: tuple[str, ...] = ()
    replan: tuple[str, ...] = ()

    @property
    def concerns(self) -> bool:
        return bool(self.goal or self.leave or self.fulfils or self.replan)


@dataclass(frozen=True)
class Standing:
    """An instance as routing sees it: whose it is, what it is about, and the trigger that let it in."""

    id: str
    journey: str
    version: int
    person: RecordRef
    binding: RecordRef | None
    fired_id: str
    active: bool = True


@dataclass(frozen=True)
class Past:
    """How a person has passed through a journey so far."""

    entries: int = 0
    last_entered_at: datetime | None = None
    inside: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class Start:
    """A person enters: *seen* are the values that let them in; *leaving* the earlier instances that exit."""

    version: Version
    fired: TriggerFired
    seen: Values = field(default_factory=dict)
    leaving: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class Refuse:
    """A person does not enter, and why."""

    version: Version
    fired: TriggerFired
    reason: str
    why: str
    seen: Values = field(default_factory=dict)


class Routes:
    """The index from happenings to what they may concern; its cost does not grow with the rest.

    *entered* are the versions that take people in, *published* all in which people may stand.
    """

    def __init__(
        self, catalogue: Catalogue, *, entered: Iterable[Version], published: Iterable[Version]
    ) -> None:
        self.catalogue = catalogue
        self.versions = {(each.journey.name, each.number): each for each in published}
        self._triggers: dict[tuple[str, str], list[RecordChangeTrigger]] = defaultdict(list)
        for name in sorted(catalogue.ready):
            trigger = catalogue.triggers[name]
            if isinstance(trigger, RecordChangeTrigger):
                for operation in trigger.operations:
                    self._triggers[trigger.table, operation].append(trigger)
        self._entries: dict[str, list[Version]] = defaultdict(list)
        for version in entered:
            self._entries[version.journey.entry.trigger].append(version)
        self._listening: dict[str, set[str]] = defaultdict(set)
        self._watching: dict[str, set[str]] = defaultdict(set)
        for (name, _), version in self.versions.items():
            for trigger_name in triggers_listened_for(version):
                self._listening[trigger_name].add(name)
            for column in _columns_watched(version):
                self._watching[column].add(name)

    def fired_by(self, changed: RecordChanged) -> list[RecordChangeTrigger]:
        """Return the ready triggers that *changed* fires."""
        candidates = self._triggers.get((changed.record.table, DONE[changed.operation]), ())
        return [trigger for trigger in candidates if trigger.fires_on(changed)]

    def concerns_records_of(self, table: str, operation: Operation) -> bool:
        """Say whether any ready trigger names *operation* on *table*."""
        return (table, DONE[operation]) in self._triggers

    def entries(self, trigger: str) -> list[Version]:
        """Return the versions that *trigger* lets people into."""
        return self._entries.get(trigger, [])

    def listening(self, trigger: str) -> set[str]:
        """Return the journeys in which people may stand whom *trigger* concerns."""
        return self._listening.get(trigger, set())

    def watching(self, changed: RecordChanged) -> set[str]:
        """Return the journeys in which a date that *changed* moved, or its deletion, may concern people."""
        if changed.operation == "delete":
            return {name for name, _ in self.versions}
        return set().union(*(self._watching.get(column, set()) for column in changed.columns))

    @cached_property
    def audiences(self) -> frozenset[str]:
        """The tables whose records are people."""
        return frozenset(name for name, table in self.catalogue.tables.items() if table.audience)

    def person(
        self, trigger: RecordChangeTrigger, changed: RecordChanged, lookup: Lookup
    ) -> RecordRef | None:
        """Return the person that *changed* happens to, by the trigger's audience path; None = nobody."""
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


def triggers_listened_for(version: Version) -> set[str]:
    """Return the names of the triggers that people in *version* wait for, leave on, or have as a goal."""
    return {listening.trigger for _, listening in _listenings(version)}


def _listenings(version: Version) -> Iterable[tuple[str, Listening]]:
    journey = version.journey
    if journey.goal is not None:
        yield "goal", journey.goal
    for leaving in journey.exits:
        yield "exit", leaving
    for tile in journey.tiles:
        for index, listening in enumerate(tile.listenings):
            yield f"{tile.id}/{index}", listening


def _columns_watched(version: Version) -> set[str]:
    return {
        watched.split(".")[1]
        for tile in version.journey.tiles
        for watched in tile.watches
        if watched.split(".")[0] in ("record", "person")
    }


def decide_entry(
    version: Version, fired: TriggerFired, facts: Facts, past: Past, now: datetime
) -> Start | Refuse:
    """Decide whether *fired* lets its person into *version*."""
    entry, zone = version.journey.entry, version.journey.zone

    def refuse(reason: str, why: str, seen: Values | None = None) -> Refuse:
        return Refuse(version, fired, reason, why, seen or {})

    if entry.starts_at is not None and now < entry.starts_at:
        return refuse("outside the window", f"Entries start at {entry.starts_at.isoformat()}.")
    if entry.ends_at is not None and now >= entry.ends_at:
        return refuse("outside the window", f"Entries ended at {entry.ends_at.isoformat()}.")
    seen: dict[str, Any] = {}
    if entry.filter is not None:
        judgement = judge(entry.filter, facts.read, now, zone)
        seen |= judgement.seen
        if not judgement.holds:
            return refuse("unmet filter", judgement.why or "The filter does not hold.", seen)
    if entry.exclude is not None:
        judgement = judge(entry.exclude, facts.read, now, zone)
        seen |= judgement.seen
        if judgement.holds:
            return refuse("excluded", "The exclusion holds for this person.", seen)
    if past.entries and entry.repeat.policy == "never":
        return refuse("repeat blocked", "They entered before, and may enter once.", seen)
    if past.last_entered_at is not None and entry.repeat.duration is not None:
        again = past.last_entered_at + entry.repeat.duration
        if now < again:
            return refuse("repeat blocked", f"They may enter again at {again.isoformat()}.", seen)
    if past.inside and entry.while_inside == "skip":
        return refuse("repeat blocked", "An earlier instance of theirs is still inside.", seen)
    if any(each.binding == fired.binding for each in past.inside) and _one_per_binding(
        version, fired
    ):
        return refuse("repeat blocked", f"They are inside already for {fired.binding}.", seen)
    leaving = past.inside if entry.while_inside == "restart" else ()
    return Start(version, fired, seen, leaving)


def _one_per_binding(version: Version, fired: TriggerFired) -> bool:
    return version.journey.entry.while_inside == "allow" and fired.binding is not None


def tell(
    version: Version, standing: Standing, fired: TriggerFired, fired_id: str, facts: Facts
) -> Told:
    """Say how *fired* concerns *standing*: judged once, on the records as this change left them."""
    goal, leave, fulfils = False, None, []
    for part, listening in _listenings(version):
        if not _met(listening, version, standing, fired, facts.read):
            continue
        if part == "goal":
            goal = True
        elif part == "exit":
            leave = leave or getattr(listening, "reason", None) or listening.trigger
        else:
            fulfils.append(part)
    if goal and version.journey.goal is not None and version.journey.goal.ends:
        leave = leave or "goal"
    if not standing.active:  # it has ended: only the goal still counts
        leave, fulfils = None, []
    return Told(
        id=f"{fired.event_id}/{fired.trigger}",
        at=fired.occurred_at,
        what=fired.trigger,
        fired=fired_id,
        goal=goal,
        leave=leave,
        fulfils=tuple(fulfils),
    )


def _met(
    listening: Listening, version: Version, standing: Standing, fired: TriggerFired, read: Read
) -> bool:
    if listening.trigger != fired.trigger:
        return False
    if not concerns(listening.match, fired, standing.person, standing.binding, read):
        return False
    if listening.filter is None:
        return True
    return judge(listening.filter, read, fired.occurred_at, version.journey.zone).holds


def tell_of_record(version: Version, standing: Standing, changed: RecordChanged) -> Told:
    """Say how a change of the record or the person of *standing* concerns it beyond any trigger.

    A date that a tile waits for may have moved; the record or the person may be gone.
    """
    leave, replan = None, []
    if changed.operation == "delete":
        gone = standing.person == changed.record or standing.binding == changed.record
        leave = RECORD_DELETED if gone and version.journey.if_record_deleted == "exit" else None
    else:
        roots = {"record": standing.binding, "person": standing.person}
        for tile in version.journey.tiles:
            for watched in tile.watches:
                root, column = watched.split(".")[:2]
                if roots.get(root) == changed.record and column in changed.columns:
                    replan.append(tile.id)
    return Told(
        id=f"{changed.event_id}/record",
        at=changed.occurred_at,
        what=f"{changed.record.table} {DONE[changed.operation]}",
        leave=leave if standing.active else None,
        replan=tuple(replan) if standing.active else (),
    )
