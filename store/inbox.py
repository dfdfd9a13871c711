"""The inbox: which notifications were taken in, so that a second delivery counts once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Field, Session, SQLModel

from store.columns import inserting, moment_field


class InboxRow(SQLModel, table=True):
    """One notification by the names its sender gave it."""

    __tablename__ = "inbox"

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    received_at: datetime = moment_field(index=True)


_INBOX = InboxRow.__table__  # type: ignore[attr-defined]

Key = tuple[str, str]
"""The source of a notification and its id there."""


def claim(session: Session, keys: Collection[Key], now: datetime) -> set[Key]:
    """Write down that *keys* are taken in, and return those that were not before.

    Of two transactions that claim the same one, the second waits for the first.
    """
    if not keys:
        return set()
    rows = [
        {"source": source, "event_id": event_id, "received_at": now}
        for source, event_id in sorted(keys)
    ]
    insert = inserting(session, InboxRow).on_conflict_do_nothing()
    written = session.execute(insert.returning(_INBOX.c.source, _INBOX.c.event_id), rows)
    return {(source, event_id) for source, event_id in written}


def disclaim(session: Session, keys: Collection[Key]) -> None:
    """Forget *keys*: they were refused, and may be sent again."""
    if keys:
        this = (_INBOX.c.source == bindparam("of")) & (_INBOX.c.event_id == bindparam("named"))
        session.connection().execute(
            _INBOX.delete().where(this),
            [{"of": source, "named": event_id} for source, event_id in keys],
        )


def was_taken(session: Session, key: Key) -> bool:
    """Say whether *key* was taken in before."""
    return session.get(InboxRow, key) is not None
