"""VirtualActing: what a tile may bring about beyond messages, on a simulation's clock."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from journeys.chance import number_of
from journeys.parting import Parting, Score, Tally, Way, settled
from journeys.problem import Problem, pointer
from journeys.tile import BaseTile


class Reached(Protocol):
    """An instance that took a way, and when it reached its goal if it did."""

    goal_reached_at: datetime | None


class Partings:
    """The ways taken in a simulation, and the ways that have won."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], dict[str, tuple[str, datetime, Reached]]] = {}
        self._won: dict[tuple[str, str], str] = {}

    def take(self, journey: str, tile: Parting, who: str, whose: Reached, now: datetime) -> Way:
        """Decide on the way of instance *who* from *tile*, and remember it."""
        here = (journey, tile.id)
        taken = self._taken.setdefault(here, {})
        before = taken[who][0] if who in taken else None
        if way := settled(tile, self._won.get(here), before):
            return way
        way = tile.choose(_tally(taken.values()), number_of(who, tile.id), now)
        if way.wins:
            self._won[here] = way.name
        else:
            taken[who] = (way.name, now, whose)
        return way


def _tally(taken: Iterable[tuple[str, datetime, Reached]]) -> Tally:
    scores: dict[str, Score] = {}
    moments = []
    for way, at, who in taken:
        score, reached = scores.get(way, Score()), who.goal_reached_at
        since = reached is not None and reached >= at
        scores[way] = Score(score.taken + 1, score.reached + since)
        moments.append(at)
    return Tally(scores, min(moments, default=None))


class ActingWorld(Protocol):
    """What acting needs of the simulation it takes place in."""

    @property
    def now(self) -> datetime:
        """The present moment of the simulation."""

    @property
    def partings(self) -> Partings:
        """The ways taken so far."""

    @property
    def choices(self) -> Mapping[str, str]:
        """The ways to take, by tile, where they are not left to chance."""


def wrong_choices(
    choices: Mapping[str, str], journeys: Iterable[Iterable[BaseTile]]
) -> Iterator[Problem]:
    """Yield the *choices* that no tile of any of the *journeys* leaves."""
    left = {(tile.id, way) for tiles in journeys for tile in tiles for way in tile.choices}
    for tile, way in choices.items():
        if (tile, way) not in left:
            said = f"Expected a way that a tile {tile!r} leaves to choose, but {way!r} is none."
            yield Problem(path=pointer("choices", tile), message=said, tile=tile)
