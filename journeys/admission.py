"""Admission: what a happening starts, ends and moves on, one decision after another."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import ClassVar, Protocol

from journeys.changes import LONGEST_CHAIN, RecordChanged, RecordRef, TriggerFired, Values
from journeys.entering import NO_SUCH_PERSON, RESTARTED, Past, Refuse, Start, decide_entry
from journeys.equality import likeness
from journeys.facts import Facts, Lookup
from journeys.journey import Version
from journeys.routing import Routes
from journeys.telling import Standing, Told, tell, tell_of_conditions, tell_of_record
from journeys.trigger import DONE, RecordChangeTrigger
from journeys.watching import Read, roots


@dataclass(frozen=True)
class Tell:
    """An instance is told of something that concerns it."""

    instance: Standing
    told: Told


@dataclass(frozen=True)
class Nobody:
    """A trigger would fire, but the way to its audience leads to nobody."""

    trigger: RecordChangeTrigger
    changed: RecordChanged
    reason: ClassVar[str] = "no audience"

    @property
    def why(self) -> str:
        """The sentence that says whom it was looked for."""
        audience, record = self.trigger.audience, self.changed.record
        if audience.each is not None:
            return f"Expected people whose {audience.each} is {record}, but there are none."
        return f"Expected {audience.path} of {record} to lead to a person, but it leads to nobody."


@dataclass(frozen=True)
class Cut:
    """A trigger that concerns nobody, because too many journeys fired each other to get there."""

    fired: TriggerFired
    reason: ClassVar[str] = "chain too deep"
    seen: ClassVar[Values] = {}

    @property
    def why(self) -> str:
        """The sentence that says how deep it is."""
        return (
            f"Expected at most {LONGEST_CHAIN} journeys that fire each other, but there are more."
        )


Decision = Start | Refuse | Tell | Nobody | Cut


class Ledger(Protocol):
    """What decisions are taken on: the records, and who passed through which journey.

    Each decision is carried out before the next is asked for, and the ledger shows it.
    """

    @property
    def lookup(self) -> Lookup:
        """What is known of records as they are now."""

    def standing(
        self, person: RecordRef, binding: RecordRef | None, journeys: Collection[str]
    ) -> Iterable[Standing]:
        """Return the instances in *journeys* that are *person*'s or about *binding*."""

    def about(self, record: RecordRef, journeys: Collection[str]) -> Iterable[Standing]:
        """Return the instances in *journeys* whose person or record this is, or whose date it holds."""

    def alike(self, journey: str, field: str, likeness: str) -> Iterable[Standing]:
        """Return the instances in *journey* whose *field* reads like that (see `likenesses`)."""

    def past(self, journey: str, person: RecordRef) -> Past:
        """Return how *person* has passed through *journey* so far."""

    def entry_before(self, journey: str, count: int) -> datetime | None:
        """Return the moment of the *count*th last entry into *journey*, or None with fewer entries."""

    def entered_by(self, instance: Standing) -> Values:
        """Return the values that let *instance* in, the old ones below `before`."""


def fired_by(
    changed: RecordChanged, routes: Routes, ledger: Ledger
) -> Iterable[TriggerFired | Nobody]:
    """Return the triggers that *changed* fires, once for each person they happen to."""
    triggers = routes.fired_by(changed)
    return _fired(triggers, changed, routes, ledger) if triggers else ()


def _fired(
    triggers: Iterable[RecordChangeTrigger], changed: RecordChanged, routes: Routes, ledger: Ledger
) -> Iterator[TriggerFired | Nobody]:
    for trigger in triggers:
        reached = False
        for person in routes.people(trigger, changed, ledger.lookup):
            reached = True
            yield TriggerFired(
                event_id=changed.event_id,
                trigger=trigger.name,
                person=person,
                binding=changed.record,
                values=changed.after,
                before=changed.before,
                columns=changed.columns,
                occurred_at=changed.occurred_at,
                actor=changed.actor,
                depth=changed.depth,
                to_each=trigger.audience.each is not None,
            )
        if not reached:
            yield Nobody(trigger, changed)


def on_record(changed: RecordChanged, routes: Routes, ledger: Ledger) -> Iterable[Tell]:
    """Decide whom a record's change concerns beyond the triggers it fires."""
    journeys, read = routes.watching(changed), routes.watched.by(changed)
    if not (journeys or read):
        return ()  # as with most changes: it costs a look into the index, and no more
    return chain(
        _on_watched(changed, journeys, routes, ledger),
        _on_conditions(changed, read, routes, ledger),
    )


def _on_watched(
    changed: RecordChanged, journeys: Collection[str], routes: Routes, ledger: Ledger
) -> Iterator[Tell]:
    for instance in ledger.about(changed.record, journeys) if journeys else ():
        version = routes.versions[instance.journey, instance.version]
        told = tell_of_record(version, instance, changed)
        if told.concerns:
            yield Tell(instance, told)


