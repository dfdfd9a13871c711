"""Journeys that are paused, resumed, stopped and published anew while people are inside, on real Temporal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlmodel import select

from journeys.changes import RecordChange, SentTrigger
from store.instances import InstanceRow, state_now
from store.journeys import JourneyRow
from store.messages import MessageRow
from store.turn import turn_of
from tests.api.conftest import Asked
from tests.durable import DurableStory
from tests.operated import gateway_of
from tests.story import changed, lines, moment, sent, tidy
from tests.world import WORLD, Drawn, journey, message, wait, wait_for, when
from workflows.attributes import JOURNEY_VERSION, NEXT_WAKE_AT, TILE

pytestmark = pytest.mark.slow

JOINED = sent("joined", "contact/ana")
CANCELLED = sent("cancelled", "contact/ana")
SURVEYED = sent("surveyed", "contact/ana")
EXIT: dict[str, Any] = {"exits": [{"trigger": "cancelled"}]}
STORY = "/journeys/story"


@pytest.fixture
async def operator(engine: DurableStory) -> AsyncIterator[Asked]:
    """The gateway that an operator asks, in front of the real thing."""

    async with gateway_of(engine) as http:
        yield Asked(http, engine.database)


async def begins(engine: DurableStory, drawn: Drawn) -> None:
    """Make *drawn* live, on Monday at nine."""
    engine.begin(engine.published(drawn))
    await engine.go_on(moment("Mon 09:00"))


def told(engine: DurableStory) -> list[list[str]]:
    """Return the timelines of all instances, in order of entry."""
    return [lines(timeline) for timeline in engine.timelines()]


async def publishes(operator: Asked, drawn: Drawn, **how: bool) -> Any:
    """Publish *drawn* as the next version."""
    await operator.put(STORY, drawn, status=200)
    return await operator.post(f"{STORY}/publish", how)


def subjects(engine: DurableStory) -> list[str]:
    return [subject for _, subject in engine.letterbox.letters]


async def test_waits_keep_their_time_and_tiles_that_act_hold_until_the_journey_is_resumed(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(wait("hello"), message("hello", "wait2"), wait(id="wait2")))
    await engine.happens(JOINED)

    await operator.post(f"{STORY}/pause")
    await engine.go_on(moment("Wed 09:00"))
    [held] = (await operator.get("/instances"))["items"]
    letters = subjects(engine)
    resumed = await operator.post(f"{STORY}/resume")
    await engine.settled()
    await engine.go_on(None)

    assert (held["tile"], held["held"], held["next_wake_at"]) == ("hello", "journey paused", None)
    assert letters == []
    assert resumed == {"name": "story", "state": "live", "resumed": 1}
    assert told(engine) == [
        tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Tue 09:00 arrived hello
        Tue 09:00 held hello: journey paused
        Wed 09:00 sent hello -> wait2
        Wed 09:00 arrived wait2
        Thu 09:00 completed
        """)
    ]
    assert subjects(engine) == ["hello"]
    [ended] = (await operator.get("/instances"))["items"]
    assert (ended["status"], ended["held"]) == ("completed", None)


async def test_an_operator_sees_in_temporal_who_is_held_and_why(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(wait("hello"), message("hello")))
    await engine.happens(JOINED)
    await operator.post(f"{STORY}/pause")
    await engine.go_on(moment("Tue 10:00"))

    described = await engine.standing()[0].describe()
    attributes = described.typed_search_attributes
    shown = (await engine.standing()[0].query("__temporal_workflow_metadata")) or {}

    assert attributes.get(TILE) == "hello"
    assert attributes.get(NEXT_WAKE_AT) is None
    assert "On **hello** since 2031-03-04 09:00:00, **held**: journey paused." in str(shown)


