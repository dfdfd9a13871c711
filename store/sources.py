"""Sources: the systems that post to us, and what has come from each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import BigInteger, Field, Session, SQLModel, select

from store.columns import json_field, moment_field

HOUR = timedelta(hours=1)


class SourceRow(SQLModel, table=True):
    """A source that was declared: its *format*, the *settings* of that, and its *credentials*.

    Of credentials a digest is kept, but for the secrets of signatures, which have to be read.
    """

    __tablename__ = "sources"

    name: str = Field(primary_key=True)
    format: str
    title: str = ""
    settings: dict[str, Any] = json_field()
    credentials: list[dict[str, Any]] = json_field(list)
    enabled: bool = True
    created_at: datetime = moment_field()


class ReceivedRow(SQLModel, table=True):
    """What has come from a source, declared or built in; things are counted, not requests.

    *this_hour* is what came since *hour*, and *hour_before* what came in the hour before that.
    """

    __tablename__ = "received"

    source: str = Field(primary_key=True)
    last_received_at: datetime = moment_field()
    received: int = Field(default=0, sa_type=BigInteger)
    accepted: int = Field(default=0, sa_type=BigInteger)
    duplicates: int = Field(default=0, sa_type=BigInteger)
    refused: int = Field(default=0, sa_type=BigInteger)
    ignored: int = Field(default=0, sa_type=BigInteger)
    hour: datetime = moment_field()
    this_hour: int = Field(default=0, sa_type=BigInteger)
    hour_before: int = Field(default=0, sa_type=BigInteger)

    def count(self, came: "Received", now: datetime) -> None:
        """Add what *came* at *now*."""
        things = came.accepted + came.duplicates + came.refused + came.ignored
        if hours := (now - self.hour) // HOUR:
            self.hour += hours * HOUR
            self.hour_before, self.this_hour = (self.this_hour if hours == 1 else 0), 0
        self.last_received_at = now
        self.received += things
        self.accepted += came.accepted
        self.duplicates += came.duplicates
        self.refused += came.refused
        self.ignored += came.ignored
        self.this_hour += things

    def in_the_last_hour(self, now: datetime) -> int:
        """Return about how many things came in the hour before *now*.

        What came in the hour before this one is taken to have come evenly.
        """
        hours = (now - self.hour) / HOUR
        if hours < 1:
            return round(self.this_hour + self.hour_before * (1 - max(hours, 0.0)))
        return round(self.this_hour * max(2 - hours, 0.0))


@dataclass(frozen=True)
class Received:
    """What became of the things in one body, counted."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    ignored: int = 0


def sources(session: Session) -> list[SourceRow]:
    """Return every source that was declared, by name."""
    return list(session.exec(select(SourceRow).order_by(SourceRow.name)))


def received(session: Session) -> dict[str, ReceivedRow]:
    """Return what has come, by the name of its source."""
    return {row.source: row for row in session.exec(select(ReceivedRow))}


def note_received(session: Session, came: Iterable[tuple[str, Received]], now: datetime) -> None:
    """Count what *came* from each source at *now*."""
    for source, one in came:
        row = session.get(ReceivedRow, source)
        if row is None:
            row = ReceivedRow(source=source, last_received_at=now, hour=now)
        row.count(one, now)
        session.add(row)


def forget_source(session: Session, name: str, *, counts: bool) -> None:
    """Forget a source that was declared, and what was counted of it if *counts*."""
    for kind in (SourceRow, ReceivedRow) if counts else (SourceRow,):
        row = session.get(kind, name)
        if row is not None:
            session.delete(row)
