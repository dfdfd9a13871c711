"""Simulation: the same tiles, routing and admission on a virtual clock, touching nobody."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Any

from journeys.admission import Nobody, Tell, fired_by, on_record, on_trigger
from journeys.changes import RecordChange, RecordRef, SentTrigger, TriggerFired, Values
from journeys.entering import Past, Refuse, Start
from journeys.facts import Facts
from journeys.journey import Version
from journeys.mirror import merged
from journeys.problem import Problems
from journeys.routing import Routes
from journeys.telling import GOAL_COUNTS_AFTER_COMPLETION, Standing
from journeys.trace import Ending, Note
from journeys.trigger import CustomTrigger
from journeys.virtual_visit import VirtualVisit
from journeys.visit import Outcome
from journeys.walk import walk

Post = Callable[[Version, str, str, RecordRef, Facts], Outcome]
"""What becomes of a message: the version, the channel, the template, the person, what may be read."""


def always_sent(
    version: Version, channel: str, template: str, person: RecordRef, facts: Facts
) -> Outcome:
    """Say that the message was sent."""
    return Outcome(status="sent", message=template)


@dataclass
class Instance:
    """One instance of a simulation: its trace so far, and how it ended if it did."""

    visit: VirtualVisit
    walking: Coroutine[None, None, Ending]
    ending: Ending | None = None

    @property
    def trace(self) -> list[Note]:
        return self.visit.trace


@dataclass(order=True)
class _Happening:
    at: datetime
    order: int
    what: RecordChange | SentTrigger = field(compare=False)


class Simulation:
    """A world of records, triggers and live journeys whose clock goes only as far as it is told.

    *records* are what the mirror knows at the start. What happens is told by `happens`; `run`
    lets the clock go on. It is the ledger that its own decisions are taken on.
    """

    def __init__(
        self,
        routes: Routes,
        now: datetime,
        records: Mapping[RecordRef, Values] | None = None,
        post: Post = always_sent,
    ) -> None:
        self.routes = routes
        self.now = now
        self._post = post
        self.instances: list[Instance] = []
        self.refused: list[Refuse | Nobody] = []
        self._records = {ref: self._kept(ref, values) for ref, values in (records or {}).items()}
        self._fired: dict[str, TriggerFired] = {}
        self._happenings: list[_Happening] = []
        self._numbers = count(1)

    def happens(self, what: RecordChange | SentTrigger, at: datetime) -> None:
        """Let *what* happen at the moment *at*."""
        heappush(self._happenings, _Happening(at, next(self._numbers), what))

    def run(self, until: datetime | None = None) -> None:
        """Let the clock go on to *until*, or until nothing more is going to happen."""
        while (moment := self._next_moment()) is not None and (until is None or moment <= until):
            self.now = max(self.now, moment)
            while self._happenings and self._happenings[0].at <= self.now:
                self._take_in(heappop(self._happenings).what)
            self._go_on()
        if until is not None:
            self.now = max(self.now, until)

    def lookup(self, record: RecordRef) -> Values | None:
        return self._records.get(record)

    def standing(
        self, person: RecordRef, binding: RecordRef | None, journeys: Collection[str]
    ) -> Iterable[Standing]:
        return [
            replace(each.visit.standing, active=each.ending is None)
            for each in self.instances
            if each.visit.standing.journey in journeys
            and (each.visit.standing.person == person or each.visit.standing.binding == binding)
            and (each.ending is None or self._goal_still_counts(each))
        ]

    def about(self, record: RecordRef, journeys: Collection[str]) -> Iterable[Standing]:
        active = [each for each in self.instances if each.ending is None]
        here = [replace(each.visit.standing, watching=each.visit.watching) for each in active]
        return [
            each
            for each in here
            if each.journey in journeys and record in (each.person, each.binding, each.watching)
        ]

    def _goal_still_counts(self, ended: "Instance") -> bool:
        since = self.now - GOAL_COUNTS_AFTER_COMPLETION
        return ended.visit.goal_reached_at is None and ended.trace[-1].at > since

    def past(self, journey: str, person: RecordRef) -> Past:
        mine = [
            each
            for each in self.instances
            if (each.visit.standing.journey, each.visit.standing.person) == (journey, person)
        ]
        if not mine:
            return Past()
        inside = tuple(
            each.visit.standing
            for each in mine
            if each.ending is None and not each.visit.is_leaving
        )
        return Past(len(mine), mine[-1].trace[0].at, inside)

    def entered_by(self, instance: Standing) -> Values:
        return self._fired[instance.fired_id].facts

    def values_of(self, fired_id: str | None) -> Values:
        """Return the values of a fired trigger, the old ones below `before`."""
        return self._fired[fired_id].facts if fired_id else {}

    def deliver(
        self, version: Version, channel: str, template: str, person: RecordRef, facts: Facts
    ) -> Outcome:
        """Return what becomes of a message: nobody gets it."""
        return self._post(version, channel, template, person, facts)

    def _kept(self, ref: RecordRef, values: Values) -> Values:
        table = self.routes.catalogue.tables[ref.table]
        read, problems = table.read(values)
        if problems:
            raise Problems(problems)
        return {**read, table.primary_id: ref.id}

    def _next_moment(self) -> datetime | None:
        moments = [each.visit.until for each in self.instances if each.ending is None]
        happening = [self._happenings[0].at] if self._happenings else []
        return min([moment for moment in moments if moment is not None] + happening, default=None)

    def _take_in(self, what: RecordChange | SentTrigger) -> None:
        if isinstance(what, SentTrigger):
            self._fire(self._sent(what))
            return
        table = self.routes.catalogue.tables[what.table]
        values, problems = table.read(what.values)
        before, of_before = table.read(what.before or {})
        if problems or of_before:
            raise Problems([*problems, *of_before])
        event_id = what.id or f"change-{next(self._numbers)}"
        change = what.model_copy(update={"id": event_id, "occurred_at": self.now})
        known = self._records.get(what.record)
        changed = merged(change, table, values, before, known, self.now)
        if changed.operation == "delete":
            self._records.pop(changed.record, None)
        else:
            self._records[changed.record] = changed.after
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
        )

    def _fire(self, fired: TriggerFired) -> None:
        fired_id = f"fired-{next(self._numbers)}"
        self._fired[fired_id] = fired
        for decision in on_trigger(fired, fired_id, self.routes, self, self.now):
            match decision:
                case Start():
                    self._start(decision, fired_id)
                case Refuse():
                    self.refused.append(decision)
                case Tell():
                    self._tell(decision)

    def _tell(self, decision: Tell) -> None:
        for each in self.instances:
            if each.visit.standing.id == decision.instance.id:
                each.visit.hear(decision.told)

    def _start(self, start: Start, fired_id: str) -> None:
        journey = start.version.journey
        standing = Standing(
            id=f"{journey.name}/{start.fired.person}/{start.number}",
            journey=journey.name,
            version=start.version.number,
            person=start.fired.person,
            binding=start.fired.binding,
            fired_id=fired_id,
        )
        visit = VirtualVisit(self, start.version, standing)
        visit.note("entered", why=start.fired.trigger, values=start.seen)
        instance = Instance(visit, walk(journey, visit, journey.first))
        self.instances.append(instance)
        self._step(instance)

    def _go_on(self) -> None:
        """Let every instance go on that has been told something or whose time has come."""
        for instance in self.instances:
            if instance.ending is None:
                self._step(instance)

    def _step(self, instance: Instance) -> None:
        try:
            instance.walking.send(None)
        except StopIteration as ended:
            instance.ending = ended.value
            instance.visit.depart()