async def test_who_enters_a_paused_journey_queues_and_starts_when_it_is_resumed(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(message("hello", "asked"), wait_for("surveyed", within="P1D")))
    await operator.post(f"{STORY}/pause")
    await engine.happens(JOINED)
    await engine.go_on(moment("Mon 12:00"))
    await engine.happens(sent("joined", "contact/ben"), SURVEYED)
    standing = engine.standing()
    letters = subjects(engine)

    await engine.go_on(moment("Tue 09:00"))
    await operator.post(f"{STORY}/resume")
    await engine.settled()
    await engine.go_on(None)

    assert (standing, letters) == ([], [])
    assert told(engine) == [
        tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 held: journey paused
        Tue 09:00 arrived hello
        Tue 09:00 sent hello -> asked
        Tue 09:00 arrived asked
        Tue 09:00 fulfilled asked: surveyed
        Tue 09:00 completed
        """),
        tidy("""
        Mon 12:00 entered: joined
        Mon 12:00 held: journey paused
        Tue 09:00 arrived hello
        Tue 09:00 sent hello -> asked
        Tue 09:00 arrived asked
        Wed 09:00 timed_out asked
        Wed 09:00 completed
        """),
    ]
    assert subjects(engine) == ["hello", "hello"]


async def test_exits_and_goals_count_while_a_participant_is_held(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(message("hello"), goal={"trigger": "surveyed"}, **EXIT))
    await operator.post(f"{STORY}/pause")
    await operator.post(f"{STORY}/resume")
    engine.letterbox.open.clear()
    engine.intake.take([sent("joined", "contact/ben")])  # a send under way is completed
    await engine.letterbox.at_the_slot.wait()
    await operator.post(f"{STORY}/pause")
    engine.letterbox.open.set()
    await engine.settled()
    await operator.post(f"{STORY}/resume")
    await begins_held(engine, operator)

    await engine.happens(SURVEYED)
    [ana] = (await operator.get("/instances?person=contact/ana"))["items"]
    await engine.happens(CANCELLED)

    assert ana["goal_reached_at"] is not None
    assert told(engine)[1] == tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived hello
        Mon 09:00 held hello: journey paused
        Mon 09:00 goal hello: surveyed
        Mon 09:00 exited hello: cancelled
        """)
    assert engine.letterbox.letters == [("ben@example.org", "hello")]


@asynccontextmanager
async def the_relay_stands_still_after(
    engine: DurableStory, *what: RecordChange | SentTrigger
) -> AsyncIterator[None]:
    """Take *what* in, and let nothing of it be carried to Temporal before the block ends."""
    another = turn_of(engine.database)
    while not another.take():
        engine.relay._turn.give_up()
    engine.intake.take(what)
    yield
    another.close()
    await engine.settled()


async def begins_held(engine: DurableStory, operator: Asked) -> None:
    """Let Ana join and be held before her first message."""
    async with the_relay_stands_still_after(engine, JOINED):
        await operator.post(f"{STORY}/pause")


async def test_nobody_is_left_behind_however_acting_and_resuming_race(
    engine: DurableStory, operator: Asked
) -> None:
    people = [f"p{number}" for number in range(30)]
    for name in people:
        engine.given(f"contact/{name}", emailaddress1=f"{name}@example.org")
    await begins(engine, journey(message("hello", "thanks"), message("thanks")))

    for name in people:
        engine.intake.take([sent("joined", f"contact/{name}")])
        await operator.post(f"{STORY}/pause")
        await asyncio.sleep(0)
        await operator.post(f"{STORY}/resume")
    await engine.settled()

    with engine.database.reading() as session:
        rows = session.exec(select(InstanceRow.status, InstanceRow.held)).all()
    assert set(rows) == {("completed", None)}
    assert sorted(engine.letterbox.letters) == sorted(
        (f"{name}@example.org", subject) for name in people for subject in ("hello", "thanks")
    )


