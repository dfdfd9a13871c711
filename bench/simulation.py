"""How fast a journey is tried out and checked, before anybody is touched."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from time import perf_counter
from typing import Any

from bench.figures import Figure
from journeys.bundle import Bundle, catalogue_of
from journeys.changes import RecordRef, SentTrigger
from journeys.journey import Journey
from journeys.limits import Limits
from journeys.publishing import problems, publish
from journeys.routing import Routes
from journeys.simulate import Simulation
from store.builtin import builtin_tables

VISITS = 50_000
TILES = 1_000
ROUNDS = 3
"""Each is measured as often, and the best counts: a machine that does something else proves nothing."""

START = datetime(2031, 3, 3, tzinfo=UTC)
ANA = RecordRef("contact", "ana")
PARTS = Bundle.model_validate(
    {
        "triggers": [{"name": "joined", "kind": "custom", "attributes": {"plan": "text"}}],
        "templates": [{"name": "hello", "subject": "Hello", "html": "{{ person.firstname }}"}],
    }
)
KNOWN = catalogue_of(builtin_tables(), [PARTS])


def round_and_round() -> Journey:
    """Return a journey of a wait, a branch and a message, which leads back to its beginning."""
    gold = {"field": "trigger.plan", "operator": "equals", "value": "gold"}
    return Journey.model_validate(
        {
            "name": "round",
            "entry": {"trigger": "joined"},
            "tiles": [
                {"id": "wait", "kind": "wait", "for": "PT1S", "next": "which"},
                {
                    "id": "which",
                    "kind": "attribute_branch",
                    "branches": [{"name": "gold", "when": gold, "next": "wait"}],
                    "other": "hello",
                },
                {"id": "hello", "kind": "message", "template": "hello", "next": "wait"},
            ],
        }
    )


def long() -> Journey:
    """Return a journey of a thousand tiles: waits, branches with conditions and messages in turn."""
    kinds: list[dict[str, Any]] = [
        {"kind": "wait", "for": "PT1H"},
        {"kind": "message", "template": "hello"},
        {
            "kind": "attribute_branch",
            "branches": [
                {"name": "met", "when": {"field": "person.firstname", "operator": "equals", "value": "Ana"}}
            ],
        },
    ]  # fmt: skip
    tiles: list[dict[str, Any]] = []
    for number in range(TILES):
        following = f"tile-{number + 1}" if number + 1 < TILES else None
        kind = kinds[number % len(kinds)]
        way = {"other": following} if kind["kind"] == "attribute_branch" else {"next": following}
        tiles.append({**kind, "id": f"tile-{number}", **way})
    return Journey.model_validate({"name": "long", "entry": {"trigger": "joined"}, "tiles": tiles})


def tiles_per_second() -> Figure:
    """Measure tiles walked by the simulator, against a generator that is written for its tiles."""
    ours = max(_walked() for _ in range(ROUNDS))
    floor = max(_by_hand() for _ in range(ROUNDS))
    return Figure("tiles walked by the simulator", ours, "tiles/s", floor)


def checks_per_second() -> Figure:
    """Measure how often a journey of a thousand tiles is checked before it is published."""
    journey, rate = long(), 0.0
    for _ in range(ROUNDS):
        begun = perf_counter()
        found = problems(journey, KNOWN)
        rate = max(rate, 1 / (perf_counter() - begun))
        if found:
            raise ValueError(f"Expected a journey without problems, but it has {found[0]}.")
    return Figure("checking a journey of 1,000 tiles before it goes live", rate, "journeys/s")


def _walked() -> float:
    version = publish(round_and_round(), KNOWN, 1)
    simulation = Simulation(
        Routes(KNOWN, entered=[version], published=[version]),
        START,
        {ANA: {"firstname": "Ana"}},
        limits=Limits(visits=VISITS),
    )
    entry = {"trigger": "joined", "person": ANA.as_lookup(), "attributes": {"plan": "blue"}}
    simulation.happens(SentTrigger.model_validate(entry), START)
    begun = perf_counter()
    simulation.run()
    return VISITS / (perf_counter() - begun)


def _by_hand() -> float:
    """Let a generator written for these three tiles pass, on a clock that is a heap of moments."""
    passing = _tiles()
    waking = [(next(passing), 0)]
    begun, visits = perf_counter(), 0
    while visits < VISITS:
        now, _ = heappop(waking)
        heappush(waking, (passing.send(now), 0))
        visits += 3
    return visits / (perf_counter() - begun)


def _tiles() -> Generator[datetime, datetime, None]:
    """Pass the three tiles and write down what happens, line by line."""
    facts: dict[str, Any] = {"plan": "blue"}
    trace: list[dict[str, Any]] = []
    now, seen = START, {"trigger.plan": facts["plan"]}
    while True:
        trace.append({"at": now, "what": "arrived", "tile": "wait"})
        now = yield now + timedelta(seconds=1)
        trace.append({"at": now, "what": "arrived", "tile": "which"})
        if facts["plan"] == "gold":
            trace.append({"at": now, "what": "decided", "why": "gold", "values": seen})
            continue
        trace.append({"at": now, "what": "decided", "why": "other", "values": seen})
        trace.append({"at": now, "what": "arrived", "tile": "hello"})
        trace.append({"at": now, "what": "sent", "tile": "hello", "message": "hello"})
