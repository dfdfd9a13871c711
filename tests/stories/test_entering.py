"""Who enters: the window, exclusion, repeat, and who is inside already."""

from typing import Any

import pytest

from tests.story import Story
from tests.world import Drawn, journey, wait, wait_for, when


def passing(at: str, trigger: str = "joined") -> str:
    """Return the timeline of somebody who enters at *at* and completes at once."""
    return f"{at} entered: {trigger}\n{at} arrived wait\n{at} completed"


AT_ONCE = wait(until="2031-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("at", "window", "refusals"),
    [
        pytest.param("Mon 09:00", {"starts_at": "2031-03-03T09:00:00Z"}, [], id="as it starts"),
        pytest.param(
            "Mon 08:59",
            {"starts_at": "2031-03-03T10:00:00+01:00"},
            ["outside the window"],
            id="a minute before it starts",
        ),
        pytest.param("Mon 08:59", {"ends_at": "2031-03-03T09:00:00Z"}, [], id="before it ends"),
        pytest.param(
            "Mon 09:00",
            {"ends_at": "2031-03-03T09:00:00Z"},
            ["outside the window"],
            id="as it ends",
        ),
    ],
)
async def test_people_enter_within_the_window(
    world: Story, at: str, window: dict[str, str], refusals: list[str]
) -> None:
    world.fires(at, "joined", "contact/ana")

    await world.expect(journey(AT_ONCE, **window), *([] if refusals else [passing(at)]))

    assert world.refusals == refusals


async def test_the_end_of_the_window_ends_entries_only(world: Story) -> None:
    world.fires("Mon 08:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(), ends_at="2031-03-03T09:00:00Z"),
        "Mon 08:00 entered: joined\nMon 08:00 arrived wait\nTue 08:00 completed",
    )


@pytest.mark.parametrize(
    ("excluded", "refusals"),
    [
        pytest.param({"donotbulkemail": True}, ["excluded"], id="the exclusion holds"),
        pytest.param({"donotbulkemail": False}, [], id="it does not"),
        pytest.param({"donotbulkemail": None}, [], id="nobody knows"),
    ],
)
async def test_an_excluded_person_does_not_enter(
    world: Story, excluded: dict[str, Any], refusals: list[str]
) -> None:
    world.given("contact/ana", **excluded)
    world.fires("Mon 09:00", "joined", "contact/ana")
    exclude = when("person.donotbulkemail", "equals", True)

    await world.expect(
        journey(AT_ONCE, exclude=exclude), *([] if refusals else [passing("Mon 09:00")])
    )

    assert world.refusals == refusals