async def test_everybody_leaves_a_journey_that_stops_wherever_they_stand(
    engine: DurableStory, operator: Asked
) -> None:
    by_plan = {
        "kind": "attribute_branch",
        "id": "which",
        "branches": [
            {"name": "gold", "when": when("trigger.plan", "equals", "gold"), "next": "hello"}
        ],
        "other": "wait",
    }
    await begins(engine, journey(by_plan, message("hello"), wait("bye"), message("bye")))
    await engine.happens(sent("joined", "contact/ben"))
    gold = sent("joined", "contact/ana", plan="gold")
    async with the_relay_stands_still_after(engine, gold):
        await operator.post(f"{STORY}/pause")

    stopped = await operator.post(f"{STORY}/stop")
    await engine.settled()

    assert stopped["leaving"] == 2
    assert {timeline[-1] for timeline in told(engine)} == {
        "Mon 09:00 exited wait: stopped",
        "Mon 09:00 exited hello: stopped",
    }
    assert engine.letterbox.letters == []


async def test_a_message_does_not_leave_after_a_stop_that_its_instance_has_not_heard_of(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(message("hello")))
    async with the_relay_stands_still_after(engine, JOINED):
        await operator.post(f"{STORY}/stop")

    assert told(engine)[0][-1] == "Mon 09:00 exited: stopped" or (
        told(engine)[0][-1] == "Mon 09:00 exited hello: stopped"
    )
    assert engine.letterbox.letters == []
    with engine.database.reading() as session:
        assert session.exec(select(MessageRow)).all() == []


async def test_a_journey_is_completed_once_the_last_one_has_left(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(wait()))
    await engine.happens(JOINED)

    completing = await operator.post(f"{STORY}/complete")
    await engine.happens(sent("joined", "contact/ben"))
    await engine.go_on(None)

    assert completing == {"name": "story", "state": "completing", "inside": 1}
    assert [timeline[-1] for timeline in told(engine)] == ["Tue 09:00 completed"]
    with engine.database.reading() as session:
        assert state_now(session, session.get_one(JourneyRow, "story")) == "completed"


