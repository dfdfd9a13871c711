"""What was refused and why: entries, changes that could not be understood, commands set aside."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, Session, SQLModel, col, select

from store.columns import json_field, moment_field

BAD_INPUT, OUT_OF_ORDER = "bad input", "out of order"
"""The reason of what could not be understood: it waits for its correction."""


class RefusedRow(SQLModel, table=True):
    """One refusal, kept with what was refused so that it can be corrected.

    *what* is `entry`, `change` or `command`; *reason* a short word or two, *problem* the sentence;
    *change* what was sent, and *form* how to read it again: as a `change`, an `event`, or in a
    foreign format, in which the *source* of that name sent it with such *headers*; *values* the
    values that an entry was judged on. *replayed_at* is when it was taken in after all, and *became*
    what the answer to that was.
    """

    __tablename__ = "refused"
    __table_args__ = (
        Index("refused_of_kind", "what", "id"),
        Index("refused_of_journey", "journey", "id"),
        Index("refused_of_person", "person", "id"),
    )

    id: str = Field(primary_key=True)
    at: datetime = moment_field()
    what: str
    reason: str
    problem: str
    form: str | None = None
    source: str | None = Field(default=None, index=True)
    headers: dict[str, str] = json_field()
    change: Any = json_field(dict, nullable=True)
    journey: str | None = None
    trigger: str | None = None
    person: str | None = None
    values: dict[str, Any] = json_field()
    replayed_at: datetime | None = moment_field(nullable=True)
    became: Any = json_field(lambda: None, nullable=True)


def refused(
    session: Session,
    *,
    what: str | None = None,
    journey: str | None = None,
    person: str | None = None,
    source: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> list[RefusedRow]:
    """Return up to *limit* refusals, the newest first, from before the id *before*."""
    query = select(RefusedRow)
    if what is not None:
        query = query.where(RefusedRow.what == what)
    if journey is not None:
        query = query.where(RefusedRow.journey == journey)
    if person is not None:
        query = query.where(RefusedRow.person == person)
    if source is not None:
        query = query.where(RefusedRow.source == source)
    if before is not None:
        query = query.where(RefusedRow.id < before)
    return list(session.exec(query.order_by(col(RefusedRow.id).desc()).limit(limit)))
