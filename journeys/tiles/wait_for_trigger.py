"""Wait for trigger: hold the participant until something happens, for a limited time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from journeys.catalogue import Catalogue
from journeys.condition import Condition, fields, judge
from journeys.listening import CONDITION_HOLDS, Listening, Match, require_one
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.tiles.wait import LONGEST_WAIT
from journeys.trigger import Name
from journeys.visit import Visit


class Awaited(Listening):
    """A trigger, or a condition, that is waited for among others, and where it leads."""

    next: TileId | None = None


class WaitForTrigger(BaseTile):
    """Hold the participant until *trigger* happens or *condition* holds: *yes* at once, *no* when *within* has passed.

    Of several *triggers*, each with its own way, the first to happen counts; what all of them have
    can be read as `tiles.<id>.…`. A trigger counts from the moment the person entered the journey;
    *since* `arrival` narrows it to after the arrival here. A condition counts where it holds on
    arrival, or once a record it reads changes so that it does.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "wait_for_trigger", "id": "answered", "trigger": "survey-submitted",
        "within": "P7D", "yes": None, "no": None,
    }  # fmt: skip
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"kind": "wait_for_trigger", "id": "resolved",
         "condition": {"field": "record.statecode", "operator": "equals", "value": 1},
         "within": "P30D", "yes": None, "no": None},
        {"kind": "wait_for_trigger", "id": "first-of-two", "within": "P7D", "no": None,
         "triggers": [{"trigger": "survey-submitted", "next": None},
                      {"trigger": "case-reopened", "match": "record", "next": None}]},
    )  # fmt: skip

    kind: Literal["wait_for_trigger"] = "wait_for_trigger"
    trigger: Name | None = None
    filter: Condition | None = None
    match: Match | None = None
    condition: Condition | None = None
    triggers: tuple[Awaited, ...] = ()
    since: Literal["entry", "arrival"] = "entry"
    within: timedelta = Field(gt=timedelta(0))
    yes: TileId | None = None
    no: TileId | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if not self.triggers:
            require_one(self.trigger, self.condition, self.filter, self.match)
            return self
        alone = (self.trigger, self.filter, self.match, self.condition, self.yes)
        if any(each is not None for each in alone):
            raise ValueError(
                "Expected either triggers, each with its own next, or trigger or condition with "
                "yes, but there are both."
            )
        return self

    @property
    def targets(self) -> dict[str, TileId | None]:
        if not self.triggers:
            return {"yes": self.yes, "no": self.no}
        ways = {f"triggers/{index}/next": each.next for index, each in enumerate(self.triggers)}
        return {**ways, "no": self.no}

    @property
    def listenings(self) -> tuple[Listening, ...]:
        if self.triggers:
            return self.triggers
        return (
            Listening(
                trigger=self.trigger,
                filter=self.filter,
                match=self.match,
                condition=self.condition,
            ),
        )

    @property
    def brings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.trigger for each in self.listenings if each.trigger))

    @property
    def waits(self) -> bool:
        """A condition may hold already when the participant comes round again."""
        return all(each.condition is None for each in self.listenings)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.within > LONGEST_WAIT:
            yield Problem(
                path="/within",
                message=f"Expected at most {LONGEST_WAIT.days} days, but it waits {self.within.days} days.",
            )

    async def run(self, visit: Visit) -> TileId | None:
        met = await self._holding(visit)
        if met is None:
            since = visit.arrived_at if self.since == "arrival" else None
            met = await visit.told(until=visit.arrived_at + self.within, since=since)
        if met is None:
            visit.note("timed_out", target=self.no)
            return self.no
        target = self.triggers[met].next if self.triggers else self.yes
        why = self.listenings[met].trigger or CONDITION_HOLDS
        visit.note("fulfilled", target=target, why=why)
        return target

    async def _holding(self, visit: Visit) -> int | None:
        """Return the first condition that holds already, if one does."""
        conditions = {
            index: each.condition
            for index, each in enumerate(self.listenings)
            if each.condition is not None
        }
        if not conditions:
            return None
        seen = await visit.read(frozenset().union(*map(fields, conditions.values())))
        now = visit.now()
        for index, condition in conditions.items():
            if judge(condition, seen.get, now, visit.zone).holds:
                return index
        return None
