"""The outbox: what Temporal has yet to be told, written with the change that caused it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Field, Index, Session, SQLModel, col, func, select, text, update

from store.columns import json_field, moment_field

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

    id: int | None = Field(default=None, primary_key=True)
    instance_id: str
    kind: str
    payload: dict[str, Any] = json_field()
    created_at: datetime = moment_field()
    due_at: datetime | None = moment_field(nullable=True)
    outcome: str | None = None
    problem: str | None = None


HELD = col(CommandRow.outcome) == text("'held'")
"""Written out, not a parameter: the partial indexes are of use only then."""


def waiting(session: Session, limit: int, besides: Collection[str] = ()) -> list[CommandRow]:
    """Return the oldest commands that are still to be carried over, in order.

    Commands of the instances *besides* are left out.
    """
    query = select(CommandRow).where(col(CommandRow.outcome).is_(None))
    if besides:
        query = query.where(col(CommandRow.instance_id).not_in(besides))
    return list(session.exec(query.order_by(col(CommandRow.id)).limit(limit)))


def next_due(session: Session) -> datetime | None:
    """Return when the next of the commands that are held is due, or None."""
    held = select(func.min(CommandRow.due_at)).where(HELD)
    return session.exec(held).one()


def settle(
    session: Session, ids: Collection[int], outcome: Outcome, problem: str | None = None
) -> None:
    """Write down what became of the commands *ids*."""
    session.execute(
        update(CommandRow)
        .where(col(CommandRow.id).in_(ids))
        .values(outcome=outcome, problem=problem)
    )
