"""Starting: an instance is written down with its first lines and the command that starts it."""

from datetime import datetime

from sqlmodel import Session

from journeys.entering import RATE_LIMIT, Start
from journeys.facts import Lookup
from journeys.hearing import PAUSED, Hearing
from journeys.telling import likenesses
from journeys.trace import Note
from store.columns import new_id
from store.commands import CommandRow
from store.instances import InstanceRow
from store.journeys import JourneyRow, VersionRow
from store.matches import MatchRow
from store.telling import tell
from store.timeline import NoteRow
from store.together import Together
from workflows.state import InstanceState


class Starts:
    """Those who enter in one transaction; each is written with all the others."""

    def __init__(self, session: Session, new: Together, now: datetime, lookup: Lookup) -> None:
        self._session = session
        self._lookup = lookup
        self._new = new
        self._now = now
        self._digests: dict[tuple[str, int], str] = {}
        self._journeys: dict[str, JourneyRow] = {}

    def add(self, start: Start, fired_id: str) -> None:
        """Let somebody enter: at once, or when their moment has come or the journey is resumed."""
        journey, fired = start.version.journey, start.fired
        instance_id, held = new_id(self._now), self._held(start)
        notes, heard = _notes(start, held, self._now), Hearing()
        goal_reached_at, reason = None, None
        if start.told is not None and held is None:
            if heard.hear(start.told, None, start.at):
                goal_reached_at = start.at
                notes.append(Note(at=start.at, what="goal", why=start.told.what))
            reason = start.told.leave
        self._new.add(
            InstanceRow,
            id=instance_id,
            journey=journey.name,
            version=start.version.number,
            digest=self._digest(journey.name, start.version.number),
            person_table=fired.person.table,
            person_id=fired.person.id,
            number=start.number,
            binding=None if fired.binding is None else str(fired.binding),
            fired_id=fired_id,
            workflow_id=_workflow_id(start, instance_id),
            reason=reason,
            queued=held is not None,
            held=held,
            goal_reached_at=goal_reached_at,
            entered_at=start.at,
        )
        for field, likeness in likenesses(start.version, fired.facts, self._lookup):
            self._new.add(
                MatchRow,
                instance=instance_id,
                field=field,
                journey=journey.name,
                likeness=likeness,
            )
        for seq, note in enumerate(notes):
            self._new.add(NoteRow, instance_id=instance_id, seq=seq, **dict(note))
        state = InstanceState(
            instance_id=instance_id,
            person=fired.person.opaque,
            binding=None if fired.binding is None else fired.binding.opaque,
            entered_at=start.at,
            depth=fired.depth + 1,
            next_note=len(notes),
            heard=heard,
        )
        self._new.add(
            CommandRow,
            instance_id=instance_id,
            journey=journey.name,
            kind="start",
            payload=state.model_dump(mode="json", exclude_defaults=True),
            created_at=self._now,
            outcome=None if held is None else "held",
            due_at=start.at if held == RATE_LIMIT else None,
        )
        if start.told is not None and held is not None:
            tell(self._new.write(), instance_id, start.told, self._now)

    def _digest(self, journey: str, number: int) -> str:
        key = journey, number
        if key not in self._digests:
            self._digests[key] = self._session.get_one(VersionRow, key).digest
        return self._digests[key]

    def _held(self, start: Start) -> str | None:
        """Return why somebody who enters does not start yet, or None."""
        name = start.version.journey.name
        if name not in self._journeys:
            self._journeys[name] = self._session.get_one(JourneyRow, name)
        journey = self._journeys[name]
        if journey.state == "paused":  # whoever resumes it waits for this, or this for them
            self._session.refresh(journey, with_for_update=True)
        if journey.state == "paused":
            return PAUSED
        return RATE_LIMIT if start.at > self._now else None


def _notes(start: Start, held: str | None, now: datetime) -> list[Note]:
    """Return the lines with which a timeline begins; one that queues for its moment says so first."""
    entered = Note(at=start.at, what="entered", why=start.fired.trigger, values=dict(start.seen))
    if held is None:
        return [entered]
    waits = Note(at=now, what="held", why=held)
    paced = start.version.journey.entry.rate_limit is not None
    return [waits, entered] if paced else [entered, waits]


def _workflow_id(start: Start, instance_id: str) -> str:
    """Return the id under which Temporal knows an instance: readable, and this instance's alone.

    With the journey, person and number only, a store that was begun anew would take workflows of
    the old one for its own.
    """
    name = start.version.journey.name
    return f"{name}/{start.fired.person.opaque}/{start.number}-{instance_id[-8:]}"
