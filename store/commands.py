"""The outbox: what Temporal has yet to be told, written with the change that caused it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Field, Index, Session, SQLModel, col, func, select, text, update

from store.columns import Count, json_field, moment_field

Outcome = Literal["done", "gone", "poisoned"]


class CommandRow(SQLModel, table=True):
    """Start an instance, tell one something, or move one. Commands of one instance keep their order.

    *outcome*: None = still to be carried over, *held* (until *due_at*, or until the journey is
    resumed), *done*, *gone* (the instance had ended), or *poisoned* (set aside with its *problem*).
    """

    __tablename__ = "commands"
    __table_args__ = (
        Index(
            "commands_waiting",
            "journey",
            "id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        Index(
            "commands_held",
            "instance_id",
            sqlite_where=text("outcome = 'held'"),
            postgresql_where=text("outcome = 'held'"),
        ),
        Index(
            "commands_due",
            "due_at",
            sqlite_where=text("outcome = 'held'"),
            postgresql_where=text("outcome = 'held'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Count)
    instance_id: str
    journey: str
    kind: str
    payload: dict[str, Any] = json_field()
    created_at: datetime = moment_field()
    due_at: datetime | None = moment_field(nullable=True)
    outcome: str | None = None
    problem: str | None = None


HELD = col(CommandRow.outcome) == text("'held'")
"""Written out, not a parameter: the partial indexes are of use only then."""

WAITS = col(CommandRow.outcome).is_(None)

_OLDEST = 100
"""Of so many journeys whose commands were written first, the one that waits longest is looked for."""


@dataclass(frozen=True)
class Backlog:
    """How many commands wait for the relay, and since when the oldest of them does."""

    waiting: int
    since: datetime | None


def waiting(session: Session, limit: int, besides: Collection[str] = ()) -> list[CommandRow]:
    """Return up to *limit* commands that are still to be carried over, in order for each journey.

    Journeys share *limit* evenly, so that one with very many does not hold the others up. Commands
    of the instances *besides* are left out.
    """
    found: list[CommandRow] = []
    journeys = _first_of_each(session)
    for index, (journey, _) in enumerate(journeys):
        share = (limit - len(found)) // (len(journeys) - index)
        query = select(CommandRow).where(WAITS, CommandRow.journey == journey)
        if besides:
            query = query.where(col(CommandRow.instance_id).not_in(besides))
        found += session.exec(query.order_by(col(CommandRow.id)).limit(max(share, 1)))
        if len(found) >= limit:
            break
    return found


def backlog(session: Session) -> Backlog:
    """Return what waits for the relay; one that was held waits from when it was let go."""
    count = session.exec(select(func.count()).where(WAITS)).one()
    ids = [first for _, first in _first_of_each(session)]
    since = func.coalesce(CommandRow.due_at, CommandRow.created_at)
    waits = select(since).where(col(CommandRow.id).in_(ids[:_OLDEST])).order_by(since).limit(1)
    return Backlog(count, session.exec(waits).first())


_FIRST_OF_EACH = text(
    """
    WITH RECURSIVE waits(journey) AS (
        SELECT min(journey) FROM commands WHERE outcome IS NULL
        UNION ALL
        SELECT (SELECT min(commands.journey) FROM commands
                WHERE outcome IS NULL AND commands.journey > waits.journey)
        FROM waits WHERE waits.journey IS NOT NULL
    )
    SELECT journey, (SELECT min(id) FROM commands
                     WHERE outcome IS NULL AND commands.journey = waits.journey) AS first
    FROM waits WHERE journey IS NOT NULL ORDER BY first
    """
)
"""The index is stepped through from one journey to the next, however many commands wait for each."""


def _first_of_each(session: Session) -> list[tuple[str, int]]:
    """Return each journey for which commands wait, with the first of those; the longest wait first."""
    return [(journey, first) for journey, first in session.execute(_FIRST_OF_EACH)]


def next_due(session: Session) -> datetime | None:
    """Return when the next of the commands that are held is due, or None."""
    held = select(func.min(CommandRow.due_at)).where(HELD)
    return session.exec(held).one()


def settle(
    session: Session, ids: Collection[int], outcome: Outcome, problem: str | None = None
) -> set[int]:
    """Write down what became of those of the commands *ids* that wait still, and return these.

    What another relay has written down before stands.
    """
    settled = (
        update(CommandRow)
        .where(col(CommandRow.id).in_(ids), WAITS)
        .values(outcome=outcome, problem=problem)
        .returning(col(CommandRow.id))
    )
    written = session.execute(settled, execution_options={"synchronize_session": False})
    return {command_id for command_id in written.scalars() if command_id}
