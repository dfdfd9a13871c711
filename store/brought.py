"""What tiles brought: the record one wrote, or the answer of an endpoint, to be read later."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel

from journeys.changes import RecordRef, Values
from store.columns import insert_once, json_field, moment_field


class BroughtRow(SQLModel, table=True):
    """What one visit of a tile brought; *id* is the key of that visit."""

    __tablename__ = "brought"

    id: str = Field(primary_key=True)
    instance: str = Field(index=True)
    tile: str
    record: str | None = None
    values: dict[str, Any] = json_field()
    at: datetime = moment_field()

    @property
    def facts(self) -> Values | RecordRef:
        """What is read below `tiles.<id>.`."""
        return self.values if self.record is None else RecordRef.parse(self.record)


def keep_brought(session: Session, row: BroughtRow) -> None:
    """Keep what a visit brought; the first time stands."""
    insert_once(session, BroughtRow, [row.model_dump()])
