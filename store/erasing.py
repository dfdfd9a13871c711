"""Erasing a person: what is known of them is blanked, what is counted stays."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, String, case, cast, col, delete, or_, select, update

from journeys.changes import RecordRef
from journeys.telling import Told
from store.awaited import AwaitedRow
from store.brought import BroughtRow
from store.columns import new_id
from store.fired import FiredRow
from store.instances import InstanceRow
from store.matches import forget_matches
from store.messages import MessageRow
from store.records import RecordRow
from store.refused import RefusedRow
from store.telling import tell_all
from store.timeline import NoteRow

ERASED = "erased"


def erase(session: Session, person: RecordRef, now: datetime) -> None:
    """Blank everything known of *person*, and let every instance of theirs leave, in this transaction.

    Their instances stay, by id, since they were counted. A later change of their record makes it
    anew. Erased twice is erased once.
    """
    theirs = (col(InstanceRow.person_table) == person.table) & (
        col(InstanceRow.person_id) == person.id
    )
    told = Told(id=f"erase/{new_id(now)}", at=now, what=ERASED, leave=ERASED)
    concerned: list[Any] = [or_(theirs, InstanceRow.binding == str(person))]
    staying = [*concerned, or_(col(InstanceRow.reason).is_(None), InstanceRow.reason != ERASED)]
    tell_all(session, staying, told, now)
    instances = select(InstanceRow.id).where(theirs)
    session.execute(update(InstanceRow).where(theirs).values(erased=True))
    session.execute(
        update(NoteRow)
        .where(col(NoteRow.instance_id).in_(instances))
        .values(values={}, why=case((col(NoteRow.what) == "failed", None), else_=NoteRow.why))
    )
    session.execute(
        update(MessageRow)
        .where(col(MessageRow.person_table) == person.table, col(MessageRow.person_id) == person.id)
        .values(
            to=None,
            subject=None,
            text=None,
            html=None,
            # a channel that refuses an address names it
            reason=case((col(MessageRow.status) == "failed", None), else_=MessageRow.reason),
        )
    )
    session.execute(
        update(BroughtRow).where(col(BroughtRow.instance).in_(instances)).values(values={})
    )
    session.execute(
        update(FiredRow)
        .where(col(FiredRow.person_table) == person.table, col(FiredRow.person_id) == person.id)
        .values(values={}, before={})
    )
    forget_matches(session, instances)
    session.execute(
        delete(AwaitedRow).where(
            col(AwaitedRow.person_table) == person.table, col(AwaitedRow.person_id) == person.id
        )
    )
    session.execute(
        update(RecordRow)
        .where(col(RecordRow.table) == person.table, col(RecordRow.id) == person.id)
        .values(values={}, version=None, occurred_at=None, changed_at=now, deleted_at=now)
    )
    _blank_refusals(session, person)


def _blank_refusals(session: Session, person: RecordRef) -> None:
    """Blank who was refused, and the changes of their record that could not be taken in."""
    blank: dict[str, Any] = {"problem": ERASED, "change": None, "values": {}}
    session.execute(update(RefusedRow).where(col(RefusedRow.person) == str(person)).values(**blank))
    named = cast(col(RefusedRow.change), String).contains(person.id, autoescape=True)
    unread = select(RefusedRow).where(col(RefusedRow.what).in_(("change", "entry")), named)
    for row in session.exec(unread):
        if _is_about(row.change, person):
            row.problem, row.change, row.values = ERASED, None, {}


def _is_about(change: Any, person: RecordRef) -> bool:
    if not isinstance(change, dict):
        return isinstance(change, str)  # a line that is no JSON: it may hold anything of theirs
    sent = change.get("person")
    about = (change.get("table"), change.get("record_id"))
    whose = (sent.get("table"), sent.get("id")) if isinstance(sent, dict) else None
    return tuple(person) in (about, whose) or change.get("binding") == str(person)