async def test_somebody_who_is_no_record_does_not_enter(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/zoe")

    await world.expect(journey(AT_ONCE))

    assert world.refusals == ["no such person"]


@pytest.mark.parametrize(
    ("repeat", "again", "enters"),
    [
        pytest.param({"policy": "never"}, "Mon+9 09:00", False, id="never"),
        pytest.param({"policy": "always"}, "Mon 09:01", True, id="always"),
        pytest.param(
            {"policy": "after", "duration": "P1D"}, "Tue 08:59", False, id="too early for after"
        ),
        pytest.param({"policy": "after", "duration": "P1D"}, "Tue 09:00", True, id="after"),
    ],
)
async def test_a_person_enters_again_as_repeat_says(
    world: Story, repeat: Drawn, again: str, enters: bool
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires(again, "joined", "contact/ana")

    await world.expect(
        journey(AT_ONCE, repeat=repeat),
        passing("Mon 09:00"),
        *([passing(again)] if enters else []),
    )

    assert world.refusals == ([] if enters else ["repeat blocked"])


async def test_one_who_may_not_repeat_keeps_nobody_else_out(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "joined", "contact/ben")

    await world.expect(
        journey(AT_ONCE, repeat={"policy": "never"}), passing("Mon 09:00"), passing("Mon 10:00")
    )


CASES: dict[str, Any] = {
    "trigger": "case-changed",
    "filter": when("trigger.statecode", "equals", "Resolved"),
}


def case_wait(at: str, ends: str) -> str:
    return f"{at} entered: case-changed\n{at} arrived wait\n{ends}"


async def test_while_inside_a_person_enters_again_for_another_record_but_not_for_the_same(
    world: Story,
) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/scanner", statecode=1)
    world.change("Mon 11:00", "incident/printer", prioritycode=1)

    await world.expect(
        journey(wait(), **CASES),
        case_wait("Mon 09:00", "Tue 09:00 completed"),
        case_wait("Mon 10:00", "Tue 10:00 completed"),
    )
    assert world.refusals == ["repeat blocked"]


async def test_without_a_binding_each_entry_is_one_of_its_own(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "joined", "contact/ana")

    await world.expect(
        journey(wait()),
        "Mon 09:00 entered: joined\nMon 09:00 arrived wait\nTue 09:00 completed",
        "Mon 10:00 entered: joined\nMon 10:00 arrived wait\nTue 10:00 completed",
    )


async def test_skip_lets_nobody_in_who_is_inside_and_anybody_who_has_left(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/scanner", statecode=1)
    world.change("Tue 10:00", "incident/scanner", prioritycode=1)

    await world.expect(
        journey(wait(), while_inside="skip", **CASES),
        case_wait("Mon 09:00", "Tue 09:00 completed"),
        case_wait("Tue 10:00", "Wed 10:00 completed"),
    )
    assert world.refusals == ["repeat blocked"]


async def test_restart_ends_the_earlier_instance(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/scanner", statecode=1)

    await world.expect(
        journey(wait(), while_inside="restart", **CASES),
        case_wait("Mon 09:00", "Mon 10:00 exited wait: restarted"),
        case_wait("Mon 10:00", "Tue 10:00 completed"),
    )


async def test_restart_begins_anew_for_the_same_record_too(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/printer", prioritycode=1)
    world.change("Mon 11:00", "incident/printer", prioritycode=2)

    await world.expect(
        journey(wait(), while_inside="restart", **CASES),
        case_wait("Mon 09:00", "Mon 10:00 exited wait: restarted"),
        case_wait("Mon 10:00", "Mon 11:00 exited wait: restarted"),
        case_wait("Mon 11:00", "Tue 11:00 completed"),
    )


async def test_who_leaves_at_the_same_moment_keeps_nobody_out(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/printer", statecode=0)
    world.change("Mon 10:00", "incident/printer", statecode=1)
    reopened = {"trigger": "case-changed", "filter": when("event.statecode", "equals", "Active")}

    await world.expect(
        journey(wait(), exits=[reopened], while_inside="skip", **CASES),
        case_wait("Mon 09:00", "Mon 10:00 exited wait: case-changed"),
        case_wait("Mon 10:00", "Tue 10:00 completed"),
    )


async def test_a_case_that_is_reopened_and_resolved_again_starts_anew(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 10:00", "incident/printer", statecode=0)
    world.change("Mon 11:00", "incident/printer", statecode=1)
    reopened = {"trigger": "case-changed", "filter": when("event.statecode", "equals", "Active")}

    await world.expect(
        journey(wait(), exits=[{**reopened, "reason": "reopened"}], **CASES),
        case_wait("Mon 09:00", "Mon 10:00 exited wait: reopened"),
        case_wait("Mon 11:00", "Tue 11:00 completed"),
    )
    assert world.refusals == ["unmet filter"]


ONE_AN_HOUR = {"count": 1, "per": "hour"}


async def test_whom_the_rate_limit_holds_back_enters_later_in_order(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:10", "joined", "contact/ben")
    world.fires("Mon 09:20", "joined", "contact/ana")

    await world.expect(
        journey(AT_ONCE, rate_limit=ONE_AN_HOUR),
        passing("Mon 09:00"),
        "Mon 09:10 held: entry rate limit\n" + passing("Mon 10:00"),
        "Mon 09:20 held: entry rate limit\n" + passing("Mon 11:00"),
    )
    assert world.refusals == []


async def test_the_rate_limit_holds_in_every_hour_that_could_be_counted(world: Story) -> None:
    for at in ("Mon 09:00", "Mon 09:50", "Mon 10:00", "Mon 10:10"):
        world.fires(at, "joined", "contact/ana")

    await world.expect(
        journey(AT_ONCE, rate_limit={"count": 2, "per": "hour"}),
        passing("Mon 09:00"),
        passing("Mon 09:50"),
        passing("Mon 10:00"),
        "Mon 10:10 held: entry rate limit\n" + passing("Mon 10:50"),
    )


@pytest.mark.parametrize(
    ("at", "enters"),
    [
        pytest.param("Tue 08:59", False, id="within a day"),
        pytest.param("Tue 09:00", True, id="a day later"),
    ],
)
async def test_a_daily_rate_limit_counts_days(world: Story, at: str, enters: bool) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires(at, "joined", "contact/ben")
    queues = "" if enters else f"{at} held: entry rate limit\n"

    await world.expect(
        journey(AT_ONCE, rate_limit={"count": 1, "per": "day"}),
        passing("Mon 09:00"),
        queues + passing("Tue 09:00"),
    )


async def test_one_who_queues_and_is_to_leave_never_starts(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:10", "joined", "contact/ben")
    world.fires("Mon 09:30", "cancelled", "contact/ben")

    await world.expect(
        journey(AT_ONCE, rate_limit=ONE_AN_HOUR, exits=[{"trigger": "cancelled"}]),
        passing("Mon 09:00"),
        "Mon 09:10 held: entry rate limit\nMon 09:30 exited: cancelled",
    )


async def test_what_one_hears_of_who_queues_counts_once_they_are_in(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:10", "joined", "contact/ben")
    world.fires("Mon 09:30", "surveyed", "contact/ben")

    await world.expect(
        journey(wait_for("surveyed", within="PT1H"), rate_limit=ONE_AN_HOUR),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 10:00 timed_out asked
        Mon 10:00 completed
        """,
        """
        Mon 09:10 held: entry rate limit
        Mon 10:00 entered: joined
        Mon 10:00 arrived asked
        Mon 10:00 fulfilled asked: surveyed
        Mon 10:00 completed
        """,
    )


@pytest.mark.parametrize(
    ("ends", "rest"),
    [
        pytest.param(
            False,
            "Mon 10:00 entered: joined\nMon 10:00 goal: surveyed\nMon 10:00 arrived wait\n"
            "Mon 10:00 completed",
            id="it counts from the entry on",
        ),
        pytest.param(True, "Mon 09:30 exited: goal", id="one that ends keeps them from entering"),
    ],
)
async def test_a_goal_of_one_who_queues_for_the_rate_limit(
    world: Story, ends: bool, rest: str
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:10", "joined", "contact/ben")
    world.fires("Mon 09:30", "surveyed", "contact/ben")
    goal = {"trigger": "surveyed", "ends": ends}

    await world.expect(
        journey(AT_ONCE, rate_limit=ONE_AN_HOUR, goal=goal),
        passing("Mon 09:00"),
        f"Mon 09:10 held: entry rate limit\n{rest}",
    )


async def test_one_who_leaves_a_paused_queue_for_the_rate_limit_has_not_entered(
    world: Story,
) -> None:
    world.pauses("Mon 08:00")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:10", "surveyed", "contact/ana")
    world.fires("Mon 09:20", "cancelled", "contact/ana")

    await world.expect(
        journey(
            AT_ONCE,
            rate_limit=ONE_AN_HOUR,
            goal={"trigger": "surveyed"},
            exits=[{"trigger": "cancelled"}],
        ),
        "Mon 09:00 held: journey paused\nMon 09:20 exited: cancelled",
    )
