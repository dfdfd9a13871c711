"""Journeys that are paused and resumed while people are inside."""

import pytest

from tests.story import Story
from tests.virtual import VirtualStory
from tests.world import WORLD, Drawn, journey, message, wait, wait_for, when

SIGNED: Drawn = {"goal": {"trigger": "surveyed"}, "exits": [{"trigger": "cancelled"}]}
OPTED_OUT: Drawn = {"condition": when("person.donotbulkemail", "equals", True)}
SAID: Drawn = {"kind": "fire_trigger", "id": "act", "trigger": "surveyed"}
WROTE: Drawn = {
    "kind": "record",
    "id": "act",
    "operation": "create",
    "table": "incident",
    "values": {"title": "Call"},
}
PLACED: Drawn = {
    "kind": "split",
    "id": "act",
    "by": "number",
    "ways": [{"name": "first", "count": 1}],
}
TRIED: Drawn = {
    "kind": "experiment",
    "id": "act",
    "variants": [{"name": "a"}, {"name": "b"}],
    "winner": {"participants": 9},
    "default": "a",
}


async def test_waits_keep_their_time_and_tiles_that_act_hold_until_the_journey_is_resumed(
    world: Story,
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 12:00")
    world.resumes("Wed 09:00")

    await world.expect(
        journey(wait("hello"), message("hello", "wait2"), wait(id="wait2")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Tue 09:00 arrived hello
        Tue 09:00 held hello: journey paused
        Wed 09:00 sent hello -> wait2
        Wed 09:00 arrived wait2
        Thu 09:00 completed
        """,
    )
    assert world.letters == [("ana@example.org", "hello")]


@pytest.mark.parametrize(
    "tile",
    [
        pytest.param(SAID, id="fire trigger"),
        pytest.param(WROTE, id="record"),
        pytest.param(PLACED, id="split by number"),
        pytest.param(TRIED, id="experiment"),
    ],
)
async def test_a_tile_that_acts_or_counts_ways_holds(world: Story, tile: Drawn) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 12:00")
    world.resumes("Wed 09:00")

    [played] = await world.play(
        world.published(journey(wait("act"), tile, goal={"trigger": "case-rated"}))
    )

    what = [(note.what, f"{note.at:%a}") for note in played if note.tile == "act"]
    assert what[:2] == [("arrived", "Tue"), ("held", "Tue")]
    assert {day for _, day in what[2:]} == {"Wed"}


async def test_the_places_of_a_split_are_for_who_acts_first_after_the_pause(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 12:00")
    world.fires("Wed 08:00", "cancelled", "contact/ana")
    world.resumes("Wed 09:00")
    world.fires("Wed 10:00", "joined", "contact/ben")

    played = await world.play(
        world.published(journey(wait("act"), PLACED, exits=[{"trigger": "cancelled"}]))
    )

    said = [[note.why for note in each][-2:] for each in played]
    assert said == [["journey paused", "cancelled"], ["first, place 1 of 1", None]]


async def test_tiles_that_only_wait_or_decide_go_on_while_a_journey_is_paused(
    world: Story,
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", plan="gold")
    world.pauses("Mon 12:00")
    world.fires("Wed 12:00", "surveyed", "contact/ana")
    branch = {
        "kind": "attribute_branch",
        "id": "which",
        "branches": [
            {"name": "gold", "when": when("trigger.plan", "equals", "gold"), "next": "asked"}
        ],
    }

    await world.expect(
        journey(wait("which"), branch, wait_for("surveyed")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Tue 09:00 arrived which
        Tue 09:00 decided which -> asked: gold
        Tue 09:00 arrived asked
        Wed 12:00 fulfilled asked: surveyed
        Wed 12:00 completed
        """,
    )


async def test_who_enters_a_paused_journey_queues_and_starts_when_it_is_resumed(
    world: Story,
) -> None:
    world.pauses("Mon 08:00")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "joined", "contact/ben")
    world.fires("Mon 13:00", "surveyed", "contact/ana")
    world.fires("Mon 14:00", "joined", "contact/ana")
    world.fires("Mon 15:00", "cancelled", "contact/ben")
    world.resumes("Tue 09:00")

    await world.expect(
        journey(
            message("hello", "asked"),
            wait_for("surveyed", within="P1D"),
            while_inside="skip",
            exits=[{"trigger": "cancelled"}],
        ),
        """
        Mon 09:00 entered: joined
        Mon 09:00 held: journey paused
        Tue 09:00 arrived hello
        Tue 09:00 sent hello -> asked
        Tue 09:00 arrived asked
        Tue 09:00 fulfilled asked: surveyed
        Tue 09:00 completed
        """,
        """
        Mon 12:00 entered: joined
        Mon 12:00 held: journey paused
        Mon 15:00 exited: cancelled
        """,
    )
    assert world.refusals == ["repeat blocked"]


async def test_exits_and_goals_count_while_a_participant_is_held(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 12:00")
    world.fires("Tue 10:00", "surveyed", "contact/ana")
    world.fires("Tue 11:00", "cancelled", "contact/ana")
    world.resumes("Wed 09:00")

    await world.expect(
        journey(wait("hello"), message("hello"), **SIGNED),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Tue 09:00 arrived hello
        Tue 09:00 held hello: journey paused
        Tue 10:00 goal hello: surveyed
        Tue 11:00 exited hello: cancelled
        """,
    )
    assert world.letters == []


@pytest.mark.parametrize(
    ("ends", "rest"),
    [
        pytest.param(
            False,
            "Tue 09:00 arrived hello\nTue 09:00 sent hello\nTue 09:00 completed",
            id="a goal: they go on when the journey is resumed",
        ),
        pytest.param(True, "Mon 10:00 exited: goal", id="a goal that ends: they leave at once"),
    ],
)
async def test_a_goal_counts_at_once_for_those_who_queue_since_the_journey_is_paused(
    world: Story, ends: bool, rest: str
) -> None:
    world.pauses("Mon 08:00")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "surveyed", "contact/ana")
    world.resumes("Tue 09:00")

    await world.expect(
        journey(message("hello"), goal={"trigger": "surveyed", "ends": ends}),
        f"""
        Mon 09:00 entered: joined
        Mon 09:00 held: journey paused
        Mon 10:00 goal: surveyed
        {rest}
        """,
    )


@pytest.mark.parametrize(
    ("listens", "line"),
    [
        pytest.param(
            {"exits": [{**OPTED_OUT, "reason": "no mail"}]},
            "exited: no mail",
            id="an exit: they leave at once",
        ),
        pytest.param({"goal": OPTED_OUT}, "goal: case-changed", id="a goal: it counts"),
    ],
)
async def test_what_holds_on_entry_into_a_paused_journey_counts_at_once(
    world: Story, listens: Drawn, line: str
) -> None:
    world.change("Mon 08:00", "contact/ana", donotbulkemail=True)
    world.pauses("Mon 08:00")
    world.change("Mon 09:00", "incident/printer", statecode=1)

    await world.expect(
        journey(message("hello"), trigger="case-changed", **listens),
        f"""
        Mon 09:00 entered: case-changed
        Mon 09:00 held: journey paused
        Mon 09:00 {line}
        """,
    )
    assert world.letters == []


async def test_what_happened_while_they_queued_was_before_the_arrival(world: Story) -> None:
    world.pauses("Mon 08:00")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "surveyed", "contact/ana")
    world.resumes("Tue 09:00")

    await world.expect(
        journey(wait_for("surveyed", within="P1D", since="arrival")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 held: journey paused
        Tue 09:00 arrived asked
        Wed 09:00 timed_out asked
        Wed 09:00 completed
        """,
    )


async def test_a_pause_of_months_drops_nobody(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 12:00")
    world.fires("Mon+1 09:00", "joined", "contact/ben")
    world.resumes("Mon+20 09:00")

    played = await world.play(world.published(journey(wait("hello"), message("hello"))))

    assert [each[-1].what for each in played] == ["completed", "completed"]
    assert world.letters == [("ana@example.org", "hello"), ("ben@example.org", "hello")]


async def test_a_journey_may_be_paused_again(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    for at, again in (("Mon 12:00", "Tue 10:00"), ("Tue 11:00", "Wed 12:00")):
        world.pauses(at)
        world.resumes(again)

    await world.expect(
        journey(wait("hello"), message("hello", "wait2"), wait("bye", id="wait2"), message("bye")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Tue 09:00 arrived hello
        Tue 09:00 held hello: journey paused
        Tue 10:00 sent hello -> wait2
        Tue 10:00 arrived wait2
        Wed 10:00 arrived bye
        Wed 10:00 held bye: journey paused
        Wed 12:00 sent bye
        Wed 12:00 completed
        """,
    )


async def test_after_a_pause_the_rate_limit_holds_for_those_who_queued() -> None:
    world = VirtualStory()  # the gateway gives the moments by today's clock
    world.tells_of(WORLD)
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 09:10")
    world.fires("Mon 09:20", "joined", "contact/ben")
    world.fires("Mon 09:30", "joined", "contact/ana")
    world.resumes("Mon 12:00")

    await world.expect(
        journey(message("hello"), rate_limit={"count": 1, "per": "hour"}),
        passing("Mon 09:00"),
        "Mon 09:20 held: journey paused\n" + passing("Mon 12:00"),
        "Mon 09:30 held: journey paused\n" + passing("Mon 13:00"),
    )


def passing(at: str) -> str:
    told = ("entered: joined", "arrived hello", "sent hello", "completed")
    return "\n".join(f"{at} {what}" for what in told)
