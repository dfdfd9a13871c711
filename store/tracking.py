"""Tracking: how far changes of a system's tables were asked for, where it keeps track of them."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, delete

from store.columns import moment_field


class TrackedRow(SQLModel, table=True):
    """A table of a source: the *link* that answers what changed after it was asked for *at* a moment."""

    __tablename__ = "tracked"

    source: str = Field(primary_key=True)
    table: str = Field(primary_key=True)
    link: str
    at: datetime = moment_field()


def tracked(session: Session, source: str, table: str) -> TrackedRow | None:
    """Return how far *table* was asked for, or None when it never was."""
    return session.get(TrackedRow, (source, table))


def forget_track(session: Session, source: str) -> None:
    """Forget how far any table of *source* was asked for."""
    session.execute(delete(TrackedRow).where(col(TrackedRow.source) == source))


def keep_track(session: Session, source: str, table: str, link: str, at: datetime) -> None:
    """From now on *link* answers what changed after *at*."""
    session.merge(TrackedRow(source=source, table=table, link=link, at=at))
