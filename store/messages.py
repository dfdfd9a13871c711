"""The message log: what was sent to whom, by which tile, and what was not and why."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Field, Index, Session, SQLModel, col, select, tuple_, update

from store.columns import moment_field


class MessageRow(SQLModel, table=True):
    """One message. Its *id* is the idempotency key of its send: a retried send finds it again.

    *sending* means it was handed to the channel and the answer is not known yet.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("messages_in_order", "at", "id"),
        Index("messages_of_journey", "journey", "at", "id"),
        Index("messages_of_person", "person_table", "person_id", "at", "id"),
    )

    id: str = Field(primary_key=True)
    instance: str = Field(index=True)
    journey: str
    version: int
    tile: str
    person_table: str
    person_id: str
    channel: str
    template: str
    purpose: str
    to: str | None = None
    status: str
    reason: str | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    at: datetime = moment_field()


def messages(
    session: Session,
    *,
    instance: str | None = None,
    journey: str | None = None,
    person: tuple[str, str] | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[MessageRow]:
    """Return up to *limit* messages, the newest first, from before the moment and id *before*."""
    query = select(MessageRow)
    if instance is not None:
        query = query.where(MessageRow.instance == instance)
    if journey is not None:
        query = query.where(MessageRow.journey == journey)
    if person is not None:
        query = query.where(MessageRow.person_table == person[0], MessageRow.person_id == person[1])
    if before is not None:
        query = query.where(tuple_(col(MessageRow.at), col(MessageRow.id)) < before)
    order = (col(MessageRow.at).desc(), col(MessageRow.id).desc())
    return list(session.exec(query.order_by(*order).limit(limit)))


def write_message(session: Session, row: MessageRow) -> None:
    """Write down a message, once all is known of it."""
    session.connection().execute(_MESSAGES.insert(), row.model_dump())


def give_up(session: Session, message_id: str, reason: str | None) -> None:
    """Write down that a message was not sent and will not be tried again."""
    session.execute(
        update(MessageRow)
        .where(col(MessageRow.id) == message_id, col(MessageRow.status) == "sending")
        .values(status="failed", reason=reason)
    )


def became(session: Session, message_id: str, status: str, reason: str | None) -> None:
    """Write down what became of a message."""
    now = {"message": message_id, "status": status, "reason": reason}
    session.connection().execute(_BECAME, now)


_MESSAGES = MessageRow.__table__  # type: ignore[attr-defined]
_BECAME = update(_MESSAGES).where(_MESSAGES.c.id == bindparam("message"))
