"""What was refused and why: entries that were not allowed, and changes that could not be understood."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, select

from store.columns import json_field, moment_field


class RefusedRow(SQLModel, table=True):
    """One refusal, kept with what was refused so that it can be corrected.

    *what* is `entry` or `change`; *reason* a short word or two, *problem* the sentence; *change*
    what was sent; *values* the values that an entry was judged on.
    """

    __tablename__ = "refused"

    id: str = Field(primary_key=True)
    at: datetime = moment_field()
    what: str
    reason: str
    problem: str
    change: Any = json_field(dict, nullable=True)
    journey: str | None = Field(default=None, index=True)
    trigger: str | None = None
    person: str | None = Field(default=None, index=True)
    values: dict[str, Any] = json_field()


def refused(
    session: Session,
    *,
    what: str | None = None,
    journey: str | None = None,
    person: str | None = None,
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
    if before is not None:
        query = query.where(RefusedRow.id < before)
    return list(session.exec(query.order_by(col(RefusedRow.id).desc()).limit(limit)))
