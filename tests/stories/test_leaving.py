"""Exits, goals, and records that are deleted."""

from typing import Any

import pytest

from tests.story import Story
from tests.world import journey, message, wait, wait_for, when

WAITING = "Mon 09:00 entered: joined\nMon 09:00 arrived wait"
GOAL: dict[str, Any] = {"trigger": "surveyed", "filter": when("event.score", "at_least", 4)}


async def test_an_exit_ends_the_journey_and_nothing_follows(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "cancelled", "contact/ana")

    await world.expect(
        journey(wait("hello"), message("hello"), exits=[{"trigger": "cancelled"}]),
        f"{WAITING}\nMon 12:00 exited wait: cancelled",
    )
    assert world.letters == []


async def test_an_exit_says_its_own_reason_and_the_first_that_holds_counts(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "surveyed", "contact/ana", score=1)
    exits = [
        {"trigger": "surveyed", "filter": when("event.score", "at_least", 4), "reason": "happy"},
        {"trigger": "surveyed", "filter": when("event.score", "at_most", 2), "reason": "unhappy"},
        {"trigger": "surveyed", "reason": "surveyed at all"},
    ]

    await world.expect(journey(wait(), exits=exits), f"{WAITING}\nMon 12:00 exited wait: unhappy")


async def test_an_exit_whose_filter_does_not_hold_ends_nothing(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "surveyed", "contact/ana", score=None)
    exits = [{"trigger": "surveyed", "filter": when("event.score", "at_most", 2)}]

    await world.expect(journey(wait(), exits=exits), f"{WAITING}\nTue 09:00 completed")


async def test_an_exit_goes_before_what_a_tile_waits_for(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "surveyed", "contact/ana", score=1)

    await world.expect(
        journey(wait_for("surveyed", "thanks"), message("thanks"), exits=[{"trigger": "surveyed"}]),
        "Mon 09:00 entered: joined\nMon 09:00 arrived asked\nMon 12:00 exited asked: surveyed",
    )
    assert world.letters == []


async def test_a_goal_is_noted_and_the_participant_goes_on(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "surveyed", "contact/ana", score=4)

    await world.expect(
        journey(wait(), goal=GOAL),
        f"{WAITING}\nMon 12:00 goal wait: surveyed\nTue 09:00 completed",
    )


async def test_a_goal_that_ends_the_journey_is_an_exit_too(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "surveyed", "contact/ana", score=4)

    await world.expect(
        journey(wait("hello"), message("hello"), goal={**GOAL, "ends": True}),
        f"{WAITING}\nMon 12:00 goal wait: surveyed\nMon 12:00 exited wait: goal",
    )
    assert world.letters == []


async def test_a_goal_counts_once_in_an_instance(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "surveyed", "contact/ana", score=4)
    world.fires("Mon 13:00", "surveyed", "contact/ana", score=5)
    world.fires("Tue 13:00", "surveyed", "contact/ana", score=5)

    await world.expect(
        journey(wait(), goal=GOAL),
        f"{WAITING}\nMon 12:00 goal wait: surveyed\nTue 09:00 completed",
    )


@pytest.mark.parametrize(
    ("at", "lines"),
    [
        pytest.param("Fri 08:59", ["Fri 08:59 goal: surveyed"], id="within three days: it counts"),
        pytest.param("Fri 09:01", [], id="later: it does not"),
    ],
)
async def test_a_goal_after_completion(world: Story, at: str, lines: list[str]) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires(at, "surveyed", "contact/ana", score=4)

    await world.expect(
        journey(wait(), goal=GOAL), "\n".join([WAITING, "Tue 09:00 completed", *lines])
    )


async def test_a_goal_after_an_exit_does_not_count(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "cancelled", "contact/ana")
    world.fires("Wed 09:00", "surveyed", "contact/ana", score=5)

    await world.expect(
        journey(wait(), goal=GOAL, exits=[{"trigger": "cancelled"}]),
        f"{WAITING}\nMon 12:00 exited wait: cancelled",
    )


async def test_a_goal_after_completion_counts_once_too(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Wed 09:00", "surveyed", "contact/ana", score=4)
    world.fires("Wed 10:00", "surveyed", "contact/ana", score=4)

    await world.expect(
        journey(wait(), goal=GOAL), f"{WAITING}\nTue 09:00 completed\nWed 09:00 goal: surveyed"
    )


async def test_after_completion_neither_exits_nor_tiles_count(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Wed 09:00", "surveyed", "contact/ana", score=1)

    await world.expect(
        journey(wait(), goal=GOAL, exits=[{"trigger": "surveyed"}]),
        f"{WAITING}\nTue 09:00 completed",
    )


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param("incident/printer", id="the record the instance is about"),
        pytest.param("contact/ana", id="the person"),
    ],
)
async def test_a_deleted_record_ends_the_journey(world: Story, gone: str) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", gone, "delete")

    await world.expect(
        journey(wait("hello"), message("hello"), trigger="case-changed"),
        """
        Mon 09:00 entered: case-changed
        Mon 09:00 arrived wait
        Mon 12:00 exited wait: record deleted
        """,
    )


async def test_another_record_that_is_deleted_ends_nothing(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/scanner", "delete")

    await world.expect(
        journey(wait(), trigger="case-changed"),
        "Mon 09:00 entered: case-changed\nMon 09:00 arrived wait\nTue 09:00 completed",
    )


@pytest.mark.parametrize(
    ("gone", "outcome"),
    [
        pytest.param("incident/printer", "sent hello", id="a record that is gone"),
        pytest.param("contact/ana", "blocked hello: no such contact", id="a person who is gone"),
    ],
)
async def test_a_journey_may_go_on_without_what_was_deleted(
    world: Story, gone: str, outcome: str
) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", gone, "delete")

    await world.expect(
        journey(
            wait("hello"),
            message("hello"),
            trigger="case-changed",
            if_record_deleted="continue",
        ),
        f"""
        Mon 09:00 entered: case-changed
        Mon 09:00 arrived wait
        Tue 09:00 arrived hello
        Tue 09:00 {outcome}
        Tue 09:00 completed
        """,
    )
