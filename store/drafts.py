"""Drafts as they were saved, so that who edits an old one can be told what has changed since."""

from typing import Any

from sqlmodel import Field, Session, SQLModel, col, delete

from store.columns import json_field

KEPT = 100
"""How many savings of one journey are kept."""


class DraftRow(SQLModel, table=True):
    """One saving of a journey's draft; *number* is the journey's `draft_version`."""

    __tablename__ = "drafts"

    journey: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    draft: dict[str, Any] = json_field()


def keep_draft(session: Session, journey: str, number: int, draft: dict[str, Any]) -> None:
    """Keep *draft* as it was saved, and forget those from long ago."""
    session.merge(DraftRow(journey=journey, number=number, draft=draft))
    old = (col(DraftRow.journey) == journey) & (col(DraftRow.number) <= number - KEPT)
    session.execute(delete(DraftRow).where(old))


def draft_kept(session: Session, journey: str, number: int) -> dict[str, Any] | None:
    """Return the draft of *journey* as it was saved for the *number*th time, or None."""
    row = session.get(DraftRow, (journey, number))
    return None if row is None else row.draft


def forget_drafts(session: Session, journey: str) -> None:
    """Forget what was saved of a journey that is deleted."""
    session.execute(delete(DraftRow).where(col(DraftRow.journey) == journey))
