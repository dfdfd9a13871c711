"""Split: part the ways by chance, or by who comes first."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeys.catalogue import Catalogue
from journeys.chance import fallen_on
from journeys.parting import Tally, Way
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.visit import Visit

_A_HAIR = 1e-6
"""How far percentages with decimals may miss 100 when they are added up."""


class SplitWay(BaseModel):
    """A named way, with its share (*percent*) or its places (*count*)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    percent: float | None = Field(default=None, ge=0, le=100)
    count: int | None = Field(default=None, ge=1)
    next: TileId | None = None


class Split(BaseTile):
    """Part the participants *by* `percentage`, at random, or *by* `number`, first come first served.

    By percentage, each instance has a number of its own for this tile and keeps its way, however
    often it comes. By number, each way takes its *count* of instances, in the order drawn and over
    all versions of the journey; who comes when all places are taken goes down *other*. An instance
    takes one place, and comes back to it.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "split", "id": "half", "by": "percentage",
        "ways": [{"name": "a", "percent": 50, "next": None}, {"name": "b", "percent": 50, "next": None}],
    }  # fmt: skip
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "kind": "split", "id": "first-hundred", "by": "number",
            "ways": [{"name": "voucher", "count": 100, "next": None}], "other": None,
        },
    )  # fmt: skip

    kind: Literal["split"] = "split"
    by: Literal["percentage", "number"]
    ways: tuple[SplitWay, ...] = Field(min_length=1)
    other: TileId | None = None

    @model_validator(mode="after")
    def _ways_of_one_sort(self) -> "Split":
        wanted, unwanted = ("percent", "count") if self.by == "percentage" else ("count", "percent")
        for way in self.ways:
            if getattr(way, wanted) is None or getattr(way, unwanted) is not None:
                raise ValueError(
                    f"Expected {wanted} and no {unwanted} for each way of a split by {self.by}, "
                    f"but {way.name!r} is otherwise."
                )
        return self

    @property
    def targets(self) -> dict[str, TileId | None]:
        ways = {f"ways/{index}/next": way.next for index, way in enumerate(self.ways)}
        return {**ways, "other": self.other} if self.by == "number" else ways

    @property
    def choices(self) -> tuple[str, ...]:
        named = tuple(way.name for way in self.ways)
        return (*named, "other") if self.by == "number" else named

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        for index, way in enumerate(self.ways):
            if way.name in self.choices[:index] or (self.by == "number" and way.name == "other"):
                said = f"Expected a name of its own, but {way.name!r} is the name of another way."
                yield Problem(path=f"/ways/{index}/name", message=said)
        total = sum(way.percent or 0 for way in self.ways)
        if self.by == "percentage" and abs(total - 100) > _A_HAIR:
            said = f"Expected percentages that add up to 100, but they add up to {total:g}."
            yield Problem(path="/ways", message=said)
        if self.by == "percentage" and self.other is not None:
            said = "Expected no other way of a split by percentage, but there is one."
            yield Problem(path="/other", message=said)

    def choose(self, tally: Tally, number: float, now: datetime) -> Way:
        """Return the first way that has a place left."""
        for way in self.ways:
            taken = tally.of(way.name).taken
            if way.count is not None and taken < way.count:
                return Way(way.name, why=f"{way.name}, place {taken + 1} of {way.count}")
        return Way("other", why="other, all places are taken")

    async def run(self, visit: Visit) -> TileId | None:
        number: dict[str, float] = {}
        if visit.forced is not None:
            way = Way(visit.forced)
        elif self.by == "number":
            way = await visit.take(self)
        else:
            number = {"number": round(visit.number, 4)}
            shares = [each.percent or 0.0 for each in self.ways]
            way = Way(self.ways[fallen_on(visit.number, shares)].name)
        target = next((each.next for each in self.ways if each.name == way.name), self.other)
        visit.note("decided", why=way.why or way.name, target=target, values=number)
        return target
