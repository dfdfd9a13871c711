"""Attribute branches and exit tiles."""

from typing import Any

import pytest

from tests.story import Story
from tests.world import journey, message, wait, wait_for, when

JOINED = "Mon 09:00 entered: joined"
BY_PLAN: dict[str, Any] = {
    "kind": "attribute_branch",
    "id": "which",
    "branches": [
        {"name": "large", "when": when("trigger.seats", "at_least", 100), "next": "hello"},
        {"name": "paying", "when": when("trigger.plan", "equals", "pro"), "next": "thanks"},
        {"name": "no plan", "when": when("trigger.plan", "is_empty"), "next": "bye"},
    ],
    "other": None,
}


@pytest.mark.parametrize(
    ("attributes", "way"),
    [
        pytest.param({"plan": "pro", "seats": 100}, "hello: large", id="the first that holds"),
        pytest.param({"plan": "pro", "seats": 99}, "thanks: paying", id="the second"),
        pytest.param({"plan": "pro", "seats": None}, "thanks: paying", id="null is not at least"),
        pytest.param({"plan": None, "seats": 1}, "bye: no plan", id="null is empty"),
        pytest.param({"seats": 1}, "bye: no plan", id="and so is what was not sent"),
        pytest.param({"plan": "free"}, None, id="none holds"),
    ],
)
async def test_the_first_branch_that_holds_is_taken_else_other(
    world: Story, attributes: dict[str, Any], way: str | None
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", **attributes)
    arrived = [JOINED, "Mon 09:00 arrived which"]
    tile = way and way.split(":")[0]
    taken = [f"decided which -> {way}", f"arrived {tile}", f"sent {tile}"]
    then = [*(taken if way else ["decided which: other"]), "completed"]

    await world.expect(
        journey(BY_PLAN, message("hello"), message("thanks"), message("bye")),
        "\n".join([*arrived, *(f"Mon 09:00 {each}" for each in then)]),
    )


async def test_a_branch_sees_the_person_as_they_are_when_they_arrive(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.change("Mon 12:00", "contact/ana", jobtitle="Chief")
    chief = {"name": "chief", "when": when("person.jobtitle", "equals", "Chief"), "next": "hello"}
    which = {"kind": "attribute_branch", "id": "which", "branches": [chief], "other": None}

    await world.expect(
        journey(wait("which"), which, message("hello")),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Tue 09:00 arrived which
        Tue 09:00 decided which -> hello: chief
        Tue 09:00 arrived hello
        Tue 09:00 sent hello
        Tue 09:00 completed
        """,
    )


async def test_a_branch_sees_what_moved_the_participant_on_and_no_older_record(
    world: Story,
) -> None:
    world.change("Mon 09:00", "incident/printer", prioritycode=1)
    world.change("Tue 10:00", "incident/printer", customersatisfactioncode=1, statecode=1)
    unhappy = {
        "all": [
            when("tiles.asked.customersatisfactioncode", "equals", 1),
            when("record.statecode", "equals", "Resolved"),
            when("trigger.statecode", "equals", "Active"),
        ]
    }
    branches = [{"name": "unhappy", "when": unhappy, "next": None}]
    which = {"kind": "attribute_branch", "id": "which", "branches": branches, "other": "hello"}

    await world.expect(
        journey(wait_for("case-rated", "which"), which, message("hello"), trigger="case-changed"),
        """
        Mon 09:00 entered: case-changed
        Mon 09:00 arrived asked
        Tue 10:00 fulfilled asked -> which: case-rated
        Tue 10:00 arrived which
        Tue 10:00 decided which: unhappy
        Tue 10:00 completed
        """,
    )


async def test_an_exit_tile_ends_the_journey_with_its_reason(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(message("hello", "out"), {"kind": "exit", "id": "out", "reason": "said hello"}),
        f"""
        {JOINED}
        Mon 09:00 arrived hello
        Mon 09:00 sent hello -> out
        Mon 09:00 arrived out
        Mon 09:00 exited out: said hello
        """,
    )
