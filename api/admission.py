"""Admission: writes what happenings mean for the journeys that are live, in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, update

from api.missed import Missed, refusal_of
from api.starting import Starts
from journeys.admission import Cut, Nobody, Tell, fired_by, on_entry, on_record, on_trigger
from journeys.changes import RecordChange, RecordChanged, RecordRef, TriggerFired, Values
from journeys.entering import NO_SUCH_PERSON, Past, Refuse, Start
from journeys.facts import Lookup
from journeys.routing import Routes
from journeys.telling import GOAL_COUNTS_AFTER_COMPLETION, Standing, Told
from journeys.trace import Note
from store.awaited import AwaitedRow, awaited_until, take_awaited, take_given_up
from store.catalogue import TriggerRow
from store.columns import new_id
from store.commands import CommandRow
from store.fired import FiredRow, fired_columns
from store.heard import HeardRow
from store.instances import (
    about,
    entry_before,
    past_of,
    reach_goal,
    standing,
    who_entered,
)
from store.matches import alike
from store.records import Mirror
from store.telling import tell
from store.timeline import add_note, has_note
from store.together import Together

_GIVEN_UP_AT_A_TIME = 500
_MANY = 10
"""From so many people on it is cheaper to read what is known of all of them at once."""


class Admission:
    """The ledger that decisions are taken on, and the pen that writes them down.

    *commands* counts what Temporal has to be told.
    """

    def __init__(
        self,
        session: Session,
        routes: Routes,
        now: datetime,
        lookup: Lookup,
        *,
        wait_for_person: timedelta = timedelta(0),
    ) -> None:
        self._session = session
        self._new = Together(session)
        self._starts = Starts(session, self._new, now, lookup)
        self._wait_for_person = wait_for_person
        self._anybody_awaited = False
        self._routes = routes
        self._now = now
        self._firings: Counter[str] = Counter()
        self._known_people: set[RecordRef] = set()
        self._entered: set[tuple[str, RecordRef]] = set()
        """Of the known people, who ever entered which journey."""
        self.lookup = lookup
        self.commands = 0

    def record_changed(self, changed: RecordChanged, learnt: RecordChanged | None = None) -> None:
        """Tell those it concerns of a record's change, and fire the triggers that name it.

        Of a creation that comes late, *learnt* is what it changes in the record as it is by now.
        """
        for told in on_record(learnt or changed, self._routes, self):
            self._tell(told)
        fired_now = list(fired_by(changed, self._routes, self))
        if not fired_now:
            return
        self._read_together([each for each in fired_now if isinstance(each, TriggerFired)])
        for fired in fired_now:
            if isinstance(fired, Nobody):
                self._refuse(fired)
            else:
                self.fire(fired)

    def _read_together(self, fired: Sequence[TriggerFired]) -> None:
        """Read at once what deciding on each of *fired* would ask for; one by one 10,000 take long."""
        people = {each.person for each in fired}
        if len(people) < _MANY or not isinstance(self.lookup, Mirror):
            return
        self.lookup.read(people)
        self._entered |= who_entered(self._new.write(), people)
        self._known_people |= people

    def fire(self, fired: TriggerFired) -> None:
        """Carry out what *fired* means; its values are kept where somebody may read them later."""
        self._firings[fired.trigger] += 1
        self._decide(fired, waits=bool(self._wait_for_person))

    def give_up(self) -> None:
        """Refuse what has waited long enough for somebody who did not appear."""
        first = awaited_until(self._session)
        if first is not None and first <= self._now:
            for fired in take_given_up(self._session, self._now, _GIVEN_UP_AT_A_TIME):
                self._decide(fired, waits=False)
        self._anybody_awaited = first is not None

    def decide_again(self, missed: Missed) -> str | None:
        """Decide again what *missed* means; return the sentence why it still comes to nothing."""
        if isinstance(missed.happened, TriggerFired):
            return self._enter_after_all(missed.happened, missed.journey)
        return self._fire_after_all(missed.happened, missed.trigger)

    def _enter_after_all(self, fired: TriggerFired, journey: str | None) -> str | None:
        entries = self._routes.entries(fired.trigger)
        versions = [version for version in entries if version.journey.name == journey]
        fired_id = new_id(self._now)
        for decision in on_entry(fired, versions, self, self._now):
            match decision:
                case Tell():
                    self._tell(decision)
                case Refuse():
                    return decision.why
                case Start():
                    self._start(decision, fired_id)
                    self._new.add(FiredRow, **fired_columns(fired, fired_id))
                    return None
        return f"Expected people to enter {journey} by {fired.trigger}, but they do not."

    def _fire_after_all(self, changed: RecordChanged, trigger: str) -> str | None:
        """Let *changed* fire *trigger* with the record as it is now: it was corrected since."""
        known = self.lookup(changed.record) or {}
        found = False
        corrected = changed._replace(after={**changed.after, **known})
        for fired in fired_by(corrected, self._routes, self):
            if isinstance(fired, Nobody):
                if fired.trigger.name == trigger:
                    return fired.why
            elif fired.trigger == trigger:
                found = True
                self.fire(fired)
        return None if found else f"Expected {trigger} to be ready, but it is not."

    def appeared(self, change: RecordChange) -> None:
        """Decide again what waited for the person *change* is about, who is known from now on."""
        if self._anybody_awaited and change.table in self._routes.audiences:
            for fired in take_awaited(self._session, change.record):
                self._decide(fired, waits=False)

    def _await(self, fired: TriggerFired) -> None:
        until = self._now + self._wait_for_person
        self._session.add(AwaitedRow.of(fired, new_id(self._now), until))
        self._anybody_awaited = True

    def _decide(self, fired: TriggerFired, *, waits: bool) -> None:
        fired_id = new_id(self._now)
        concerned = False
        for decision in on_trigger(fired, fired_id, self._routes, self, self._now):
            match decision:
                case Start():
                    self._start(decision, fired_id)
                case Refuse() if waits and decision.reason == NO_SUCH_PERSON:
                    self._await(fired)  # with it all other entries, which are refused for the same
                    break
                case Refuse() | Cut():
                    self._refuse(decision)
                case Tell():
                    self._tell(decision)
                    if not decision.instance.is_close_to(fired):
                        self._new.add(HeardRow, fired=fired_id, instance=decision.instance.id)
            if not concerned and not isinstance(decision, Refuse | Cut):
                self._new.add(FiredRow, **fired_columns(fired, fired_id))
                concerned = True

    def _start(self, start: Start, fired_id: str) -> None:
        self.commands += 1
        self._entered.add((start.version.journey.name, start.fired.person))
        self._starts.add(start, fired_id)

    def write(self) -> None:
        """Write what was decided, how often each trigger fired, and when it last did."""
        self._new.write()
        for name, count in self._firings.items():
            self._session.execute(
                update(TriggerRow)
                .where(col(TriggerRow.name) == name)
                .values(fired_count=TriggerRow.fired_count + count, last_fired_at=self._now)
            )

    def standing(
        self, person: RecordRef, binding: RecordRef | None, journeys: Collection[str]
    ) -> Iterable[Standing]:
        since = self._now - GOAL_COUNTS_AFTER_COMPLETION
        return standing(
            self._new.write(), person=person, binding=binding, journeys=journeys, goal_since=since
        )

    def about(self, record: RecordRef, journeys: Collection[str]) -> Iterable[Standing]:
        return about(self._new.write(), record, journeys)

    def alike(self, journey: str, field: str, likeness: str) -> Iterable[Standing]:
        since = self._now - GOAL_COUNTS_AFTER_COMPLETION
        return list(alike(self._new.write(), journey, field, likeness, since))

    def past(self, journey: str, person: RecordRef) -> Past:
        if person in self._known_people and (journey, person) not in self._entered:
            return Past()
        return past_of(self._new.write(), journey, person)

    def entry_before(self, journey: str, count: int) -> datetime | None:
        return entry_before(self._new.write(), journey, count)

    def entered_by(self, instance: Standing) -> Values:
        return self._new.write().get_one(FiredRow, instance.fired_id).facts

    def _tell(self, decision: Tell) -> None:
        instance, told = decision.instance, decision.told
        if (
            instance.active and told.goal and not instance.queued
        ):  # counted with the change, however long its telling takes
            reach_goal(self._new.write(), instance.id, self._now)
        if instance.active and (instance.queued or told.leave is not None):
            self.commands += 1
            tell(self._new.write(), instance.id, told, self._now)
            return
        if instance.active:
            self.commands += 1
            self._new.add(
                CommandRow,
                instance_id=instance.id,
                journey=instance.journey,
                kind="tell",
                payload=told.model_dump(mode="json"),
                created_at=self._now,
            )
            return
        count_late_goal(self._new.write(), instance.id, told, self._now)

    def _refuse(self, missed: Refuse | Cut | Nobody) -> None:
        self._session.add(refusal_of(missed, self._now))


def count_late_goal(session: Session, instance_id: str, told: Told, at: datetime) -> None:
    """Count the goal that an instance reached after it had ended; the first one counts."""
    reach_goal(session, instance_id, at)
    if not has_note(session, instance_id, "goal"):
        add_note(session, instance_id, Note(at=at, what="goal", why=told.what))
