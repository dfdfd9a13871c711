"""Wait: hold the participant for a time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator

from journeys.catalogue import Catalogue
from journeys.localtime import LocalTime, Window
from journeys.moments import Calendar, Duration, Point, day_or_moment
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.trace import Left
from journeys.visit import Visit

LONGEST_WAIT = timedelta(days=3653)
"""Ten years: semantics of the wait tile."""

_A_DAY = timedelta(days=1)


class Wait(BaseTile):
    """Hold the participant in one of five ways, for ten years at the longest.

    - *for* a duration, counted from arrival on the tile.
    - *until* a moment; one that has passed holds nobody.
    - *until_field*: until the date in a column, plus or minus *offset*, whose whole days are
      counted on the journey's calendar. A date without a time begins at midnight in the
      journey's zone. It is planned anew whenever that column changes; *if_missing* and *if_past*
      say what happens where there is no such date, or it has passed on arrival: `continue`,
      `exit`, or a tile to go to.
    - *until_local*: until it is that time of day next, on one of the weekdays if some are named.
      Who arrives at that very time waits for the next.
    - *window*: until the time of day is within the window; who arrives in it goes on at once.

    A local time is one by the journey's clock, or, with *zone* `participant`, by the clock of the
    participant's own time zone as it is on arrival; where that is missing or unknown, the journey's
    holds and the timeline says so.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "wait", "id": "cool-off", "for": "PT2H", "next": None,
    }  # fmt: skip
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"kind": "wait", "id": "launch", "until": "2027-03-01T09:00:00+01:00", "next": None},
        {
            "kind": "wait", "id": "renewal", "until_field": "record.expireson", "offset": "-P30D",
            "if_missing": "exit", "if_past": "continue", "next": None,
        },
        {
            "kind": "wait", "id": "tuesday-morning",
            "until_local": {"time": "09:00", "weekdays": ["tue"], "zone": "participant"}, "next": None,
        },
        {
            "kind": "wait", "id": "office-hours", "next": None,
            "window": {"from": "08:30", "to": "17:00", "weekdays": ["mon", "tue", "wed", "thu", "fri"]},
        },
    )  # fmt: skip

    kind: Literal["wait"] = "wait"
    for_: timedelta | None = Field(default=None, alias="for", gt=timedelta(0))
    until: AwareDatetime | None = None
    until_field: str | None = None
    until_local: LocalTime | None = None
    window: Window | None = None
    offset: timedelta = timedelta(0)
    if_missing: Literal["continue", "exit"] | TileId = "continue"
    if_past: Literal["continue", "exit"] | TileId = "continue"
    next: TileId | None = None

    @model_validator(mode="after")
    def _one_way_of_waiting(self) -> "Wait":
        ways = [self.for_, self.until, self.until_field, self.until_local, self.window]
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "Expected one of for, until, until_field, until_local and window, "
                "but there are more or none."
            )
        if self.until_field is None and self.model_fields_set & {"offset", "if_missing", "if_past"}:
            raise ValueError("Expected offset, if_missing and if_past only with until_field.")
        return self

    @property
    def targets(self) -> dict[str, TileId | None]:
        ways = {"if_missing": self.if_missing, "if_past": self.if_past}
        drawn = {name: way for name, way in ways.items() if way not in ("continue", "exit")}
        return {"next": self.next, **drawn}

    @property
    def watches(self) -> tuple[str, ...]:
        return (self.until_field,) if self.until_field else ()

    @property
    def waits(self) -> bool:
        return self.for_ is not None or self.until_local is not None

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        """Yield a duration that is too long; how far away a moment is shows when it is waited for."""
        if self.for_ is not None and self.for_ > LONGEST_WAIT:
            yield Problem(
                path="/for",
                message=f"Expected at most {LONGEST_WAIT.days} days, but it waits {self.for_.days} days.",
            )
        if abs(self.offset) > LONGEST_WAIT:
            yield Problem(
                path="/offset",
                message=f"Expected at most {LONGEST_WAIT.days} days, but it is {abs(self.offset).days} days.",
            )

    async def run(self, visit: Visit) -> TileId | None:
        if self.until_field is not None:
            return await self._until_date(self.until_field, visit)
        await self._hold(visit, await self._moment(visit))
        return self.next

    async def _moment(self, visit: Visit) -> datetime:
        """Return when the participant goes on; it follows from their arrival alone."""
        if self.until_local is not None:
            zone = await _zone(self.until_local, visit)
            return self.until_local.after(visit.arrived_at, zone)
        if self.window is not None:
            return self.window.within(visit.arrived_at, await _zone(self.window, visit))
        return self.until or visit.arrived_at + (self.for_ or timedelta(0))

    async def _until_date(self, field: str, visit: Visit) -> TileId | None:
        """Wait for the date in *field*, looking again each time it changes."""
        while True:
            looking_at = visit.now()  # a read takes its time, and would look like standing here
            value = (await visit.read([field], watch=field))[field]
            point = day_or_moment(value)
            if point is None:
                return self._unplanned(visit, self.if_missing, "no date", {field: value})
            moment = self._planned(point, visit)
            if moment <= visit.now():
                if looking_at > visit.arrived_at:
                    return self.next  # it passed while the participant stood here: on at once
                return self._unplanned(visit, self.if_past, "date has passed", {field: value})
            if await self._hold(visit, moment):
                return self.next

    def _planned(self, point: Point, visit: Visit) -> datetime:
        """Return the moment of the date *point*, *offset* from it.

        Some systems write the first or the last date there is for "never": what the calendar
        has no room for lies before, or after, everything.
        """
        calendar, back = Calendar(visit.now(), visit.zone), self.offset < timedelta(0)
        days, time = divmod(abs(self.offset), _A_DAY)
        offset = Duration(days=days, time=time)
        moved = calendar.shift(point, -offset if back else offset)
        try:
            return calendar.moment(point if moved is None else moved)
        except OverflowError:
            return visit.arrived_at + (-_A_DAY if point.year == 1 else 2 * LONGEST_WAIT)

    async def _hold(self, visit: Visit, moment: datetime) -> bool:
        """Hold until *moment* or as long as can be; return False when the date has changed before."""
        longest = visit.arrived_at + LONGEST_WAIT
        if not await visit.sleep_until(min(moment, longest)):
            return False
        if moment > longest:
            why = f"waited {LONGEST_WAIT.days} days, the longest wait"
            visit.note("decided", why=why, target=self.next)
        return True

    def _unplanned(self, visit: Visit, way: str, why: str, values: dict[str, Any]) -> TileId | None:
        target = {"continue": self.next, "exit": None}.get(way, way)
        visit.note("decided", why=why, target=target, values=values)
        if way == "exit":
            raise Left(why)
        return target


async def _zone(local: LocalTime | Window, visit: Visit) -> ZoneInfo:
    return await visit.local_zone() if local.zone == "participant" else visit.zone
