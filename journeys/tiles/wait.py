"""Wait: hold the participant for a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator

from journeys.catalogue import Catalogue
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.trace import Left
from journeys.visit import Visit

LONGEST_WAIT = timedelta(days=3653)
"""Ten years: semantics of the wait tile."""


class Wait(BaseTile):
    """Hold the participant *for* a duration, *until* a moment, or until the date in a column.

    A duration counts from arrival on the tile. A date in a column (*until_field*, plus *offset*)
    is planned anew whenever that column changes; *if_missing* and *if_past* say what happens
    where there is no such date, or it has passed: `continue`, `exit`, or a tile to go to.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "wait", "id": "cool-off", "for": "PT2H", "next": None,
    }  # fmt: skip

    kind: Literal["wait"] = "wait"
    for_: timedelta | None = Field(default=None, alias="for", gt=timedelta(0))
    until: AwareDatetime | None = None
    until_field: str | None = None
    offset: timedelta = timedelta(0)
    if_missing: Literal["continue", "exit"] | TileId = "continue"
    if_past: Literal["continue", "exit"] | TileId = "continue"
    next: TileId | None = None

    @model_validator(mode="after")
    def _one_way_of_waiting(self) -> "Wait":
        ways = [self.for_, self.until, self.until_field]
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "Expected one of for, until and until_field, but there are more or none."
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
        return self.for_ is not None

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.for_ is not None and self.for_ > LONGEST_WAIT:
            yield Problem(
                path="/for",
                message=f"Expected at most {LONGEST_WAIT.days} days, but it waits {self.for_.days} days.",
            )

    async def run(self, visit: Visit) -> TileId | None:
        if self.until_field is not None:
            return await self._until_date(self.until_field, visit)
        await visit.sleep_until(self.until or visit.arrived_at + (self.for_ or timedelta(0)))
        return self.next

    async def _until_date(self, field: str, visit: Visit) -> TileId | None:
        """Wait for the date in *field*, looking again each time it changes."""
        while True:
            looking_at = visit.now()  # a read takes its time, and would look like standing here
            value = (await visit.read([field], watch=field))[field]
            moment = moment_of(value, visit.zone)
            if moment is None:
                return self._unplanned(visit, self.if_missing, "no date", {field: value})
            if moment + self.offset <= visit.now():
                if looking_at > visit.arrived_at:
                    return self.next  # it passed while the participant stood here: on at once
                return self._unplanned(visit, self.if_past, "date has passed", {field: value})
            if await visit.sleep_until(moment + self.offset):
                return self.next

    def _unplanned(self, visit: Visit, way: str, why: str, values: dict[str, Any]) -> TileId | None:
        target = {"continue": self.next, "exit": None}.get(way, way)
        visit.note("decided", why=why, target=target, values=values)
        if way == "exit":
            raise Left(why)
        return target


def moment_of(value: Any, zone: ZoneInfo) -> datetime | None:
    """Return the moment a date column names, in UTC; a date alone begins at midnight in *zone*."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
