"""Fired triggers that concerned somebody: what tiles, conditions and messages read as `trigger.…`."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel

from journeys.changes import RecordRef, TriggerFired
from store.columns import json_field, moment_field


class FiredRow(SQLModel, table=True):
    """One trigger as it fired for one person."""

    __tablename__ = "fired_triggers"
    __table_args__ = (Index("fired_for_person", "person_table", "person_id"),)

    id: str = Field(primary_key=True)
    event_id: str
    trigger: str
    person_table: str
    person_id: str
    binding: str | None = None
    values: dict[str, Any] = json_field()
    before: dict[str, Any] = json_field()
    occurred_at: datetime = moment_field()

    @property
    def person(self) -> RecordRef:
        return RecordRef(self.person_table, self.person_id)

    @property
    def facts(self) -> dict[str, Any]:
        """What is read of it, as of `TriggerFired.facts`."""
        return {**self.values, "before": self.before}


def fired_columns(fired: TriggerFired, fired_id: str) -> dict[str, Any]:
    """Return the columns of the row of *fired*."""
    return {
        "id": fired_id,
        "event_id": fired.event_id,
        "trigger": fired.trigger,
        "person_table": fired.person.table,
        "person_id": fired.person.id,
        "binding": None if fired.binding is None else str(fired.binding),
        "values": dict(fired.values),
        "before": dict(fired.before),
        "occurred_at": fired.occurred_at,
    }