async def test_those_inside_go_on_where_they_stand_by_the_settings_of_the_new_version(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(wait("hello"), message("hello")))
    await engine.happens(JOINED)
    await engine.go_on(moment("Mon 12:00"))
    longer = journey(wait("bye", **{"for": "P2D"}), message("bye"), **EXIT)

    shown = await publishes(operator, longer, move=True, dry_run=True)
    before = await operator.get(f"{STORY}/versions")
    moved = await publishes(operator, longer, move=True)
    await engine.settled()
    [ana] = (await operator.get("/instances"))["items"]
    described = await engine.standing()[0].describe()
    await engine.go_on(None)

    assert shown == {"stays": 1, "moves": {}}
    assert len(before["items"]) == 1
    assert (moved["version"], moved["moving"]) == (2, shown)
    assert (ana["version"], ana["next_wake_at"][:16]) == (2, "2031-03-05T09:00")
    assert described.typed_search_attributes.get(JOURNEY_VERSION) == 2
    assert told(engine) == [
        tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Mon 12:00 moved wait -> wait: version 2
        Wed 09:00 arrived bye
        Wed 09:00 sent bye
        Wed 09:00 completed
        """)
    ]


async def test_what_concerns_those_who_moved_is_what_the_new_version_says(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(wait_for("surveyed"), **EXIT))
    await engine.happens(JOINED)
    await publishes(
        operator, journey(wait_for("case-rated"), goal={"trigger": "surveyed"}), move=True
    )

    engine.intake.take([CANCELLED, SURVEYED])  # they come after the move, and in terms of it
    await engine.settled()
    await engine.happens(changed("incident/printer", customersatisfactioncode=1))

    lines_since = told(engine)[0][2:]
    assert sorted(lines_since[:2]) == [
        "Mon 09:00 goal asked: surveyed",
        "Mon 09:00 moved asked -> asked: version 2",
    ]
    assert lines_since[2:] == ["Mon 09:00 fulfilled asked: case-rated", "Mon 09:00 completed"]


async def test_those_whose_tile_is_gone_go_on_at_the_nearest_or_leave(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(
        engine, journey(wait_for("surveyed", "wait", "hello"), wait("hello"), message("hello"))
    )
    await engine.happens(JOINED)
    await engine.happens(sent("joined", "contact/ben"), sent("surveyed", "contact/ben"))

    moved = await publishes(operator, journey(message("hello", "bye"), message("bye")), move=True)
    await engine.settled()

    assert moved["moving"] == {
        "stays": 0,
        "moves": {"asked": {"to": "hello", "count": 1}, "wait": {"to": "hello", "count": 1}},
    }
    assert {timeline[-6] for timeline in told(engine)} == {
        "Mon 09:00 moved asked -> hello: version 2",
        "Mon 09:00 moved wait -> hello: version 2",
    }
    assert [timeline[-1] for timeline in told(engine)] == ["Mon 09:00 completed"] * 2


async def test_those_for_whom_the_new_version_has_no_tile_leave_and_count_for_the_old_one(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(wait()))
    await engine.happens(JOINED)

    moved = await publishes(operator, journey(message("hello")), move=True)
    await engine.settled()

    assert moved["moving"] == {"stays": 0, "moves": {"wait": {"to": None, "count": 1}}}
    assert told(engine)[0][-1] == "Mon 09:00 exited wait: moved"
    [ana] = (await operator.get("/instances"))["items"]
    assert (ana["version"], ana["reason"]) == (1, "moved")


async def test_a_move_during_a_send_leads_on_in_the_new_version(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(message("hello", "bye"), message("bye")))
    engine.letterbox.open.clear()
    engine.intake.take([JOINED])
    await engine.letterbox.at_the_slot.wait()

    await publishes(
        operator,
        journey(message("hello", "bye"), message("bye", "thanks"), message("thanks")),
        move=True,
    )
    await engine.carried()
    engine.letterbox.open.set()
    await engine.settled()

    assert subjects(engine) == ["hello", "bye", "thanks"]
    assert told(engine)[0][2:] == tidy("""
        Mon 09:00 sent hello -> bye
        Mon 09:00 moved hello -> bye: version 2
        Mon 09:00 arrived bye
        Mon 09:00 sent bye -> thanks
        Mon 09:00 arrived thanks
        Mon 09:00 sent thanks
        Mon 09:00 completed
        """)


async def test_one_who_ends_before_the_move_reaches_them_has_passed_the_old_version(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(message("hello")))
    engine.letterbox.open.clear()
    engine.intake.take([JOINED])
    await engine.letterbox.at_the_slot.wait()

    await publishes(operator, journey(message("hello", "bye"), message("bye")), move=True)
    await engine.carried()
    engine.letterbox.open.set()
    await engine.settled()

    [ana] = (await operator.get("/instances"))["items"]
    assert (ana["status"], ana["version"]) == ("completed", 1)
    assert subjects(engine) == ["hello"]


async def test_a_person_who_is_erased_leaves_and_nothing_of_them_stays(
    engine: DurableStory, operator: Asked
) -> None:
    await begins(engine, journey(message("hello", "wait"), wait("bye"), message("bye")))
    await engine.happens(sent("joined", "contact/ana", plan="gold"))

    await operator.ask("DELETE", "/people/contact/ana", status=204)
    await engine.settled()
    await operator.ask("DELETE", "/people/contact/ana", status=204)
    ana = await operator.get("/people/contact/ana")

    assert ana["values"] is None
    assert [(each["status"], each["reason"]) for each in ana["instances"]] == [("exited", "erased")]
    assert [(each["status"], each["to"], each["text"]) for each in ana["messages"]] == [
        ("sent", None, None)
    ]
    assert told(engine)[0][-1] == "Mon 09:00 exited wait: erased"
    assert WORLD.records[0].values["emailaddress1"] not in str(engine.timelines())
