"""Partings of a simulation: the ways taken, counted as they are, and the ways that have won."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from journeys.chance import number_of
from journeys.parting import Metric, Parting, Score, Tally, Way, settled


@dataclass
class _Taken:
    """The *way* that one instance took, since when, and what it has reached on it."""

    way: str
    since: datetime
    reached: set[Metric] = field(default_factory=set)


@dataclass
class _Ways:
    """What was taken from one tile, by instance, and how often: nothing is ever counted anew."""

    by: dict[str, _Taken] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    reached: Counter[tuple[str, Metric]] = field(default_factory=Counter)
    since: datetime | None = None
    won: str | None = None

    def tally(self) -> Tally:
        reached: defaultdict[str, dict[Metric, int]] = defaultdict(dict)
        for (way, metric), count in self.reached.items():
            reached[way][metric] = count
        return Tally({way: Score(n, reached[way]) for way, n in self.taken.items()}, self.since)

    def take(self, who: str, way: str, now: datetime) -> None:
        taken = self.by.setdefault(who, _Taken(way, now))
        if taken.way != way:  # the one from before is none of the tile any more
            self.taken[taken.way] -= 1
            for metric in taken.reached:
                self.reached[taken.way, metric] -= 1
                self.reached[way, metric] += 1
        taken.way = way
        self.taken[way] += 1
        self.since = self.since or now


class Partings:
    """The ways taken in a simulation from each tile of each journey."""

    def __init__(self) -> None:
        self._ways: defaultdict[tuple[str, str], _Ways] = defaultdict(_Ways)
        self._of: defaultdict[str, list[_Ways]] = defaultdict(list)

    def take(self, journey: str, tile: Parting, who: str, now: datetime) -> Way:
        """Decide on the way of instance *who* from *tile*, and remember it."""
        here = self._ways[journey, tile.id]
        before = here.by.get(who)
        if way := settled(tile, here.won, None if before is None else before.way):
            return way
        way = tile.choose(here.tally(), number_of(who, tile.id), now)
        if way.wins:
            here.won = way.name
            return way
        here.take(who, way.name, now)
        if before is None:
            self._of[who].append(here)
        return way

    def reaches(self, who: str, metric: Metric, since: datetime) -> None:
        """Count that instance *who* reaches *metric*, for the ways that it had taken *since*."""
        for here in self._of.get(who, ()):
            taken = here.by[who]
            if metric not in taken.reached and taken.since <= since:
                taken.reached.add(metric)
                here.reached[taken.way, metric] += 1
