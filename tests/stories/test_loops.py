"""Loops: coming to a tile again, and how often one may."""

import pytest

from journeys.journey import Journey
from journeys.publishing import problems
from journeys.routing import Routes
from journeys.simulate import Simulation
from tests.story import MONDAY, Story, sent
from tests.virtual import VirtualStory
from tests.world import WORLD, journey, message, wait, wait_for, when

REMIND = {
    "kind": "attribute_branch",
    "id": "again",
    "branches": [{"name": "thrice", "when": when("tiles.hello.visits", "at_least", 3)}],
    "other": "wait",
}


async def test_visits_are_capped_and_each_wait_counts_from_its_own_arrival(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    hello = message("hello", "wait") | {"visits": {"at_most": 2, "then": "bye"}}

    await world.expect(
        journey(hello, wait("hello"), message("bye")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived hello
        Mon 09:00 sent hello -> wait
        Mon 09:00 arrived wait
        Tue 09:00 arrived hello
        Tue 09:00 sent hello -> wait
        Tue 09:00 arrived wait
        Wed 09:00 arrived hello
        Wed 09:00 decided hello -> bye: came 2 times before
        Wed 09:00 arrived bye
        Wed 09:00 sent bye
        Wed 09:00 completed
        """,
    )


async def test_a_branch_reads_how_often_a_tile_was_visited(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    [played] = await world.play(
        world.published(journey(message("hello", "again"), REMIND, wait("hello")))
    )

    seen = [note.values for note in played if note.what == "decided"]
    assert [each["tiles.hello.visits"] for each in seen] == [1, 2, 3]
    assert world.letters == [("ana@example.org", "hello")] * 3


async def test_a_wait_for_a_trigger_hears_another_one_each_time(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "surveyed", "contact/ana")
    asked = wait_for("surveyed", "asked", within="P1D") | {"visits": {"at_most": 9}}

    await world.expect(
        journey(asked),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 12:00 fulfilled asked -> asked: surveyed
        Mon 12:00 arrived asked
        Tue 12:00 timed_out asked
        Tue 12:00 completed
        """,
    )


def test_a_way_round_by_caps_alone_needs_a_wait_too() -> None:
    story = VirtualStory()
    story.tells_of(WORLD)
    first = wait("second", id="first") | {"visits": {"at_most": 1, "then": "second"}}
    second = wait("first", id="second") | {"visits": {"at_most": 1, "then": "first"}}

    found = problems(Journey.model_validate(journey(first, second)), story.catalogue)

    assert [each.message for each in found] == [
        "Expected a wait in every cycle, but first → second → first has none."
    ]


@pytest.mark.parametrize("visits", [10_000])
def test_ten_thousand_visits_of_one_second_pass_on_the_virtual_clock(visits: int) -> None:
    story = VirtualStory()
    story.tells_of(WORLD)
    second = wait("wait", **{"for": "PT1S"}) | {"visits": {"at_most": visits, "then": None}}
    version = story.published(journey(second))
    simulation = Simulation(
        Routes(story.catalogue, entered=[version], published=[version]), MONDAY, story.records
    )

    simulation.happens(sent("joined", "contact/ana"), MONDAY)
    simulation.run()

    [instance] = simulation.instances
    assert (simulation.now - MONDAY).total_seconds() == visits
    assert sum(note.what == "arrived" for note in instance.trace) == visits + 1
