"""Timelines: what happened to an instance, line by line."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, func, select

from journeys.trace import Ending, Note
from store.columns import json_field, moment_field
from store.instances import InstanceRow


class NoteRow(SQLModel, table=True):
    """One line; *seq* counts the lines of an instance, so that a line written twice stands once."""

    __tablename__ = "timeline"

    instance_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = moment_field()
    what: str
    tile: str | None = None
    target: str | None = None
    why: str | None = None
    values: dict[str, Any] = json_field()
    message: str | None = None

    @property
    def note(self) -> Note:
        return Note.model_validate(self.model_dump(exclude={"instance_id", "seq"}))


def write_notes(session: Session, instance_id: str, first: int, notes: Iterable[Note]) -> None:
    """Write *notes* as the lines *first*, *first* + 1, …; lines that stand already are left alone."""
    rows = {
        first + index: NoteRow(instance_id=instance_id, seq=first + index, **note.model_dump())
        for index, note in enumerate(notes)
    }
    there = select(NoteRow.seq).where(
        NoteRow.instance_id == instance_id, col(NoteRow.seq).in_(rows)
    )
    written = session.exec(there).all()
    for seq in rows.keys() - set(written):
        session.add(rows[seq])


def add_note(session: Session, instance_id: str, note: Note) -> None:
    """Write *note* after the last line of an instance that has ended."""
    last = session.exec(
        select(func.max(NoteRow.seq)).where(NoteRow.instance_id == instance_id)
    ).one()
    session.add(NoteRow(instance_id=instance_id, seq=(last or 0) + 1, **note.model_dump()))


def timeline(session: Session, instance_id: str) -> list[Note]:
    """Return the lines of an instance from its entry on."""
    rows = session.exec(
        select(NoteRow).where(NoteRow.instance_id == instance_id).order_by(col(NoteRow.seq))
    )
    return [row.note for row in rows]


def end(session: Session, row: InstanceRow, ending: Ending, at: datetime) -> None:
    """Write down how an instance left its journey; the first ending stands."""
    if row.status != "active":
        return
    row.status, row.reason, row.ended_at = ending.status, ending.reason, at
    row.next_wake_at = None
    session.add(row)
