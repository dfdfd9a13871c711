"""The instances of a simulation, found by person, by record and by waking time, never by a search."""

from collections import Counter, defaultdict
from collections.abc import Collection, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from journeys.changes import RecordRef
from journeys.entering import Past
from journeys.telling import GOAL_COUNTS_AFTER_COMPLETION, Standing
from journeys.trace import Ending, Note
from journeys.virtual_visit import VirtualVisit


@dataclass(eq=False)
class Instance:
    """One instance of a simulation: its trace so far, and how it ended if it did."""

    visit: VirtualVisit
    walking: Coroutine[Any, Any, Ending]
    ending: Ending | None = None

    @property
    def trace(self) -> list[Note]:
        return self.visit.trace

    @property
    def is_active(self) -> bool:
        return self.ending is None


class Instances:
    """Everybody who passes through the journeys of one simulation, *in_order* of their entry.

    Each is known by its place in that order. *_planned* says when one goes on by itself;
    *_waking* has those moments in order, and may have some that hold no more.
    """

    def __init__(self) -> None:
        self.in_order: list[Instance] = []
        self._places: dict[str, int] = {}
        self._by_record: defaultdict[RecordRef, list[int]] = defaultdict(list)
        self._watching: defaultdict[RecordRef, set[int]] = defaultdict(set)
        self._watched: dict[int, RecordRef] = {}
        self._entries: Counter[tuple[str, RecordRef]] = Counter()
        self._last: dict[tuple[str, RecordRef], datetime] = {}
        self._inside: defaultdict[tuple[str, RecordRef], dict[int, Standing]] = defaultdict(dict)
        self._alike: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._waking: list[tuple[datetime, int]] = []
        self._planned: dict[int, datetime] = {}
        self._stirred: set[int] = set()

    def add(self, instance: Instance, now: datetime) -> None:
        """Let *instance* enter."""
        place, standing = len(self.in_order), instance.visit.standing
        self.in_order.append(instance)
        self._places[standing.id] = place
        for record in {standing.person, standing.binding or standing.person}:
            self._by_record[record].append(place)
        passing = standing.journey, standing.person
        self._entries[passing] += 1
        self._last[passing] = now
        self._inside[passing][place] = standing

    def found_by(self, standing: Standing, likenesses: Iterable[tuple[str, str]]) -> None:
        """Let an instance be found by what the fields of its trigger read like."""
        for field, reads in likenesses:
            places = self._alike[standing.journey, field, reads]
            if (place := self._places[standing.id]) not in places:
                places.append(place)

    def alike(self, journey: str, field: str, likeness: str, now: datetime) -> list[Instance]:
        """Return those whose *field* reads like that and that are not over for good."""
        places = self._alike.get((journey, field, likeness), [])
        return [self.in_order[place] for place in places if not self._is_over(place, now)]

    def called(self, instance_id: str) -> Instance:
        """Return the instance of this id."""
        return self.in_order[self._places[instance_id]]

    def stir(self, instance: Instance) -> None:
        """Let *instance* go on at once: it was told something."""
        standing = instance.visit.standing
        place = self._places[standing.id]
        self._stirred.add(place)
        if instance.visit.is_leaving:
            self._inside[standing.journey, standing.person].pop(place, None)

    def stands(self, instance: Instance) -> None:
        """Take note of where *instance* stands after it went on: until when, for which date, or gone."""
        standing = instance.visit.standing
        place = self._places[standing.id]
        watched, watching = self._watched.get(place), instance.visit.watching
        if not instance.is_active:
            watching = None
            self._planned.pop(place, None)
            self._inside[standing.journey, standing.person].pop(place, None)
        elif (until := instance.visit.until) is None:
            self._planned.pop(place, None)
        elif self._planned.get(place) != until:
            self._planned[place] = until
            heappush(self._waking, (until, place))
        if watched != watching:
            if watched is not None:
                self._watching[watched].discard(place)
                del self._watched[place]
            if watching is not None:
                self._watching[watching].add(place)
                self._watched[place] = watching

    def next_moment(self, now: datetime) -> datetime | None:
        """Return when the next instance goes on: *now* where one was told something."""
        if self._stirred:
            return now
        while self._waking and self._planned.get(self._waking[0][1]) != self._waking[0][0]:
            heappop(self._waking)
        return self._waking[0][0] if self._waking else None

    def due(self, now: datetime) -> Iterator[Instance]:
        """Yield those that go on *now*, in order of entry: told something, or their time has come."""
        due, self._stirred = self._stirred, set()
        while self._waking and self._waking[0][0] <= now:
            moment, place = heappop(self._waking)
            if self._planned.get(place) == moment:
                del self._planned[place]
                due.add(place)
        for place in sorted(due):
            if self.in_order[place].is_active:
                yield self.in_order[place]

    def whom(
        self,
        person: RecordRef,
        binding: RecordRef | None,
        journeys: Collection[str],
        now: datetime,
    ) -> list[Instance]:
        """Return those of *person* or about *binding* that a trigger may concern."""
        places = self._concerned(person, now) | (
            self._concerned(binding, now) if binding else set()
        )
        found = (self.in_order[place] for place in sorted(places))
        return [
            each
            for each in found
            if each.visit.standing.journey in journeys
            and (each.visit.standing.person == person or each.visit.standing.binding == binding)
        ]

    def about(self, record: RecordRef, journeys: Collection[str]) -> list[Instance]:
        """Return the active ones whose person or record this is, or whose date it holds."""
        places = {*self._by_record.get(record, ()), *self._watching.get(record, ())}
        found = (self.in_order[place] for place in sorted(places))
        return [
            each for each in found if each.is_active and each.visit.standing.journey in journeys
        ]

    def who_got(self, tile: str, person: RecordRef | None) -> Iterator[tuple[str, datetime]]:
        """Yield the instances, of *person* where given, that *tile* sent a message, and when it last did."""
        for each in self.in_order:
            sent = each.visit.sent.get(tile)
            if sent is not None and person in (None, each.visit.standing.person):
                yield each.visit.standing.id, sent

    def past(self, journey: str, person: RecordRef) -> Past:
        """Return how *person* has passed through *journey* so far."""
        passing = journey, person
        staying = tuple(self._inside[passing].values())
        return Past(self._entries[passing], self._last.get(passing), staying)

    def _concerned(self, record: RecordRef, now: datetime) -> set[int]:
        """Return those of *record* that are not over for good, and forget the others."""
        if record not in self._by_record:
            return set()
        kept = [place for place in self._by_record[record] if not self._is_over(place, now)]
        self._by_record[record] = kept
        return set(kept)

    def _is_over(self, place: int, now: datetime) -> bool:
        """Say whether nothing counts for an instance any more, not even its goal."""
        each = self.in_order[place]
        if each.ending is None:
            return False
        if each.ending.status != "completed":
            return True
        reached, since = each.visit.goal_reached_at, now - GOAL_COUNTS_AFTER_COMPLETION
        return reached is not None or each.trace[-1].at <= since
