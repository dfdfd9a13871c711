"""Simulation: the same tiles, routing and admission on a virtual clock, touching nobody."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Any

from journeys.admission import Cut, Nobody, Tell, fired_by, on_record, on_trigger
from journeys.changes import (
    RecordChange,
    RecordChanged,
    RecordRef,
    SentTrigger,
    TriggerFired,
    Values,
)
from journeys.entering import Past, Refuse, Start
from journeys.facts import Facts, Lookup
from journeys.happening import Happening, Interact, Planned
from journeys.instances import Instance, Instances
from journeys.journey import Version
from journeys.known import Known
from journeys.limits import Limits, TooMuch
from journeys.mirror import taken_in
from journeys.operating import Operating
from journeys.problem import Problems
from journeys.routing import Routes
from journeys.telling import Standing, likenesses
from journeys.trigger import CustomTrigger
from journeys.virtual_acting import Reply, always_fine, wrong_choices
from journeys.virtual_parting import Partings
from journeys.virtual_visit import VirtualVisit, enter_and_walk
from journeys.visit import Outcome

Post = Callable[[Version, str, str, RecordRef, Facts], Outcome]
"""What becomes of a message: the version, the channel, the template, the person, what may be read."""


def always_sent(
    version: Version, channel: str, template: str, person: RecordRef, facts: Facts
) -> Outcome:
    """Say that the message was sent."""
    return Outcome(status="sent", message=template)


class Simulation:
    """A world of records, triggers and live journeys whose clock goes only as far as it is told.

    *records* are what the mirror knows at the start; others are looked for *elsewhere*. What
    happens is told by `happens`; `run` lets the clock go on. It is the ledger that its own
    decisions are taken on. *stopped* says why it went no further, where it reached a limit;
    *happened* is what happened, in order, *unmet* are interactions with what nobody had got.
    *choices* are the ways to take from tiles that would leave them to chance, by the tile's id;
    raises `Problems` where one is none. *reply* says what endpoints answer: none is called.
    """

    def __init__(
        self,
        routes: Routes,
        now: datetime,
        records: Mapping[RecordRef, Values] | None = None,
        post: Post = always_sent,
        *,
        elsewhere: Lookup | None = None,
        choices: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        reply: Reply = always_fine,
    ) -> None:
        self.routes = routes
        self.now = self.begun_at = now
        self.choices = choices or {}
        self.refused: list[Refuse | Nobody | Cut] = []
        self.happened: list[RecordChanged | TriggerFired] = []
        self.stopped: str | None = None
        self.unmet: list[tuple[Interact, datetime]] = []
        self.partings = Partings()
        self.reply = reply
        self._post = post
        self._limits = limits or Limits()
        self._visits = 0
        self._instances = Instances()
        self.lookup = Known(
            {ref: self._kept(ref, values) for ref, values in (records or {}).items()}, elsewhere
        )
        self._fired: dict[str, TriggerFired] = {}
        self._seen: set[tuple[str, str]] = set()
        self._deleted: set[RecordRef] = set()
        self._operating = Operating(self._instances)
        self._happenings: list[Planned] = []
        self._numbers = count(1)
        if wrong := tuple(
            wrong_choices(self.choices, (each.journey.tiles for each in routes.versions.values()))
        ):
            raise Problems(wrong)

    @property
    def instances(self) -> list[Instance]:
        """Everybody who entered, in order."""
        return self._instances.in_order

    def happens(self, what: Happening, at: datetime) -> None:
        """Let *what* happen at the moment *at*."""
        heappush(self._happenings, Planned(at, next(self._numbers), what))

    def run(self, until: datetime | None = None) -> None:
        """Let the clock go on to *until*, or until nothing more is going to happen."""
        try:
            while (at := self._next_moment()) is not None and (until is None or at <= until):
                self.now = max(self.now, at)
                while self._happenings and self._happenings[0].at <= self.now:
                    self._let_happen(heappop(self._happenings).what)
                for instance in self._instances.due(self.now):
                    self._step(instance)
        except TooMuch as stopped:
            self.stopped = str(stopped)
        if until is not None and self.stopped is None:
            self.now = max(self.now, until)

    def standing(
        self, person: RecordRef, binding: RecordRef | None, journeys: Collection[str]
    ) -> Iterable[Standing]:
        return map(_standing, self._instances.whom(person, binding, journeys, self.now))

    def alike(self, journey: str, field: str, likeness: str) -> Iterable[Standing]:
        return map(_standing, self._instances.alike(journey, field, likeness, self.now))

    def about(self, record: RecordRef, journeys: Collection[str]) -> Iterable[Standing]:
        return [
            replace(each.visit.standing, watching=each.visit.watching)
            for each in self._instances.about(record, journeys)
        ]

    def past(self, journey: str, person: RecordRef) -> Past:
        return self._instances.past(journey, person)

    def entry_before(self, journey: str, count: int) -> datetime | None:
        entries = self._operating.entries[journey]
        return entries[-count] if len(entries) >= count else None

    def entered_by(self, instance: Standing) -> Values:
        return self._fired[instance.fired_id].facts

    def values_of(self, fired_id: str) -> Values:
        """Return the values of a fired trigger, the old ones below `before`."""
        return self._fired[fired_id].facts

    def deliver(
        self, version: Version, channel: str, template: str, person: RecordRef, facts: Facts
    ) -> Outcome:
        """Return what becomes of a message: nobody gets it."""
        return self._post(version, channel, template, person, facts)

    def count_visit(self) -> None:
        """Count an arrival on a tile; raise TooMuch where it is one too many."""
        self._visits += 1
        self._limits.allow_visit(self._visits)

    def is_paused(self, journey: str) -> bool:
        return self._operating.is_paused(journey)

    def _kept(self, ref: RecordRef, values: Values) -> Values:
        table = self.routes.catalogue.tables[ref.table]
        read, problems = table.read(values)
        if problems:
            raise Problems(problems)
        return {**read, table.primary_id: ref.id}

    def _next_moment(self) -> datetime | None:
        if self.stopped is not None:
            return None
        waking = self._instances.next_moment(self.now)
        if not self._happenings:
            return waking
        return self._happenings[0].at if waking is None else min(waking, self._happenings[0].at)

    def _let_happen(self, what: Happening) -> None:
        match what:
            case Interact():
                got = list(self._instances.who_got(what.tile, what.person))
                for who, sent in got:
                    self.partings.reaches(who, what.metric, sent)
                if not got:
                    self.unmet.append((what, self.now))
            case RecordChange() | SentTrigger():
                self.take_in(what)
            case _:
                self.routes = self._operating.carry_out(what, self.routes, self, self.now)

    def take_in(self, what: RecordChange | SentTrigger) -> None:
        """Let *what* happen now; raise `Problems` where it is not as it should be."""
        if what.id is not None:
            if (what.source, what.id) in self._seen:
                return  # the same notification twice counts once, as at the gateway
            self._seen.add((what.source, what.id))
        if isinstance(what, SentTrigger):
            sent = self._sent(what)
            self.happened.append(sent)
            self._fire(sent)
            return
        table = self.routes.catalogue.tables[what.table]
        values, problems = table.read(what.values)
        before, of_before = table.read(what.before or {})
        if problems or of_before:
            raise Problems([*problems, *of_before])
        if (gone := what.operation == "delete") and what.record in self._deleted:
            return  # nothing happens to it again
        event_id = what.id or f"change-{next(self._numbers)}"
        change = what.model_copy(update={"id": event_id, "occurred_at": self.now})
        changed = taken_in(change, table, values, before, self.lookup(what.record), self.now)
        self.lookup.keep(changed.record, None if gone else changed.after)
        (self._deleted.add if gone else self._deleted.discard)(changed.record)
        self.happened.append(changed)
        for decision in on_record(changed, self.routes, self):
            self._tell(decision)
        for fired in fired_by(changed, self.routes, self):
            if isinstance(fired, Nobody):
                self.refused.append(fired)
            else:
                self._fire(fired)

    def _sent(self, sent: SentTrigger) -> TriggerFired:
        trigger = self.routes.catalogue.triggers[sent.trigger]
        values: dict[str, Any] = {}
        if isinstance(trigger, CustomTrigger):
            values, problems = trigger.read(sent.attributes)
            if problems:
                raise Problems(problems)
        return TriggerFired(
            event_id=sent.id or f"event-{next(self._numbers)}",
            trigger=sent.trigger,
            person=sent.person.record,
            binding=sent.binding,
            values=values,
            occurred_at=self.now,
            actor=sent.actor,
            depth=sent.depth,
        )

    def _fire(self, fired: TriggerFired) -> None:
        fired_id = f"fired-{next(self._numbers)}"
        self._fired[fired_id] = fired
        for decision in on_trigger(fired, fired_id, self.routes, self, self.now):
            match decision:
                case Start():
                    self._start(decision, fired_id)
                case Refuse() | Cut():
                    self.refused.append(decision)
                case Tell():
                    self._tell(decision)

    def _tell(self, decision: Tell) -> None:
        instance = self._instances.called(decision.instance.id)
        instance.visit.hear(decision.told)
        self._instances.stir(instance)

    def _start(self, start: Start, fired_id: str) -> None:
        self._limits.allow_entry(len(self.instances) + 1)
        journey = start.version.journey
        standing = Standing(
            id=f"{journey.name}/{start.fired.person}/{start.number}",
            journey=journey.name,
            version=start.version.number,
            person=start.fired.person,
            binding=start.fired.binding,
            fired_id=fired_id,
        )
        visit = VirtualVisit(self, start.version, standing, start.fired.depth + 1)
        self._operating.entries[journey.name].append(start.at)
        instance = Instance(visit, enter_and_walk(start, visit))
        self._instances.add(instance, start.at)
        self._instances.found_by(
            standing, likenesses(start.version, start.fired.facts, self.lookup)
        )
        self._step(instance)

    def _step(self, instance: Instance) -> None:
        """Let *instance* go on as far as it gets."""
        try:
            instance.walking.send(None)
        except StopIteration as ended:
            instance.ending = ended.value
            instance.visit.depart()
        self._instances.stands(instance)


def _standing(instance: Instance) -> Standing:
    visit = instance.visit
    goal_reached = visit.goal_reached_at is not None
    return replace(visit.standing, active=instance.is_active, goal_reached=goal_reached)
