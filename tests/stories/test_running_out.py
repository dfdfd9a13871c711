"""Journeys that an operator lets run out, or stops, while people are inside and queue."""

import pytest

from tests.story import Story
from tests.world import journey, message, wait, wait_for

WAITING = "Mon 09:00 entered: joined\nMon 09:00 arrived wait"


async def test_who_is_inside_a_journey_that_runs_out_passes_to_its_end_and_nobody_enters(
    world: Story,
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.completes("Mon 12:00")
    world.fires("Mon 13:00", "joined", "contact/ben")

    await world.expect(
        journey(wait("hello"), message("hello")),
        f"{WAITING}\nTue 09:00 arrived hello\nTue 09:00 sent hello\nTue 09:00 completed",
    )
    assert (world.letters, world.refusals) == ([("ana@example.org", "hello")], [])


async def test_who_queues_for_a_journey_that_runs_out_enters_before(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:10", "joined", "contact/ben")
    world.completes("Mon 09:20")

    played = await world.play(
        world.published(journey(message("hello"), rate_limit={"count": 1, "per": "hour"}))
    )

    assert [each[-1].what for each in played] == ["completed", "completed"]
    assert world.letters == [("ana@example.org", "hello"), ("ben@example.org", "hello")]


async def test_triggers_exits_and_goals_count_in_a_journey_that_runs_out(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:00", "joined", "contact/ben")
    world.completes("Mon 12:00")
    world.fires("Mon 13:00", "surveyed", "contact/ana")
    world.fires("Mon 13:00", "cancelled", "contact/ben")

    await world.expect(
        journey(
            wait_for("surveyed"), goal={"trigger": "surveyed"}, exits=[{"trigger": "cancelled"}]
        ),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 13:00 goal asked: surveyed
        Mon 13:00 fulfilled asked: surveyed
        Mon 13:00 completed
        """,
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 13:00 exited asked: cancelled
        """,
    )


async def test_everybody_leaves_a_journey_that_stops_and_nobody_enters(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.stops("Mon 12:00")
    world.fires("Mon 13:00", "joined", "contact/ben")

    await world.expect(
        journey(wait("hello"), message("hello")), f"{WAITING}\nMon 12:00 exited wait: stopped"
    )
    assert (world.letters, world.refusals) == ([], [])


async def test_who_is_held_or_queues_leaves_a_paused_journey_that_stops(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 12:00")
    world.fires("Mon 13:00", "joined", "contact/ben")
    world.stops("Wed 09:00")

    played = await world.play(world.published(journey(wait("hello"), message("hello"))))

    assert [[(note.what, note.tile, note.why) for note in each[-2:]] for each in played] == [
        [("held", "hello", "journey paused"), ("exited", "hello", "stopped")],
        [("held", None, "journey paused"), ("exited", None, "stopped")],
    ]
    assert world.letters == []


async def test_a_journey_that_runs_out_may_be_stopped(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.completes("Mon 12:00")
    world.stops("Mon 13:00")

    await world.expect(journey(wait()), f"{WAITING}\nMon 13:00 exited wait: stopped")


@pytest.mark.parametrize(
    ("ends", "goal"),
    [
        pytest.param("completes", "Wed 09:00 goal: surveyed", id="one that runs out: it counts"),
        pytest.param("stops", "", id="one that was stopped: it does not"),
    ],
)
async def test_a_goal_after_completion_of(world: Story, ends: str, goal: str) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    getattr(world, ends)("Tue 12:00")
    world.fires("Wed 09:00", "surveyed", "contact/ana")

    await world.expect(
        journey(wait(), goal={"trigger": "surveyed"}), f"{WAITING}\nTue 09:00 completed\n{goal}"
    )