def _on_conditions(
    changed: RecordChanged, read: Iterable[Read], routes: Routes, ledger: Ledger
) -> Iterator[Tell]:
    """Judge the conditions that *read* what *changed* changed, for each instance from which they do."""
    reached: defaultdict[tuple[str, int], set[RecordRef]] = defaultdict(set)
    for version, way, place in read:
        here = roots(way, place, changed, ledger.lookup)
        reached[version.journey.name, version.number] |= here
    what = f"{changed.record.table} {DONE[changed.operation]}"
    for (journey, number), records in reached.items():
        version, judged = routes.versions[journey, number], set[str]()
        for record in sorted(records):
            for instance in ledger.standing(record, record, {journey}):
                if instance.version != number or instance.id in judged:
                    continue
                judged.add(instance.id)
                facts = version.facts(
                    instance.person,
                    instance.binding,
                    ledger.entered_by(instance),
                    ledger.lookup,
                    now=changed.occurred_at,
                )
                told_id, at = f"{changed.event_id}/condition", changed.occurred_at
                told = tell_of_conditions(version, facts, told_id, what, at, instance)
                if told.concerns:
                    yield Tell(instance, told)


def _candidates(fired: TriggerFired, routes: Routes, ledger: Ledger) -> Iterable[Standing]:
    """Return the instances that *fired* may concern: its person's, its record's, and those it names.

    It names a record by a lookup or an id that a match compares (`event.caseid`): the instances
    that are about that record, or that person's, whoever the trigger happened to; and others by
    what a match compares with the trigger that let them in (`trigger.cart`).
    """
    journeys = routes.listening(fired.trigger)
    if not journeys:
        return ()
    if fired.to_each:  # it is the others' by a firing of their own
        return ledger.standing(fired.person, None, journeys)
    found = {each.id: each for each in ledger.standing(fired.person, fired.binding, journeys)}
    event = Facts({"event": fired.facts}, ledger.lookup)
    for field, table in sorted(routes.compared(fired.trigger)):
        value = event.read(field)
        named = RecordRef.of(value)
        if named is None and table and isinstance(value, str):
            named = RecordRef(table, value)
        if named is not None:
            found |= {each.id: each for each in ledger.standing(named, named, journeys)}
    for journey, field, own in sorted(routes.matched(fired.trigger)):
        if (reads := likeness(event.read(field))) is not None:
            found |= {each.id: each for each in ledger.alike(journey, own, reads)}
    return found.values()


def on_trigger(
    fired: TriggerFired, fired_id: str, routes: Routes, ledger: Ledger, now: datetime
) -> Iterator[Start | Refuse | Tell | Cut]:
    """Decide which instances *fired* concerns, then which journeys it lets its person into.

    In this order, since the trigger that starts an instance never counts for it again.
    *fired_id* names where its values are kept.
    """
    if fired.depth >= LONGEST_CHAIN:
        yield Cut(fired)
        return
    for instance in _candidates(fired, routes, ledger):
        version = routes.versions[instance.journey, instance.version]
        facts = version.facts(
            instance.person,
            instance.binding,
            ledger.entered_by(instance),
            ledger.lookup,
            event=fired,
            now=fired.occurred_at,
        )
        told = tell(version, instance, fired, fired_id, facts)
        if told.concerns:
            yield Tell(instance, told)
    yield from on_entry(fired, routes.entries(fired.trigger), ledger, now)


def on_entry(
    fired: TriggerFired, versions: Iterable[Version], ledger: Ledger, now: datetime
) -> Iterator[Start | Refuse | Tell]:
    """Decide which of *versions* its person enters by *fired*, and which instances leave for that."""
    for version in versions:
        if ledger.lookup(fired.person) is None:
            why = f"There is no {fired.person.table} with this id."
            yield Refuse(version, fired, NO_SUCH_PERSON, why)
            continue
        facts = version.facts(fired.person, fired.binding, fired.facts, ledger.lookup, now=now)
        past = ledger.past(version.journey.name, fired.person)
        decision = decide_entry(version, fired, facts, past, now)
        if isinstance(decision, Start):
            for earlier in decision.leaving:
                yield Tell(
                    earlier,
                    Told(id=f"{fired.event_id}/restart", at=now, what=RESTARTED, leave=RESTARTED),
                )
            limit = version.journey.entry.rate_limit
            if limit is not None:
                before = ledger.entry_before(version.journey.name, limit.count)
                decision = replace(decision, at=limit.next_entry(before, now))
            told_id = f"{fired.event_id}/entry"
            told = tell_of_conditions(version, facts, told_id, fired.trigger, now)
            if told.goal or told.leave:
                decision = replace(decision, told=told)
        yield decision
