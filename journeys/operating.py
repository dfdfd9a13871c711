"""Operating: what an operator's doings mean for a journey and those inside, in a simulation."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from journeys.admission import Ledger
from journeys.happening import Complete, Operation, Pause, Publish, Resume, Stop
from journeys.instances import Instance, Instances
from journeys.journey import RateLimit, Version
from journeys.routing import Routes
from journeys.telling import STOPPED, Told, likenesses


class Operating:
    """The journeys of a simulation as their operator left them, and the queue for each.

    *entries* are the moments at which people entered each journey, or are going to.
    """

    def __init__(self, instances: Instances) -> None:
        self.entries: defaultdict[str, list[datetime]] = defaultdict(list)
        self._instances = instances
        self._paused: set[str] = set()

    def is_paused(self, journey: str) -> bool:
        return journey in self._paused

    def carry_out(self, what: Operation, routes: Routes, ledger: Ledger, now: datetime) -> Routes:
        """Do *what* the operator does *now*, and return the index that holds from then on."""
        match what:
            case Pause():
                self._paused.add(what.journey)
            case Resume():
                limit = routes.entered[what.journey].journey.entry.rate_limit
                self._resume(what.journey, limit, now)
            case Complete():
                return routes.without(what.journey)
            case Stop():
                self._stop(what.journey, now)
                return routes.without(what.journey, stopped=True)
            case Publish():
                if what.move:
                    self._move(what.version, ledger)
                return routes.with_(what.version)
        return routes

    def _stop(self, journey: str, now: datetime) -> None:
        """Let everybody leave *journey*."""
        told = Told(id=f"stop/{journey}", at=now, what=STOPPED, leave=STOPPED)
        for each in self._inside(journey):
            each.visit.hear(told)
            self._instances.stir(each)

    def _resume(self, journey: str, limit: RateLimit | None, now: datetime) -> None:
        """Let all go on; those who queue enter as fast as *limit* allows, in the order they came."""
        self._paused.discard(journey)
        inside = list(self._inside(journey))
        queue = [each for each in inside if each.visit.enters_at is not None]
        entered = self.entries[journey]
        for each in queue:
            entered.remove(each.visit.enters_at or now)
        for each in queue:
            before = entered[-limit.count] if limit and len(entered) >= limit.count else None
            each.visit.enters_at = now if limit is None else limit.next_entry(before, now)
            entered.append(each.visit.enters_at)
        for each in inside:
            self._instances.stir(each)

    def _move(self, version: Version, ledger: Ledger) -> None:
        """Let everybody inside who is not about to leave go over to *version*."""
        for each in self._inside(version.journey.name):
            if each.visit.is_leaving or each.visit.standing.version == version.number:
                continue
            each.visit.move(version)
            entered_by = ledger.entered_by(each.visit.standing)
            reads = likenesses(version, entered_by, ledger.lookup)
            self._instances.found_by(each.visit.standing, reads)
            self._instances.stir(each)

    def _inside(self, journey: str) -> Iterator[Instance]:
        for each in self._instances.in_order:
            if each.is_active and each.visit.standing.journey == journey:
                yield each
