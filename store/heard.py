"""Heard: which instances were told of a trigger that happened to somebody else, about another record."""

from typing import Any

from sqlmodel import Field, Session, SQLModel, col, delete


class HeardRow(SQLModel, table=True):
    """An instance that a match found, and may read the trigger *fired* as long as its history is kept."""

    __tablename__ = "heard"

    fired: str = Field(primary_key=True)
    instance: str = Field(primary_key=True, index=True)


def forget_heard(session: Session, instances: Any) -> None:
    """Forget what *instances*, by their ids, heard of others."""
    session.execute(delete(HeardRow).where(col(HeardRow.instance).in_(instances)))
