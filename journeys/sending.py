"""Sending: whether a message may leave, decided immediately before it would."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from journeys.changes import RecordRef, Values
from journeys.facts import Read
from journeys.moments import Calendar, day_or_moment
from journeys.table import Table


class Expiry(BaseModel):
    """From when on a message may not leave any more.

    That is a time *after* the arrival on its tile, *at* a moment, or the date in a *field*, plus or
    minus *offset*; a date without a time begins at midnight in the journey's zone, and where there
    is no date the message does not expire.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: timedelta | None = Field(default=None, gt=timedelta(0))
    at: AwareDatetime | None = None
    field: str | None = None
    offset: timedelta = timedelta(0)

    @model_validator(mode="after")
    def _one_way_of_expiring(self) -> "Expiry":
        if sum(way is not None for way in (self.after, self.at, self.field)) != 1:
            raise ValueError("Expected one of after, at and field, but there are more or none.")
        if self.field is None and self.offset:
            raise ValueError("Expected offset only with field.")
        return self

    def moment(self, arrived_at: datetime, read: Read, zone: ZoneInfo) -> datetime | None:
        """Return when a message of one who *arrived_at* then expires; None where it never does."""
        if self.field is None:
            return self.at or arrived_at + (self.after or timedelta(0))
        point = day_or_moment(read(self.field))
        try:
            return None if point is None else Calendar(arrived_at, zone).moment(point) + self.offset
        except OverflowError:
            return None  # some systems write the last date there is for "never"


@dataclass(frozen=True)
class Send:
    """It may leave, to this contact point."""

    to: str


@dataclass(frozen=True)
class Block:
    """It may not leave, and why."""

    reason: str


def decide(
    channel: str, person: RecordRef, table: Table | None, values: Values | None
) -> Send | Block:
    """Decide on a message to *person*, whose record has *values* (None = there is no such record)."""
    if values is None:
        return Block(f"no such {person.table}")
    column = getattr(table.audience, channel, None) if table is not None else None
    contact_point = values.get(column) if column else None
    if not isinstance(contact_point, str) or not contact_point.strip():
        return Block(f"no {channel} address")
    return Send(contact_point.strip())
