"""Moments and days: absolute, relative to now, and as long as a calendar's day, month or year."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from journeys.problem import quoted

Point = date | datetime
"""A day, or a moment in UTC."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)
_RELATIVE = re.compile(r"(today|now)(?:\s*([+-])\s*(P\S+))?")


class Duration(NamedTuple):
    """How long, as a calendar counts: months and days are as long as they are, *time* is exact."""

    months: int = 0
    days: int = 0
    time: timedelta = timedelta(0)

    @classmethod
    def parse(cls, text: Any) -> "Duration":
        """Read an ISO 8601 duration (`P30D`, `PT2H`); raise ValueError where it is none."""
        found = _DURATION.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"Expected a duration such as P30D or PT2H, but it is {quoted(text)}.")
        years, months, weeks, days, hours, minutes, seconds = (int(n or 0) for n in found.groups())
        time = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return cls(12 * years + months, 7 * weeks + days, time)

    def __str__(self) -> str:
        years, months = divmod(self.months, 12)
        minutes, seconds = divmod(int(self.time.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        day = _counted((years, "Y"), (months, "M"), (self.days, "D"))
        time = _counted((hours, "H"), (minutes, "M"), (seconds, "S"))
        return f"P{day}{'T' if time else ''}{time}" if day or time else "PT0S"

    def __neg__(self) -> "Duration":
        return Duration(-self.months, -self.days, -self.time)


def _counted(*parts: tuple[int, str]) -> str:
    return "".join(f"{count}{unit}" for count, unit in parts if count)


class Relative(NamedTuple):
    """A day or moment said from now: `today`, `today + P30D`, `now - PT2H`."""

    start: str
    duration: Duration = Duration()
    back: bool = False

    @classmethod
    def parse(cls, text: str) -> "Relative | None":
        """Read *text*; None where it is said in another way, ValueError where its duration is none."""
        found = _RELATIVE.fullmatch(text.strip())
        if found is None:
            return None
        start, sign, duration = found.groups()
        return cls(start, Duration.parse(duration) if duration else Duration(), sign == "-")

    def __str__(self) -> str:
        if self.duration == Duration():
            return self.start
        return f"{self.start} {'-' if self.back else '+'} {self.duration}"


@dataclass(frozen=True)
class Calendar:
    """The present moment and the zone whose midnights part the days."""

    now: datetime
    zone: ZoneInfo

    @cached_property
    def today(self) -> date:
        return self.day(self.now)

    def day(self, point: Point) -> date:
        """Return the day of *point* in this zone."""
        if not isinstance(point, datetime):
            return point
        try:
            return point.astimezone(self.zone).date()
        except (
            OverflowError
        ):  # the first or last moment there is, which some systems write for "never"
            return point.date()

    def moment(self, point: Point) -> datetime:
        """Return *point* as a moment; a day begins at its midnight in this zone."""
        if isinstance(point, datetime):
            return point
        return instant(point, time.min, self.zone)

    def point(self, value: Any) -> Point | None:
        """Return the day or moment that *value* names, None where it names none.

        What is relative counts from now: `today + P1M` is a day, `now + P1M` and `today + PT8H`
        are moments.
        """
        if not isinstance(value, str):
            return None
        try:
            relative = Relative.parse(value)
        except ValueError:
            return None
        if relative is None:
            return day_or_moment(value)
        start = self.today if relative.start == "today" else self.now
        return self.shift(start, -relative.duration if relative.back else relative.duration)

    def shift(self, point: Point, duration: Duration) -> Point | None:
        """Return *point* moved by *duration*, None where that leads out of the calendar.

        Months and days are moved on the clock of this zone, so that a day later is the same time
        of day also where the clocks change; what is left of the 31st in a shorter month is its
        last day.
        """
        try:
            day = _months_later(self.day(point), duration.months) + timedelta(days=duration.days)
            if not isinstance(point, datetime):
                if not duration.time:
                    return day
                return self.moment(day) + duration.time
            local = point.astimezone(self.zone)
            moved = instant(day, local.time(), self.zone) if day != local.date() else point
            return moved.astimezone(UTC) + duration.time
        except (OverflowError, ValueError):
            return None


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which the clocks of *zone* show *at* on *day*.

    A local time that the clocks leap over is the next instant that exists; one that they show
    twice is taken once, the first time. Raises OverflowError where it lies before the first
    moment there is, or after the last.
    """
    local = datetime.combine(day, at.replace(fold=0))
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local:
        return moment
    start = local.replace(tzinfo=zone, fold=1, microsecond=0).astimezone(UTC)
    return _leap(start, moment, zone)


def _leap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the one instant between *before* and *after* at which the clocks leap forward."""
    offset, low, high = after.astimezone(zone).utcoffset(), 0, int((after - before).total_seconds())
    while low + 1 < high:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return before + timedelta(seconds=high)


def point_of(text: str) -> Point:
    """Read a date or an RFC 3339 moment; raise ValueError where *text* is neither."""
    if len(text) == len("2026-11-24"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("Expected a moment with its offset, but it has none.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("Expected a moment the calendar has, but it has not.") from None


def day_or_moment(value: Any) -> Point | None:
    """Return the day or moment that a column's *value* is, None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        return point_of(value)
    except ValueError:
        return None


def anniversary(day: date, year: int) -> date:
    """Return *day*'s anniversary in *year*; that of 29 February is the 28th in a common year."""
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError("Expected a year the calendar has.")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
