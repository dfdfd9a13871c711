"""Parting: a tile whose way depends on the ways that others took before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Metric = Literal["goal", "opens", "clicks"]
"""What tells a good way from another: who reached the goal, opened or clicked a message after it."""


@dataclass(frozen=True)
class Score:
    """How many took a way, and how many of them reached what since."""

    taken: int = 0
    reached: Mapping[Metric, int] = field(default_factory=dict)

    def of(self, metric: Metric) -> int:
        return self.reached.get(metric, 0)

    def rate(self, metric: Metric) -> float:
        return self.of(metric) / self.taken if self.taken else 0.0


@dataclass(frozen=True)
class Tally:
    """The ways taken so far from one tile, by name, and when the first was.

    It counts over the versions of a journey: to count anew, a tile is given another id.
    """

    scores: Mapping[str, Score] = field(default_factory=dict)
    since: datetime | None = None

    def of(self, way: str) -> Score:
        return self.scores.get(way, Score())

    @property
    def taken(self) -> int:
        return sum(score.taken for score in self.scores.values())


@dataclass(frozen=True)
class Way:
    """The way to take, and why; a way that *wins* is everybody's from now on."""

    name: str
    why: str | None = None
    wins: bool = False


class Parting(Protocol):
    """A tile that decides on a way with the tally before it; one decision after another."""

    @property
    def id(self) -> str:
        """The tile's id."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of the ways."""

    def choose(self, tally: Tally, number: float, now: datetime) -> Way:
        """Return the way of an instance with this *number* (see `chance`), pure and at once."""


def settled(parting: Parting, winner: str | None, before: str | None) -> Way | None:
    """Return the way that needs no decision any more: everybody's, or the instance's own from before.

    A name that is no way of the tile any more counts for nothing.
    """
    if winner in parting.choices:
        return Way(winner or "", why=f"{winner} has won")
    if before in parting.choices:
        return Way(before or "", why=f"{before}, as before")
    return None
