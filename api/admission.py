"""Admission: what a happening starts, ends and moves on, written as instances and commands."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, update

from journeys.changes import RecordChanged, RecordRef, TriggerFired
from journeys.routing import (
    RESTARTED,
    Refuse,
    Routes,
    Standing,
    Start,
    Told,
    decide_entry,
    tell,
    tell_of_record,
)
from journeys.trace import Note
from journeys.trigger import RecordChangeTrigger
from store.catalogue import TriggerRow
from store.columns import new_id
from store.commands import CommandRow
from store.facts import facts, lookup_in
from store.fired import FiredRow
from store.instances import GOAL_COUNTS_AFTER_COMPLETION, InstanceRow, past_of, standing
from store.journeys import VersionRow
from store.records import record
from store.refused import RefusedRow
from store.timeline import NoteRow, add_note
from workflows.state import InstanceState


class Admission:
    """Decides, within one transaction, what happenings mean for the journeys that are live."""

    def __init__(self, session: Session, routes: Routes, now: datetime) -> None:
        self._session = session
        self._routes = routes
        self._now = now
        self._lookup = lookup_in(session)
        self._firings: Counter[str] = Counter()
        self.commands = 0

    def record_changed(self, changed: RecordChanged) -> None:
        """Tell those it concerns of a record's change, and fire the triggers that name it."""
        self._tell_of_record(changed)
        for trigger in self._routes.fired_by(changed):
            person = self._routes.person(trigger, changed, self._lookup)
            if person is None:
                self._no_audience(trigger, changed)
                continue
            self.fire(
                TriggerFired(
                    event_id=changed.event_id,
                    trigger=trigger.name,
                    person=person,
                    binding=changed.record,
                    values=changed.after,
                    before=changed.before,
                    columns=changed.columns,
                    occurred_at=changed.occurred_at,
                    actor=changed.actor,
                )
            )

    def fire(self, fired: TriggerFired) -> None:
        """Tell the instances that *fired* concerns, then let its person in where it is an entry.

        In this order, since the trigger that starts an instance never counts for it again.
        """
        self._firings[fired.trigger] += 1
        fired_id = new_id(self._now)
        concerned = self._tell_standing(fired, fired_id)
        for version in self._routes.entries(fired.trigger):
            concerned |= self._enter(version, fired, fired_id)
        if concerned:
            self._session.add(FiredRow.of(fired, fired_id))

    def count_firings(self) -> None:
        """Write how often each trigger fired, and when it last did."""
        for name, count in self._firings.items():
            self._session.execute(
                update(TriggerRow)
                .where(col(TriggerRow.name) == name)
                .values(fired_count=TriggerRow.fired_count + count, last_fired_at=self._now)
            )

    def _tell_standing(self, fired: TriggerFired, fired_id: str) -> bool:
        journeys = self._routes.listening(fired.trigger)
        concerned = False
        for instance in self._standing(fired.person, fired.binding, journeys):
            version = self._routes.versions[instance.journey, instance.version]
            entered_by = self._session.get_one(FiredRow, instance.fired_id)
            readable = facts(
                self._session,
                version,
                instance.person,
                instance.binding,
                entered_by.facts,
                event=fired,
            )
            concerned |= self._tell(instance, tell(version, instance, fired, fired_id, readable))
        return concerned

    def _tell_of_record(self, changed: RecordChanged) -> None:
        journeys = self._routes.watching(changed)
        for instance in self._standing(changed.record, changed.record, journeys):
            version = self._routes.versions[instance.journey, instance.version]
            self._tell(instance, tell_of_record(version, instance, changed))

    def _standing(
        self, person: RecordRef, binding: RecordRef | None, journeys: set[str]
    ) -> list[Standing]:
        if not journeys:
            return []
        since = self._now - GOAL_COUNTS_AFTER_COMPLETION
        return standing(
            self._session, person=person, binding=binding, journeys=journeys, goal_since=since
        )

    def _tell(self, instance: Standing, told: Told) -> bool:
        if not told.concerns:
            return False
        if instance.active:
            self._command(instance.id, "tell", told.model_dump(mode="json"))
        else:
            row = self._session.get_one(InstanceRow, instance.id)
            row.goal_reached_at = self._now
            add_note(self._session, row.id, Note(at=self._now, what="goal", why=told.what))
        return True

    def _enter(self, version: Any, fired: TriggerFired, fired_id: str) -> bool:
        if record(self._session, fired.person) is None:
            self._refuse(
                Refuse(
                    version, fired, "no such person", f"{fired.person.table} has no such record."
                )
            )
            return False
        readable = facts(
            self._session,
            version,
            fired.person,
            fired.binding,
            {**fired.values, "before": fired.before},
        )
        past = past_of(self._session, version.journey.name, fired.person)
        decision = decide_entry(version, fired, readable, past, self._now)
        if isinstance(decision, Refuse):
            self._refuse(decision)
            return False
        for earlier in decision.leaving:
            told = Told(
                id=f"{fired.event_id}/restart", at=self._now, what=RESTARTED, leave=RESTARTED
            )
            self._tell(earlier, told)
        self._start(decision, past.entries + 1, fired_id)
        return True

    def _start(self, start: Start, number: int, fired_id: str) -> None:
        journey, fired = start.version.journey, start.fired
        published = self._session.get_one(VersionRow, (journey.name, start.version.number))
        row = InstanceRow(
            id=new_id(self._now),
            journey=journey.name,
            version=start.version.number,
            digest=published.digest,
            person_table=fired.person.table,
            person_id=fired.person.id,
            number=number,
            binding=None if fired.binding is None else str(fired.binding),
            fired_id=fired_id,
            workflow_id=f"{journey.name}/{fired.person.opaque}/{number}",
            entered_at=self._now,
        )
        self._session.add(row)
        entered = Note(at=self._now, what="entered", why=fired.trigger, values=dict(start.seen))
        self._session.add(NoteRow(instance_id=row.id, seq=0, **entered.model_dump()))
        state = InstanceState(
            instance_id=row.id,
            person=fired.person.opaque,
            binding=None if fired.binding is None else fired.binding.opaque,
            entered_at=self._now,
        )
        self._command(row.id, "start", state.model_dump(mode="json", exclude_defaults=True))

    def _command(self, instance_id: str, kind: str, payload: dict[str, Any]) -> None:
        self.commands += 1
        self._session.add(
            CommandRow(instance_id=instance_id, kind=kind, payload=payload, created_at=self._now)
        )

    def _refuse(self, refusal: Refuse) -> None:
        fired = refusal.fired
        self._session.add(
            RefusedRow(
                id=new_id(self._now),
                at=self._now,
                what="entry",
                reason=refusal.reason,
                problem=refusal.why,
                change={
                    "event_id": fired.event_id,
                    "binding": fired.binding and str(fired.binding),
                },
                journey=refusal.version.journey.name,
                trigger=fired.trigger,
                person=str(fired.person),
                values=dict(refusal.seen),
            )
        )

    def _no_audience(self, trigger: RecordChangeTrigger, changed: RecordChanged) -> None:
        self._session.add(
            RefusedRow(
                id=new_id(self._now),
                at=self._now,
                what="entry",
                reason="no audience",
                problem=f"Expected {trigger.audience.path} of {changed.record.table} to lead to a "
                "person, but it leads to nobody.",
                change={"event_id": changed.event_id, "binding": str(changed.record)},
                trigger=trigger.name,
            )
        )
