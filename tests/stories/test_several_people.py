"""Triggers that happen to several people at once: everybody who points to the record."""

from typing import Any

import pytest

from tests.story import Story
from tests.world import journey, message, wait, wait_for

PAPER_MILL = {"table": "account", "id": "paper-mill"}
MOVED: dict[str, Any] = {
    "name": "account-moved",
    "kind": "record_change",
    "table": "account",
    "audience": {"each": "contact.parentcustomerid"},
    "operations": ["updated"],
    "columns": ["name"],
}


@pytest.fixture
def world(world: Story) -> Story:
    """The small world, in which Ana and Ben work for the paper mill, and Cleo does not."""
    world.ready(MOVED)
    world.given("account/paper-mill", name="Paper Mill")
    world.given("contact/ana", emailaddress1="ana@example.org", parentcustomerid=PAPER_MILL)
    world.given("contact/ben", emailaddress1="ben@example.org", parentcustomerid=PAPER_MILL)
    world.given("contact/cleo", emailaddress1="cleo@example.org")
    return world


async def test_each_of_them_enters(world: Story) -> None:
    world.change("Mon 09:00", "account/paper-mill", name="Paper Mill & Sons")
    entered = """
        Mon 09:00 entered: account-moved
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """

    await world.expect(journey(message("hello"), trigger="account-moved"), entered, entered)

    assert sorted(to for to, _ in world.letters) == ["ana@example.org", "ben@example.org"]


async def test_who_points_elsewhere_by_then_does_not_enter(world: Story) -> None:
    world.change("Mon 08:00", "contact/ben", parentcustomerid={"table": "account", "id": "rival"})
    world.change("Mon 08:30", "contact/cleo", parentcustomerid=PAPER_MILL)
    world.change("Mon 08:45", "contact/ana", "delete")
    world.change("Mon 09:00", "account/paper-mill", name="Paper Mill & Sons")

    await world.expect(
        journey(message("hello"), trigger="account-moved"),
        """
        Mon 09:00 entered: account-moved
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """,
    )
    assert world.letters == [("cleo@example.org", "hello")]


async def test_nobody_points_to_it(world: Story) -> None:
    world.given("account/empty", name="Empty")
    world.change("Mon 09:00", "account/empty", name="Still empty")

    await world.expect(journey(message("hello"), trigger="account-moved"))

    assert world.refusals == ["no audience"]


async def test_everybody_is_moved_on_by_their_own_firing_alone(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "joined", "contact/cleo")
    world.change("Mon 12:00", "account/paper-mill", name="Paper Mill & Sons")

    await world.expect(
        journey(wait_for("account-moved")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 12:00 fulfilled asked: account-moved
        Mon 12:00 completed
        """,
        """
        Mon 10:00 entered: joined
        Mon 10:00 arrived asked
        Mon+1 10:00 timed_out asked
        Mon+1 10:00 completed
        """,
    )


async def test_a_second_change_meets_those_who_entered_by_the_first_once_each(world: Story) -> None:
    world.change("Mon 09:00", "account/paper-mill", name="Paper Mill & Sons")
    world.change("Mon 12:00", "account/paper-mill", name="Paper Mill & Daughters")
    moved_on = """
        Mon 09:00 entered: account-moved
        Mon 09:00 arrived asked
        Mon 12:00 fulfilled asked -> wait: account-moved
        Mon 12:00 arrived wait
        Tue 12:00 completed
        """

    await world.expect(
        journey(wait_for("account-moved", "wait"), wait(), trigger="account-moved"),
        moved_on,
        moved_on,
    )
