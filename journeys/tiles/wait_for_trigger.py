"""Wait for trigger: hold the participant until something happens, for a limited time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from journeys.catalogue import Catalogue
from journeys.condition import Condition
from journeys.listening import Listening, Match
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.tiles.wait import LONGEST_WAIT
from journeys.trigger import Name
from journeys.visit import Visit


class WaitForTrigger(BaseTile):
    """Hold the participant until *trigger* happens: *yes* at once, *no* when *within* has passed.

    A trigger counts from the moment the person entered the journey; *since* `arrival` narrows
    it to after the arrival here.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "wait_for_trigger", "id": "answered", "trigger": "survey-submitted",
        "within": "P7D", "yes": None, "no": None,
    }  # fmt: skip

    kind: Literal["wait_for_trigger"] = "wait_for_trigger"
    trigger: Name
    filter: Condition | None = None
    match: Match | None = None
    since: Literal["entry", "arrival"] = "entry"
    within: timedelta = Field(gt=timedelta(0))
    yes: TileId | None = None
    no: TileId | None = None

    @property
    def targets(self) -> dict[str, TileId | None]:
        return {"yes": self.yes, "no": self.no}

    @property
    def listenings(self) -> tuple[Listening, ...]:
        return (Listening(trigger=self.trigger, filter=self.filter, match=self.match),)

    @property
    def brings(self) -> str | None:
        return self.trigger

    @property
    def waits(self) -> bool:
        return True

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.within > LONGEST_WAIT:
            yield Problem(
                path="/within",
                message=f"Expected at most {LONGEST_WAIT.days} days, but it waits {self.within.days} days.",
            )

    async def run(self, visit: Visit) -> TileId | None:
        since = visit.arrived_at if self.since == "arrival" else None
        met = await visit.told(until=visit.arrived_at + self.within, since=since)
        if met is None:
            visit.note("timed_out", target=self.no)
            return self.no
        visit.note("fulfilled", target=self.yes, why=self.trigger)
        return self.yes
