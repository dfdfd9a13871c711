"""The inbox: which notifications were taken in, so that a second delivery counts once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import String, bindparam, literal_column, select
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import Field, Session, SQLModel

from store.bulk import each_of
from store.columns import Moment, inserting, moment_field


class InboxRow(SQLModel, table=True):
    """One notification by the names its sender gave it."""

    __tablename__ = "inbox"

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    received_at: datetime = moment_field(index=True)


_INBOX = InboxRow.__table__  # type: ignore[attr-defined]

Key = tuple[str, str]
"""The source of a notification and its id there."""


def claim(session: Session, ids: Mapping[str, Sequence[str]], now: datetime) -> dict[str, set[str]]:
    """Write down that the *ids* of each source are taken in; return those that were not before.

    Of two transactions that claim the same one, the second waits for the first.
    """
    connection = session.connection()
    claiming = _claiming(connection.dialect.name)
    new = {}
    for source, named in ids.items():
        written = connection.execute(claiming, {"of": source, "ids": named, "now": now})
        new[source] = set(written.scalars().all())
    return new


@lru_cache
def _claiming(dialect: str) -> ReturningInsert[str]:
    each = each_of("ids", dialect)
    rows = select(bindparam("of", type_=String), each, bindparam("now", type_=Moment)).where(
        literal_column("true")
    )
    insert = inserting(dialect, InboxRow).from_select(list(_INBOX.c), rows)
    return insert.on_conflict_do_nothing().returning(_INBOX.c.event_id)


def disclaim(session: Session, ids: Mapping[str, Collection[str]]) -> None:
    """Forget these *ids* of each source: they were refused, and may be sent again."""
    refused = [{"of": source, "named": each} for source, some in ids.items() for each in some]
    if refused:
        this = (_INBOX.c.source == bindparam("of")) & (_INBOX.c.event_id == bindparam("named"))
        session.connection().execute(_INBOX.delete().where(this), refused)


def was_taken(session: Session, key: Key) -> bool:
    """Say whether *key* was taken in before."""
    return session.get(InboxRow, key) is not None
