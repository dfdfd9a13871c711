"""The simulator: its clock, its bounds, and that nothing in it grows with the square of anything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from journeys.bundle import catalogue_of
from journeys.changes import Operation, RecordChanged, RecordRef
from journeys.journey import Journey
from journeys.limits import Limits
from journeys.publishing import publish
from journeys.routing import Routes
from journeys.simulate import Simulation
from store.builtin import builtin_tables
from tests.story import MONDAY, changed, lines, moment, sent
from tests.work import calls
from tests.world import WORLD, Drawn, journey, message, wait

KNOWN = catalogue_of(builtin_tables(), [WORLD])
GOES_ROUND = journey(wait("hello", **{"for": "PT1S"}), message("hello", "wait"))


def simulation(drawn: Drawn, people: int = 1, **more: Any) -> Simulation:
    """Return a world of *people* in which *drawn* is live."""
    version = publish(Journey.model_validate(drawn), KNOWN, 1)
    records: dict[RecordRef, Any] = {RecordRef("contact", f"c{each}"): {} for each in range(people)}
    routes = Routes(KNOWN, entered=[version], published=[version])
    return Simulation(routes, MONDAY, records, **more)


def joined(world: Simulation, people: int) -> Simulation:
    """Let *people* join, a second after each other."""
    for each in range(people):
        world.happens(sent("joined", f"contact/c{each}"), MONDAY + timedelta(seconds=each))
    return world


def test_the_clock_goes_as_far_as_it_is_told() -> None:
    world = joined(simulation(journey(wait("hello"), message("hello"))), 1)

    world.run(moment("Mon 12:00"))
    (instance,) = world.instances
    assert (world.now, lines(instance.trace)[-1]) == (moment("Mon 12:00"), "Mon 00:00 arrived wait")

    world.run()
    assert lines(instance.trace)[-1] == "Tue 00:00 completed"


def test_what_was_told_twice_counts_once() -> None:
    world = simulation(journey(wait("hello"), message("hello")))
    for _ in range(2):
        world.happens(sent("joined", "contact/c0", event_id="e1"), MONDAY)

    world.run()

    assert len(world.instances) == 1


def test_a_record_is_deleted_once_until_it_is_there_again() -> None:
    world = simulation(journey(wait("hello"), message("hello")))
    operations: list[Operation] = ["delete", "delete", "create", "delete"]
    for hour, operation in enumerate(operations):
        world.happens(changed("contact/c0", operation), MONDAY + timedelta(hours=hour))

    world.run()

    done = [each.operation for each in world.happened if isinstance(each, RecordChanged)]
    assert done == ["delete", "create", "delete"]


def test_a_record_that_is_not_given_is_looked_for_elsewhere_until_it_changes() -> None:
    case = RecordRef("incident", "printer")

    class Elsewhere:
        def __call__(self, record: RecordRef, /) -> Any:
            return (
                {"title": "Printer", "statecode": 0, "prioritycode": 1} if record == case else None
            )

        def related(self, *_: Any) -> Any:
            return iter(())

    world = simulation(journey(wait("hello"), message("hello")), elsewhere=Elsewhere())
    world.happens(changed("incident/printer", statecode=1), MONDAY)
    world.run()

    assert world.lookup(case) == {
        "title": "Printer",
        "statecode": 1,
        "prioritycode": 1,
        "incidentid": "printer",
    }


def test_a_journey_that_goes_round_ends_at_the_limit_with_a_sentence() -> None:
    world = joined(simulation(GOES_ROUND, limits=Limits(visits=10_000)), 1)

    world.run()

    (instance,) = world.instances
    assert world.stopped == "Expected an end within 10,000 visits of tiles, but there are more."
    assert sum(note.what == "arrived" for note in instance.trace) == 10_000
    assert instance.is_active
    world.run()
    assert len(instance.trace) == 15_001


def test_more_entries_than_allowed_end_it_with_a_sentence() -> None:
    world = joined(simulation(journey(wait()), people=4, limits=Limits(instances=3)), 4)

    world.run()

    assert world.stopped == "Expected at most 3 entries, but there are more."
    assert len(world.instances) == 3


def test_it_ends_at_the_next_tile_when_it_has_taken_long_enough() -> None:
    asked = iter([False, False, True])
    world = joined(simulation(GOES_ROUND, limits=Limits(enough=lambda: next(asked))), 1)

    world.run()

    assert world.stopped == (
        "Expected an end within the time a simulation may take, but it goes on."
    )
    assert [note.tile for note in world.instances[0].trace if note.what == "arrived"] == [
        "wait",
        "hello",
    ]


def told(size: int) -> Simulation:
    """Let *size* people wait, and one of them change their mind as often."""
    world = joined(
        simulation(journey(wait(**{"for": "P300D"}), goal={"trigger": "cancelled"}), people=size),
        size,
    )
    for each in range(size):
        world.happens(sent("cancelled", "contact/c0"), moment("Tue 00:00") + timedelta(hours=each))
    return world


TRIED: Drawn = {
    "kind": "experiment",
    "id": "offer",
    "variants": [{"name": "a", "next": "wait"}, {"name": "b", "next": "wait"}],
    "winner": {"after": "P9D"},
    "default": "a",
}
PLACES: Drawn = {
    "kind": "split",
    "id": "first",
    "by": "number",
    "ways": [{"name": "first", "count": 100_000, "next": "wait"}],
}


@pytest.mark.parametrize(
    "grown",
    [
        pytest.param(
            lambda size: joined(
                simulation(journey(wait("hello"), message("hello")), people=size), size
            ),
            id="people",
        ),
        pytest.param(
            lambda size: joined(simulation(GOES_ROUND, limits=Limits(visits=size * 10)), 1),
            id="visits",
        ),
        pytest.param(told, id="triggers for one of many"),
        pytest.param(
            lambda size: joined(
                simulation(journey(TRIED, wait(), goal={"trigger": "cancelled"}), people=size), size
            ),
            id="people in an experiment",
        ),
        pytest.param(
            lambda size: joined(simulation(journey(PLACES, wait()), people=size), size),
            id="people at a split by number",
        ),
    ],
)
def test_twice_as_much_takes_twice_the_work(grown: Callable[[int], Simulation]) -> None:
    """Counted in calls, so that a search through everybody at every step would show."""
    small, large = (calls(grown(size).run) for size in (200, 400))

    assert large < small * 2.2
