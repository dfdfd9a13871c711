"""Experiment: try variants on people until one of them has won, then send everybody down it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeys.catalogue import Catalogue
from journeys.chance import fallen_on
from journeys.parting import Metric, Tally, Way
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.visit import Visit

if TYPE_CHECKING:
    from journeys.scope import Scope

_DID: dict[Metric, str] = {
    "goal": "reached the goal", "opens": "opened a message", "clicks": "clicked in a message",
}  # fmt: skip


class Variant(BaseModel):
    """A named way that is tried; *weight* is its share beside the others'."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    weight: float = Field(default=1.0, ge=0)
    next: TileId | None = None


class WinnerRule(BaseModel):
    """When the winner is decided: *after* a time since the first came, or at a number of *participants*.

    Where both are given, whichever is first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: timedelta | None = Field(default=None, gt=timedelta(0))
    participants: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _some_rule(self) -> "WinnerRule":
        if self.after is None and self.participants is None:
            raise ValueError("Expected after or participants, but there is neither.")
        return self

    def is_due(self, tally: Tally, now: datetime) -> bool:
        """Say whether the winner is to be decided with this tally."""
        enough = self.participants is not None and tally.taken >= self.participants
        late = (
            self.after is not None and tally.since is not None and now >= tally.since + self.after
        )
        return enough or late


class Experiment(BaseTile):
    """Split the participants among *variants* until there is a *winner*; from then on all take its way.

    The winner is the variant of which the largest share reached the journey's goal, or opened or
    clicked one of its messages (the *metric*), after they took it; where that is a tie, or nobody
    did, it is *default*. It is decided once, when the next participant comes and the rule is met,
    and counts over all versions of the journey.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "experiment", "id": "which-offer", "metric": "goal",
        "variants": [{"name": "discount", "next": None}, {"name": "gift", "next": None}],
        "winner": {"after": "P7D", "participants": 1000}, "default": "discount",
    }  # fmt: skip

    kind: Literal["experiment"] = "experiment"
    variants: tuple[Variant, ...] = Field(min_length=2)
    metric: Metric = "goal"
    winner: WinnerRule
    default: str

    @property
    def targets(self) -> dict[str, TileId | None]:
        return {f"variants/{index}/next": each.next for index, each in enumerate(self.variants)}

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.variants)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        for index, variant in enumerate(self.variants):
            if variant.name in self.choices[:index]:
                said = f"Expected a name of its own, but {variant.name!r} is another variant's too."
                yield Problem(path=f"/variants/{index}/name", message=said)
        if not any(variant.weight for variant in self.variants):
            yield Problem(path="/variants", message="Expected a weight, but all weights are 0.")
        if self.metric not in catalogue.metrics:
            said = f"Expected the metric goal, but {self.metric} are not counted yet."
            yield Problem(path="/metric", message=said)
        if self.default not in self.choices:
            said = f"Expected the name of a variant, but {self.default!r} is none."
            yield Problem(path="/default", message=said)

    def problems_within(self, scope: "Scope") -> Iterator[Problem]:
        if self.metric == "goal" and scope.journey.goal is None:
            said = (
                "Expected a journey with a goal, since the metric is the goal, but there is none."
            )
            yield Problem(path="/metric", message=said)

    def choose(self, tally: Tally, number: float, now: datetime) -> Way:
        if self.winner.is_due(tally, now):
            return decide_winner(tally, self.choices, self.default, self.metric)
        drawn = fallen_on(number, [each.weight for each in self.variants])
        return Way(self.variants[drawn].name)

    async def run(self, visit: Visit) -> TileId | None:
        way = Way(visit.forced) if visit.forced is not None else await visit.take(self)
        target = next(each.next for each in self.variants if each.name == way.name)
        visit.note("decided", why=way.why or way.name, target=target)
        return target


def decide_winner(
    tally: Tally, variants: tuple[str, ...], default: str, metric: Metric = "goal"
) -> Way:
    """Return the variant with the highest rate, else *default*, with the reason."""
    best, did = max(tally.of(name).rate(metric) for name in variants), _DID[metric]
    leading = [name for name in variants if tally.of(name).rate(metric) == best]
    if best == 0:
        return Way(default, why=f"{default} wins by default: nobody {did}", wins=True)
    if len(leading) > 1:
        said = f"{default} wins by default: a tie between {' and '.join(leading)}"
        return Way(default, why=said, wins=True)
    score = tally.of(leading[0])
    said = f"{leading[0]} wins: {score.of(metric)} of {score.taken} {did}"
    return Way(leading[0], why=said, wins=True)
