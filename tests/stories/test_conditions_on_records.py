"""Waits, goals and exits that look at records instead of listening for triggers."""

from typing import Any

import pytest

from tests.story import Story
from tests.world import Drawn, journey, message, wait, wait_for, when

ENTERED = "Mon 09:00 entered: case-changed\nMon 09:00 arrived {}"
RESOLVED = when("record.customersatisfactioncode", "at_least", 4)
MILL = {"table": "account", "id": "mill"}


def until(condition: Drawn, yes: str | None = None, **how: Any) -> Drawn:
    drawn = wait_for("", yes, condition=condition, **how)
    del drawn["trigger"]
    return drawn


def entered(tile: str) -> str:
    return ENTERED.format(tile)


async def test_a_wait_for_a_condition_ends_when_a_change_makes_it_hold(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/printer", customersatisfactioncode=3)
    world.change("Mon 15:00", "incident/printer", customersatisfactioncode=4)

    await world.expect(
        journey(until(RESOLVED, "wait"), wait(), trigger="case-changed"),
        f"""
        {entered("asked")}
        Mon 15:00 fulfilled asked -> wait: condition holds
        Mon 15:00 arrived wait
        Tue 15:00 completed
        """,
    )


async def test_it_ends_at_once_where_the_condition_holds_on_arrival(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/printer", customersatisfactioncode=5)

    await world.expect(
        journey(wait("asked"), until(RESOLVED), trigger="case-changed"),
        f"""
        {entered("wait")}
        Tue 09:00 arrived asked
        Tue 09:00 fulfilled asked: condition holds
        Tue 09:00 completed
        """,
    )


async def test_what_held_before_the_arrival_and_holds_no_more_does_not_count(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/printer", customersatisfactioncode=5)
    world.change("Mon 13:00", "incident/printer", customersatisfactioncode=1)

    await world.expect(
        journey(wait("asked"), until(RESOLVED), trigger="case-changed"),
        f"""
        {entered("wait")}
        Tue 09:00 arrived asked
        Tue+1 09:00 timed_out asked
        Tue+1 09:00 completed
        """,
    )


async def test_another_case_of_the_same_person_does_not_count(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/scanner", customersatisfactioncode=5)

    await world.expect(
        journey(until(RESOLVED), trigger="case-changed"),
        f"{entered('asked')}\nMon+1 09:00 timed_out asked\nMon+1 09:00 completed",
    )


@pytest.mark.parametrize(
    ("condition", "record", "values"),
    [
        pytest.param(
            when("person.donotbulkemail", "equals", True),
            "contact/ana",
            {"donotbulkemail": True},
            id="the person",
        ),
        pytest.param(
            when("person.parentcustomerid.name", "equals", "Mill"),
            "account/mill",
            {"name": "Mill"},
            id="a record that the person points to",
        ),
        pytest.param(
            when("record.primarycontactid.parentcustomerid.name", "equals", "Mill"),
            "account/mill",
            {"name": "Mill"},
            id="a record two lookups away",
        ),
        pytest.param(
            when("person.parentcustomerid.name", "is_empty"),
            "contact/ana",
            {"parentcustomerid": None},
            id="a lookup that leads elsewhere",
        ),
        pytest.param(
            when("related.titled.count", "equals", 1),
            "incident/scanner",
            {"title": None},
            id="one of the records that point to the person",
        ),
        pytest.param(
            when("related.titled.count", "equals", 3),
            "incident/copier",
            {"title": "Copier", "primarycontactid": "ana"},
            id="one more of them",
        ),
        pytest.param(
            when("related.titled.count", "equals", 1),
            "incident/scanner",
            {"primarycontactid": "ben"},
            id="one that points elsewhere from now on",
        ),
        pytest.param(
            when("related.titled.first.customerid.name", "equals", "Mill"),
            "account/mill",
            {"name": "Mill"},
            id="a record that one of them points to",
        ),
        pytest.param(
            {"not": when("person.parentcustomerid.name", "equals", "Old")},
            "account/mill",
            {"name": "Mill"},
            id="the negation of what held",
        ),
    ],
)
async def test_whatever_record_the_condition_reads(
    world: Story, condition: Drawn, record: str, values: dict[str, Any]
) -> None:
    world.given("account/mill", name="Old")
    world.given("contact/ana", emailaddress1="ana@example.org", parentcustomerid=MILL)
    world.given("incident/printer", title="Printer", primarycontactid="ana", customerid=MILL)
    world.change("Mon 09:00", "incident/printer", prioritycode=1)
    world.change("Mon 12:00", record, **values)
    related = {
        "titled": {
            "each": "incident.primarycontactid",
            "where": when("each.title", "is_not_empty"),
        }
    }

    await world.expect(
        journey(until(condition), trigger="case-changed", related=related),
        f"{entered('asked')}\nMon 12:00 fulfilled asked: condition holds\nMon 12:00 completed",
    )


async def test_a_record_that_is_deleted_changes_what_is_read(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/scanner", "delete")
    related = {"cases": {"each": "incident.primarycontactid"}}

    await world.expect(
        journey(
            until(when("related.cases.count", "equals", 1)),
            trigger="case-changed",
            related=related,
        ),
        f"{entered('asked')}\nMon 12:00 fulfilled asked: condition holds\nMon 12:00 completed",
    )


async def test_of_several_triggers_the_first_wins_and_leads_its_own_way(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "joined", "contact/ben")
    world.fires("Mon 12:00", "surveyed", "contact/ana", score=5)
    world.fires("Mon 12:30", "cancelled", "contact/ana")
    world.fires("Mon 13:00", "cancelled", "contact/ben")
    several: Drawn = {
        "kind": "wait_for_trigger",
        "id": "asked",
        "within": "P7D",
        "triggers": [
            {
                "trigger": "surveyed",
                "filter": when("event.score", "at_least", 4),
                "next": "thanks",
            },
            {"trigger": "cancelled", "next": "bye"},
        ],
    }

    await world.expect(
        journey(several, message("thanks"), message("bye")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 12:00 fulfilled asked -> thanks: surveyed
        Mon 12:00 arrived thanks
        Mon 12:00 sent thanks
        Mon 12:00 completed
        """,
        """
        Mon 10:00 entered: joined
        Mon 10:00 arrived asked
        Mon 13:00 fulfilled asked -> bye: cancelled
        Mon 13:00 arrived bye
        Mon 13:00 sent bye
        Mon 13:00 completed
        """,
    )


async def test_what_several_triggers_have_in_common_is_brought_by_whichever_comes(
    world: Story,
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "joined", "contact/ben")
    world.fires("Mon 12:00", "surveyed", "contact/ana", case="printer")
    world.fires("Mon 13:00", "joined", "contact/ben", case="scanner")
    several: Drawn = {
        "kind": "wait_for_trigger",
        "id": "asked",
        "within": "P7D",
        "triggers": [
            {"trigger": "surveyed", "next": "which"},
            {"trigger": "joined", "next": "which"},
        ],
    }
    which: Drawn = {
        "kind": "attribute_branch",
        "id": "which",
        "branches": [{"name": "printer", "when": when("tiles.asked.case", "equals", "printer")}],
    }

    played = await world.play(world.published(journey(several, which, while_inside="skip")))

    decided = [note.why for each in played for note in each if note.what == "decided"]
    assert decided == ["printer", "other"]


async def test_a_condition_among_several(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/printer", customersatisfactioncode=5)
    several: Drawn = {
        "kind": "wait_for_trigger",
        "id": "asked",
        "within": "P7D",
        "triggers": [{"trigger": "cancelled"}, {"condition": RESOLVED, "next": "thanks"}],
    }

    await world.expect(
        journey(several, message("thanks"), trigger="case-changed"),
        f"""
        {entered("asked")}
        Mon 12:00 fulfilled asked -> thanks: condition holds
        Mon 12:00 arrived thanks
        Mon 12:00 sent thanks
        Mon 12:00 completed
        """,
    )


async def test_an_exit_on_a_condition(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "contact/ana", donotbulkemail=True)
    exits = [{"condition": when("person.donotbulkemail", "equals", True), "reason": "opted out"}]

    await world.expect(
        journey(wait("hello"), message("hello"), trigger="case-changed", exits=exits),
        f"{entered('wait')}\nMon 12:00 exited wait: opted out",
    )
    assert world.letters == []


async def test_an_exit_that_holds_on_entry_lets_nothing_leave(world: Story) -> None:
    world.change("Mon 08:00", "contact/ana", donotbulkemail=True)
    world.change("Mon 09:00", "incident/printer", statecode=1)
    exits = [{"condition": when("person.donotbulkemail", "equals", True)}]

    await world.expect(
        journey(message("hello"), trigger="case-changed", exits=exits),
        "Mon 09:00 entered: case-changed\nMon 09:00 exited: condition holds",
    )
    assert world.letters == []


async def test_a_goal_on_a_condition_counts_once_and_the_participant_goes_on(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/printer", customersatisfactioncode=4)
    world.change("Mon 13:00", "incident/printer", customersatisfactioncode=5)

    await world.expect(
        journey(wait(), trigger="case-changed", goal={"condition": RESOLVED}),
        f"{entered('wait')}\nMon 12:00 goal wait: incident updated\nTue 09:00 completed",
    )


@pytest.mark.parametrize(
    ("ends", "rest"),
    [
        pytest.param(
            False, "arrived hello\nMon 09:00 sent hello\nMon 09:00 completed", id="goes on"
        ),
        pytest.param(True, "exited: goal", id="leaves"),
    ],
)
async def test_a_goal_that_holds_on_entry(world: Story, ends: bool, rest: str) -> None:
    world.change("Mon 08:00", "incident/printer", customersatisfactioncode=5)
    world.change("Mon 09:00", "incident/printer", statecode=1)

    await world.expect(
        journey(
            message("hello"),
            trigger="case-changed",
            goal={"condition": RESOLVED, "ends": ends},
        ),
        f"Mon 09:00 entered: case-changed\nMon 09:00 goal: case-changed\nMon 09:00 {rest}",
    )


@pytest.mark.parametrize(
    ("at", "line"),
    [
        pytest.param("Wed 12:00", "Wed 12:00 goal: incident updated", id="within three days"),
        pytest.param("Sat 12:00", "", id="later"),
    ],
)
async def test_a_goal_on_a_condition_after_completion(world: Story, at: str, line: str) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change(at, "incident/printer", customersatisfactioncode=5)

    await world.expect(
        journey(wait(), trigger="case-changed", goal={"condition": RESOLVED}),
        f"{entered('wait')}\nTue 09:00 completed\n{line}",
    )
