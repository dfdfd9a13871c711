"""Sources: the systems that post to us, and what has come from each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import BigInteger, Field, Session, SQLModel, select

from store.columns import Moment, json_field, moment_field

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

    *hour* is the last one in which anything came, *this_hour* what came in it, and *hour_before* what
    came in the one before that.
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

    @property
    def things(self) -> int:
        return self.accepted + self.duplicates + self.refused + self.ignored


def sources(session: Session) -> list[SourceRow]:
    """Return every source that was declared, by name."""
    return list(session.exec(select(SourceRow).order_by(SourceRow.name)))


def received(session: Session) -> dict[str, ReceivedRow]:
    """Return what has come, by the name of its source."""
    return {row.source: row for row in session.exec(select(ReceivedRow))}


def note_received(session: Session, came: Iterable[tuple[str, Received]], now: datetime) -> None:
    """Count what *came* from each source at *now*."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows = [
        {
            **vars(one), "source": source, "last_received_at": now, "received": one.things,
            "hour": hour, "this_hour": one.things, "hour_before": 0, "earlier": hour - HOUR,
        }
        for source, one in came
    ]  # fmt: skip
    if rows:
        session.connection().execute(_counting(session.get_bind().dialect.name), rows)


@cache
def _counting(dialect: str) -> Executable:
    """Return what adds to a row, or begins one; it costs as little as it can, since it is for each body."""
    row = ReceivedRow.__table__.c  # type: ignore[attr-defined]
    made = sqlite.insert if dialect == "sqlite" else postgresql.insert
    insert: sqlite.Insert | postgresql.Insert = made(ReceivedRow)
    new, same = insert.excluded, row.hour == insert.excluded.hour
    came = ("received", "accepted", "duplicates", "refused", "ignored")
    before = case(
        (same, row.hour_before),
        (row.hour == bindparam("earlier", type_=Moment), row.this_hour),
        else_=0,
    )
    counts: dict[str, Any] = {name: row[name] + new[name] for name in came}
    return insert.on_conflict_do_update(
        index_elements=[row.source],
        set_={
            **counts,
            "last_received_at": new.last_received_at,
            "hour": new.hour,
            "this_hour": case((same, row.this_hour), else_=0) + new.this_hour,
            "hour_before": before,
        },
    )


def forget_source(session: Session, name: str, *, counts: bool) -> None:
    """Forget a source that was declared, and what was counted of it if *counts*."""
    for kind in (SourceRow, ReceivedRow) if counts else (SourceRow,):
        row = session.get(kind, name)
        if row is not None:
            session.delete(row)
