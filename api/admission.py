"""Admission: writes what happenings mean for the journeys that are live, in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, update

from journeys.admission import Cut, Nobody, Tell, fired_by, on_record, on_trigger
from journeys.changes import RecordChanged, RecordRef, TriggerFired, Values
from journeys.entering import NO_SUCH_PERSON, RATE_LIMIT, Past, Refuse, Start
from journeys.facts import Lookup
from journeys.hearing import PAUSED, Hearing
from journeys.routing import Routes
from journeys.telling import GOAL_COUNTS_AFTER_COMPLETION, Standing, Told, likenesses
from journeys.trace import Note
from store.awaited import AwaitedRow, awaited_until, take_awaited, take_given_up
from store.catalogue import TriggerRow
from store.columns import new_id
from store.commands import CommandRow
from store.fired import FiredRow
from store.instances import InstanceRow, about, entry_before, past_of, reach_goal, standing
from store.journeys import JourneyRow, VersionRow
from store.matches import alike, keep_matches
from store.refused import RefusedRow
from store.telling import tell
from store.timeline import NoteRow, add_note, has_note
from workflows.state import InstanceState

_GIVEN_UP_AT_A_TIME = 500


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
        self._wait_for_person = wait_for_person
        self._anybody_awaited = False
        self._routes = routes
        self._now = now
        self._firings: Counter[str] = Counter()
        self.lookup = lookup
        self.commands = 0

    def record_changed(self, changed: RecordChanged, learnt: RecordChanged | None = None) -> None:
        """Tell those it concerns of a record's change, and fire the triggers that name it.

        Of a creation that comes late, *learnt* is what it changes in the record as it is by now.
        """
        for told in on_record(learnt or changed, self._routes, self):
            self._tell(told)
        for fired in fired_by(changed, self._routes, self):
            if isinstance(fired, Nobody):
                self._nobody(fired)
            else:
                self.fire(fired)

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

    def appeared(self, record: RecordRef) -> None:
        """Decide again what waited for the person *record*, who is known from now on."""
        if self._anybody_awaited and record.table in self._routes.audiences:
            for fired in take_awaited(self._session, record):
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
                case Refuse():
                    self._refuse(decision)
                case Cut():
                    self._cut(decision)
                case Tell():
                    self._tell(decision)
            if not concerned and not isinstance(decision, Refuse | Cut):
                self._session.add(FiredRow.of(fired, fired_id))
                concerned = True

    def count_firings(self) -> None:
        """Write how often each trigger fired, and when it last did."""
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
            self._session, person=person, binding=binding, journeys=journeys, goal_since=since
        )

    def about(self, record: RecordRef, journeys: Collection[str]) -> Iterable[Standing]:
        return about(self._session, record, journeys)

    def alike(self, journey: str, field: str, likeness: str) -> Iterable[Standing]:
        since = self._now - GOAL_COUNTS_AFTER_COMPLETION
        return list(alike(self._session, journey, field, likeness, since))

    def past(self, journey: str, person: RecordRef) -> Past:
        return past_of(self._session, journey, person)

    def entry_before(self, journey: str, count: int) -> datetime | None:
        return entry_before(self._session, journey, count)

    def entered_by(self, instance: Standing) -> Values:
        return self._session.get_one(FiredRow, instance.fired_id).facts

    def _tell(self, decision: Tell) -> None:
        instance, told = decision.instance, decision.told
        if instance.active and told.goal:  # counted with the change, however long its telling takes
            reach_goal(self._session, instance.id, self._now)
        if instance.active and (instance.queued or told.leave is not None):
            self.commands += 1
            tell(self._session, instance.id, told, self._now)
            return
        if instance.active:
            self._command(instance.id, instance.journey, "tell", told.model_dump(mode="json"))
            return
        count_late_goal(self._session, instance.id, told, self._now)

    def _start(self, start: Start, fired_id: str) -> None:
        journey, fired = start.version.journey, start.fired
        published = self._session.get_one(VersionRow, (journey.name, start.version.number))
        instance_id = new_id(self._now)
        held = self._held(start)
        row = InstanceRow(
            id=instance_id,
            journey=journey.name,
            version=start.version.number,
            digest=published.digest,
            person_table=fired.person.table,
            person_id=fired.person.id,
            number=start.number,
            binding=None if fired.binding is None else str(fired.binding),
            fired_id=fired_id,
            workflow_id=_workflow_id(start, instance_id),
            queued=held is not None,
            held=held,
            entered_at=start.at,
        )
        self._session.add(row)
        reads = likenesses(start.version, fired.facts, self.lookup)
        keep_matches(self._session, journey.name, instance_id, reads)
        notes, heard = _notes(start, held, self._now), Hearing()
        if start.told is not None:
            if heard.hear(start.told, None, start.at):
                row.goal_reached_at = start.at
                notes.append(Note(at=start.at, what="goal", why=start.told.what))
            row.reason = start.told.leave
        self._session.add_all(
            NoteRow(instance_id=row.id, seq=seq, **note.model_dump())
            for seq, note in enumerate(notes)
        )
        state = InstanceState(
            instance_id=row.id,
            person=fired.person.opaque,
            binding=None if fired.binding is None else fired.binding.opaque,
            entered_at=start.at,
            depth=fired.depth + 1,
            next_note=len(notes),
            heard=heard,
        )
        payload = state.model_dump(mode="json", exclude_defaults=True)
        if held is None:
            self._command(row.id, row.journey, "start", payload)
        else:
            due_at = start.at if held == RATE_LIMIT else None
            self._command(row.id, row.journey, "start", payload, outcome="held", due_at=due_at)

    def _held(self, start: Start) -> str | None:
        """Return why somebody who enters does not start yet, or None."""
        journey = self._session.get_one(JourneyRow, start.version.journey.name)
        if journey.state == "paused":  # whoever resumes it waits for this, or this for them
            self._session.refresh(journey, with_for_update=True)
        if journey.state == "paused":
            return PAUSED
        return RATE_LIMIT if start.at > self._now else None

    def _command(
        self, instance_id: str, journey: str, kind: str, payload: dict[str, Any], **held: Any
    ) -> None:
        self.commands += 1
        self._session.add(
            CommandRow(
                instance_id=instance_id,
                journey=journey,
                kind=kind,
                payload=payload,
                created_at=self._now,
                **held,
            )
        )

    def _refuse(self, refusal: Refuse) -> None:
        fired = refusal.fired
        self._refused(
            reason=refusal.reason,
            problem=refusal.why,
            change={
                "event_id": fired.event_id,
                "binding": None if fired.binding is None else str(fired.binding),
            },
            journey=refusal.version.journey.name,
            trigger=fired.trigger,
            person=str(fired.person),
            values=dict(refusal.seen),
        )

    def _cut(self, cut: Cut) -> None:
        fired = cut.fired
        self._refused(
            reason=cut.reason,
            problem=cut.why,
            change={
                "event_id": fired.event_id,
                "binding": None if fired.binding is None else str(fired.binding),
            },
            trigger=fired.trigger,
            person=str(fired.person),
        )

    def _nobody(self, nobody: Nobody) -> None:
        trigger, changed = nobody.trigger, nobody.changed
        self._refused(
            reason=nobody.reason,
            problem=nobody.why,
            change={"event_id": changed.event_id, "binding": str(changed.record)},
            trigger=trigger.name,
        )

    def _refused(self, **said: Any) -> None:
        self._session.add(RefusedRow(id=new_id(self._now), at=self._now, what="entry", **said))


def _notes(start: Start, held: str | None, now: datetime) -> list[Note]:
    """Return the lines with which a timeline begins; one that queues for its moment says so first."""
    entered = Note(at=start.at, what="entered", why=start.fired.trigger, values=dict(start.seen))
    if held is None:
        return [entered]
    waits = Note(at=now, what="held", why=held)
    paced = start.version.journey.entry.rate_limit is not None
    return [waits, entered] if paced else [entered, waits]


def count_late_goal(session: Session, instance_id: str, told: Told, at: datetime) -> None:
    """Count the goal that an instance reached after it had ended; the first one counts."""
    reach_goal(session, instance_id, at)
    if not has_note(session, instance_id, "goal"):
        add_note(session, instance_id, Note(at=at, what="goal", why=told.what))


def _workflow_id(start: Start, instance_id: str) -> str:
    """Return the id under which Temporal knows an instance: readable, and this instance's alone.

    With the journey, person and number only, a store that was begun anew would take workflows of
    the old one for its own.
    """
    name = start.version.journey.name
    return f"{name}/{start.fired.person.opaque}/{start.number}-{instance_id[-8:]}"
