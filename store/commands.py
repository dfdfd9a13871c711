"""The outbox: what Temporal has yet to be told, written with the change that caused it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Field, Index, Session, SQLModel, col, select, text, update

from store.columns import json_field, moment_field

Outcome = Literal["done", "gone", "poisoned"]


class CommandRow(SQLModel, table=True):
    """Start an instance, or tell one something. Commands of one instance keep their order.

    *outcome*: None = still to be carried over, *done*, *gone* (the instance had ended), or
    *poisoned* (set aside with its *problem*).
    """

    __tablename__ = "commands"
    __table_args__ = (
        Index(
            "commands_waiting",
            "id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    instance_id: str
    kind: str
    payload: dict[str, Any] = json_field()
    created_at: datetime = moment_field()
    outcome: str | None = None
    problem: str | None = None


def waiting(session: Session, limit: int, besides: Collection[str] = ()) -> list[CommandRow]:
    """Return the oldest commands that are still to be carried over, in order.

    Commands of the instances *besides* are left out.
    """
    query = select(CommandRow).where(col(CommandRow.outcome).is_(None))
    if besides:
        query = query.where(col(CommandRow.instance_id).not_in(besides))
    return list(session.exec(query.order_by(col(CommandRow.id)).limit(limit)))


def settle(
    session: Session, ids: Collection[int], outcome: Outcome, problem: str | None = None
) -> None:
    """Write down what became of the commands *ids*."""
    session.execute(
        update(CommandRow)
        .where(col(CommandRow.id).in_(ids))
        .values(outcome=outcome, problem=problem)
    )
