"""Which instance a later trigger concerns."""

from typing import Any

import pytest

from tests.story import Story
from tests.world import journey, wait, wait_for

ENTERED = "Mon 09:00 entered: case-changed\nMon 09:00 arrived asked"
MOVED_ON = f"{ENTERED}\nMon 12:00 fulfilled asked: {{}}\nMon 12:00 completed"
NOT_CONCERNED = f"{ENTERED}\nMon+1 09:00 timed_out asked\nMon+1 09:00 completed"


async def test_two_cases_of_one_person_never_disturb_each_other(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/scanner", statecode=1)
    world.change("Mon 12:00", "incident/scanner", customersatisfactioncode=1)
    world.change("Mon 15:00", "incident/printer", customersatisfactioncode=5)

    await world.expect(
        journey(wait_for("case-rated"), trigger="case-changed"),
        """
        Mon 09:00 entered: case-changed
        Mon 09:00 arrived asked
        Mon 15:00 fulfilled asked: case-rated
        Mon 15:00 completed
        """,
        """
        Mon 10:00 entered: case-changed
        Mon 10:00 arrived asked
        Mon 12:00 fulfilled asked: case-rated
        Mon 12:00 completed
        """,
    )


@pytest.mark.parametrize("match", [None, "record", "person"])
@pytest.mark.parametrize("case", ["printer", "scanner"])
async def test_a_change_in_the_same_table(world: Story, case: str, match: str | None) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", f"incident/{case}", customersatisfactioncode=1)
    concerned = case == "printer" or match == "person"

    await world.expect(
        journey(wait_for("case-rated", match=match), trigger="case-changed"),
        MOVED_ON.format("case-rated") if concerned else NOT_CONCERNED,
    )


@pytest.mark.parametrize("match", [None, "record", "person"])
@pytest.mark.parametrize("person", ["ana", "ben"])
async def test_a_change_in_another_table(world: Story, person: str, match: str | None) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    customer = {"table": "contact", "id": person}
    world.change("Mon 12:00", "salesorder/chairs", "create", customerid=customer)
    concerned = person == "ana" and match != "record"

    await world.expect(
        journey(wait_for("ordered", match=match), trigger="case-changed"),
        MOVED_ON.format("ordered") if concerned else NOT_CONCERNED,
    )


@pytest.mark.parametrize(
    ("person", "binding", "concerned"),
    [
        pytest.param("ana", None, True, id="no binding, the same person"),
        pytest.param("ben", None, False, id="no binding, another person"),
        pytest.param("ana", "incident/printer", True, id="the same record"),
        pytest.param("ana", "incident/scanner", False, id="another record of the table"),
        pytest.param("ben", "incident/printer", True, id="the same record, another person"),
        pytest.param("ana", "salesorder/chairs", True, id="a record of another table"),
    ],
)
async def test_a_custom_trigger(
    world: Story, person: str, binding: str | None, concerned: bool
) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.fires("Mon 12:00", "surveyed", f"contact/{person}", binding)

    await world.expect(
        journey(wait_for("surveyed"), trigger="case-changed"),
        MOVED_ON.format("surveyed") if concerned else NOT_CONCERNED,
    )


async def test_an_instance_without_a_record_is_concerned_by_all_that_happens_to_its_person(
    world: Story,
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.change("Mon 12:00", "incident/printer", customersatisfactioncode=1)

    await world.expect(
        journey(wait_for("case-rated")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 12:00 fulfilled asked: case-rated
        Mon 12:00 completed
        """,
    )


@pytest.mark.parametrize(
    ("asked", "answered", "concerned"),
    [
        pytest.param("printer", "printer", True, id="equal"),
        pytest.param("printer", "scanner", False, id="not equal"),
        pytest.param(None, None, False, id="what is missing equals nothing"),
    ],
)
async def test_pairs_that_must_be_equal(
    world: Story, asked: Any, answered: Any, concerned: bool
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", case=asked)
    world.fires("Mon 12:00", "surveyed", "contact/ana", case=answered)
    entered = "Mon 09:00 entered: joined\nMon 09:00 arrived asked"

    await world.expect(
        journey(wait_for("surveyed", match={"event.case": "trigger.case"})),
        f"{entered}\nMon 12:00 fulfilled asked: surveyed\nMon 12:00 completed"
        if concerned
        else f"{entered}\nMon+1 09:00 timed_out asked\nMon+1 09:00 completed",
    )


async def test_pairs_tell_two_instances_of_one_person_apart(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/scanner", statecode=1)
    world.fires("Mon 12:00", "surveyed", "contact/ana", case="scanner")
    match = {"event.case": "trigger.incidentid"}

    await world.expect(
        journey(
            wait(**{"for": "P2D"}),
            trigger="case-changed",
            exits=[{"trigger": "surveyed", "match": match}],
        ),
        "Mon 09:00 entered: case-changed\nMon 09:00 arrived wait\nWed 09:00 completed",
        "Mon 10:00 entered: case-changed\nMon 10:00 arrived wait\nMon 12:00 exited wait: surveyed",
    )


async def test_pairs_reach_the_case_that_is_named_whoever_names_it(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.fires("Mon 11:00", "surveyed", "contact/ben", case="scanner")
    world.fires("Mon 12:00", "surveyed", "contact/ben", case="printer")
    match = {"event.case": "trigger.incidentid"}

    await world.expect(
        journey(
            wait(**{"for": "P2D"}),
            trigger="case-changed",
            exits=[{"trigger": "surveyed", "match": match}],
        ),
        "Mon 09:00 entered: case-changed\nMon 09:00 arrived wait\nMon 12:00 exited wait: surveyed",
    )


@pytest.mark.parametrize(
    ("asked", "answered", "concerned"),
    [
        pytest.param("K-1", "K-1", True, id="equal"),
        pytest.param("Straße", "STRASSE", True, id="equal but for how it is written"),
        pytest.param(
            "2031-03-03T09:00:00Z", "2031-03-03T10:00:00+01:00", True, id="the same moment"
        ),
        pytest.param("K-1", "K-2", False, id="another"),
        pytest.param(None, None, False, id="what is missing equals nothing"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
async def test_pairs_find_an_instance_by_what_let_it_in_whoever_is_meant(
    world: Story, asked: Any, answered: Any, concerned: bool, turned: bool
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", case=asked)
    world.fires("Mon 12:00", "surveyed", "contact/ben", case=answered)
    match = {"trigger.case": "event.case"} if turned else {"event.case": "trigger.case"}
    entered = "Mon 09:00 entered: joined\nMon 09:00 arrived asked"

    await world.expect(
        journey(wait_for("surveyed", match=match)),
        f"{entered}\nMon 12:00 fulfilled asked: surveyed\nMon 12:00 completed"
        if concerned
        else f"{entered}\nMon+1 09:00 timed_out asked\nMon+1 09:00 completed",
    )


async def test_all_pairs_have_to_be_equal_whichever_finds_the_instance(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", case="K-1", seats=2)
    world.fires("Mon 10:00", "joined", "contact/ana", case="K-1", seats=3)
    world.fires("Mon 12:00", "surveyed", "contact/ben", case="k-1", score=3.0)
    match = {"event.case": "trigger.case", "event.score": "trigger.seats"}

    await world.expect(
        journey(wait_for("surveyed", match=match)),
        "Mon 09:00 entered: joined\nMon 09:00 arrived asked\n"
        "Mon+1 09:00 timed_out asked\nMon+1 09:00 completed",
        "Mon 10:00 entered: joined\nMon 10:00 arrived asked\n"
        "Mon 12:00 fulfilled asked: surveyed\nMon 12:00 completed",
    )


async def test_pairs_of_a_version_that_people_move_to_find_them_too(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", case="K-1")
    match = {"event.case": "trigger.case"}
    world.publishes("Mon 10:00", journey(wait_for("surveyed", match=match)), move=True)
    world.fires("Mon 12:00", "surveyed", "contact/ben", case="K-1")

    await world.expect(
        journey(wait_for("surveyed")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 10:00 moved asked -> asked: version 2
        Mon 12:00 fulfilled asked: surveyed
        Mon 12:00 completed
        """,
    )


async def test_a_goal_that_pairs_find_counts_after_completion(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", case="K-1")
    world.fires("Wed 12:00", "surveyed", "contact/ben", case="K-1")
    goal = {"trigger": "surveyed", "match": {"event.case": "trigger.case"}}

    await world.expect(
        journey(wait(), goal=goal),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Tue 09:00 completed
        Wed 12:00 goal: surveyed
        """,
    )


@pytest.mark.parametrize("way", ["goal", "exits"])
async def test_goals_and_exits_of_another_case_do_not_count(world: Story, way: str) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/scanner", customersatisfactioncode=5)
    rated = {"trigger": "case-rated"}

    await world.expect(
        journey(wait(), trigger="case-changed", **{way: rated if way == "goal" else [rated]}),
        "Mon 09:00 entered: case-changed\nMon 09:00 arrived wait\nTue 09:00 completed",
    )
