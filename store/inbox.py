"""The inbox: which notifications were taken in, so that a second delivery counts once."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select, tuple_

from store.columns import moment_field

_AT_A_TIME = 400


class InboxRow(SQLModel, table=True):
    """One notification by the names its sender gave it."""

    __tablename__ = "inbox"

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    received_at: datetime = moment_field(index=True)


def seen(session: Session, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of *keys* (source, event id) that were taken in before."""
    wanted, found = list(keys), set()
    pair = tuple_(col(InboxRow.source), col(InboxRow.event_id))
    for start in range(0, len(wanted), _AT_A_TIME):
        some = wanted[start : start + _AT_A_TIME]
        found |= set(session.exec(select(InboxRow.source, InboxRow.event_id).where(pair.in_(some))))
    return found
