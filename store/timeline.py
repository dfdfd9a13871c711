"""Timelines: what happened to an instance, line by line."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, func, select

from journeys.trace import Note, What
from store.bulk import insert_or_replace
from store.columns import json_field, moment_field


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
    """Write *notes* as the lines *first*, *first* + 1, …, in place of what stands there already.

    A workflow's task that is tried again may have heard more than the first time: then its lines
    are others, and what it remembers are those of the last try.
    """
    rows = [
        # a note has the rest of the columns, in their order
        (instance_id, seq, *note.model_dump().values())
        for seq, note in enumerate(notes, first)
    ]
    insert_or_replace(session, NoteRow, rows)


def add_note(session: Session, instance_id: str, note: Note) -> None:
    """Write *note* after the last line of an instance that runs no more, or not yet."""
    last = session.exec(
        select(func.max(NoteRow.seq)).where(NoteRow.instance_id == instance_id)
    ).one()
    session.add(NoteRow(instance_id=instance_id, seq=(last or 0) + 1, **note.model_dump()))


def has_note(session: Session, instance_id: str, what: What) -> bool:
    """Say whether a line of an instance tells of *what*."""
    query = select(NoteRow.seq).where(NoteRow.instance_id == instance_id, NoteRow.what == what)
    return session.exec(query.limit(1)).first() is not None


def timeline(session: Session, instance_id: str) -> list[Note]:
    """Return the lines of an instance from its entry on."""
    rows = session.exec(
        select(NoteRow).where(NoteRow.instance_id == instance_id).order_by(col(NoteRow.seq))
    )
    return [row.note for row in rows]
