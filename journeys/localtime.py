"""Local time: times of day and windows by the clocks of a zone, and when it is them next.

Where the clocks change, `moments.instant` says which moment a local time is.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from journeys.facts import Read
from journeys.field import below
from journeys.moments import WEEKDAYS, instant
from journeys.problem import quoted
from journeys.table import Table

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_A_DAY = timedelta(days=1)

PARTICIPANT_ZONE = "participant.time_zone"
"""The field that `participant_zone` answers; of which column it is depends on the person's table."""


def participant_zone(table: Table | None, read: Read) -> Any:
    """Return what stands in the time zone column of a person of *table*; None where there is none."""
    audience = None if table is None else table.audience
    if audience is None or audience.time_zone is None:
        return None
    return read(below("person", audience.time_zone))


def zone_named(name: Any) -> ZoneInfo | None:
    """Return the time zone called *name* (`Europe/Paris`), None where there is no such zone."""
    if not isinstance(name, str):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # for odd keys, folders, and unknown zones
        return None


def _read_time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if not (isinstance(value, str) and re.fullmatch(_TIME, value, re.ASCII)):
        raise ValueError(f'Expected a time of day such as "09:00", but it is {quoted(value)}.')
    return time.fromisoformat(value)


def _read_weekdays(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list | tuple) else [value]
    days = [day.casefold() if isinstance(day, str) else day for day in listed]
    if any(day not in WEEKDAYS for day in days):
        known = ", ".join(WEEKDAYS)
        raise ValueError(f"Expected a list of weekdays ({known}), but it is {quoted(value)}.")
    return tuple(day for day in WEEKDAYS if day in days)


TimeOfDay = Annotated[
    time,
    BeforeValidator(_read_time),
    PlainSerializer(lambda at: f"{at:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": _TIME}),
]
"""A time of day by the clock, to the minute: `09:00`."""

Weekdays = Annotated[
    tuple[str, ...],
    BeforeValidator(_read_weekdays),
    WithJsonSchema({"type": "array", "items": {"type": "string", "enum": [*WEEKDAYS]}}),
]
"""Some days of the week, Monday first; none means any."""

WhoseZone = Literal["journey", "participant"]
"""By whose clock: the journey's, or that of the participant's own time zone."""


class LocalTime(BaseModel):
    """A time of day on some *weekdays* (on any, where none are said)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: TimeOfDay
    weekdays: Weekdays = ()
    zone: WhoseZone = "journey"

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return when it is this time next, later than *moment*, in UTC.

        At the very moment it waits for the next, so that a loop never turns twice at once.
        """
        return next(
            at
            for day in _days_around(moment, zone, self.weekdays)
            if (at := instant(day, self.time, zone)) > moment
        )


class Window(BaseModel):
    """The time of day *from* one time *to* another, on some *weekdays* (on any, where none are said).

    It holds *from* and ends before *to*. One that ends by an earlier time than it begins, or by
    midnight, goes over midnight and belongs to the weekday on which it opens.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    weekdays: Weekdays = ()
    zone: WhoseZone = "journey"

    @model_validator(mode="after")
    def _some_time(self) -> "Window":
        if self.from_ == self.to:
            raise ValueError(
                f"Expected a window that ends by another time than it opens, "
                f"but from and to are both {self.to:%H:%M}."
            )
        return self

    def within(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return *moment* where it is in the window, else when the window opens next, in UTC.

        A window that the clocks leap over opens for the one instant at which they do.
        """
        return next(
            max(opens, moment).astimezone(UTC)
            for day in _days_around(moment, zone, self.weekdays)
            if (opens := instant(day, self.from_, zone)) >= moment
            or instant(self._closing_day(day), self.to, zone) > moment
        )

    def _closing_day(self, day: date) -> date:
        return day if self.from_ < self.to else day + _A_DAY


def _days_around(moment: datetime, zone: ZoneInfo, weekdays: tuple[str, ...]) -> Iterator[date]:
    """Yield the days from the one before *moment* on for more than a week, those of *weekdays* only.

    A window may have opened the day before, or two days where the clocks left one out.
    """
    first = moment.astimezone(zone).date() - 2 * _A_DAY
    for number in range(12):
        day = first + number * _A_DAY
        if not weekdays or WEEKDAYS[day.weekday()] in weekdays:
            yield day
