"""What happens when two things happen at once, on real Temporal."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update
from temporalio.api.enums.v1 import PendingActivityState

from channels.channel import Unreachable
from journeys.changes import RecordChange, SentTrigger
from journeys.telling import Told
from store.commands import CommandRow
from store.instances import instances
from store.messages import MessageRow
from store.telling import tell
from tests.durable import DurableStory
from tests.engine.histories import events, named
from tests.story import lines, moment, sent, tidy
from tests.world import Drawn, journey, message, wait, wait_for

pytestmark = pytest.mark.slow

JOINED = sent("joined", "contact/ana")
CANCELLED = sent("cancelled", "contact/ana")
SURVEYED = sent("surveyed", "contact/ana")
EXIT: dict[str, Any] = {"exits": [{"trigger": "cancelled"}]}


async def begins(engine: DurableStory, drawn: Drawn) -> None:
    """Make *drawn* live, on Monday at nine."""
    engine.begin(engine.published(drawn))
    await engine.go_on(moment("Mon 09:00"))


async def while_it_is_being_sent(engine: DurableStory, *what: RecordChange | SentTrigger) -> None:
    """Let Ana join, and let *what* reach her instance while her first message is being sent."""
    engine.letterbox.open.clear()
    engine.intake.take([JOINED])
    await engine.letterbox.at_the_slot.wait()
    engine.intake.take(what)
    await engine.carried()
    engine.letterbox.open.set()
    await engine.settled()


def told(engine: DurableStory) -> list[list[str]]:
    """Return the timelines of all instances, in order of entry."""
    return [lines(timeline) for timeline in engine.timelines()]


def logged(engine: DurableStory) -> list[tuple[str, str | None]]:
    """Return the message log: what became of each, and why."""
    with engine.database.reading() as session:
        rows = session.exec(select(MessageRow).order_by(col(MessageRow.id))).all()
        return [(row.status, row.reason) for row in rows]


async def test_an_exit_during_a_send_lets_it_complete_and_nothing_follow(
    engine: DurableStory,
) -> None:
    await begins(engine, journey(message("hello", "bye"), message("bye"), **EXIT))

    await while_it_is_being_sent(engine, CANCELLED)

    assert told(engine) == [
        tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived hello
        Mon 09:00 sent hello -> bye
        Mon 09:00 exited hello: cancelled
        """)
    ]
    assert engine.letterbox.letters == [("ana@example.org", "hello")]


async def test_an_exit_of_which_a_long_send_hears_lets_it_complete_too(
    engine: DurableStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.sending._HEARD_OF_WITHIN", timedelta(milliseconds=500))
    monkeypatch.setattr("activities.messages._BETWEEN_HEARTBEATS", 0.05)
    await begins(engine, journey(message("hello", "bye"), message("bye"), **EXIT))
    engine.letterbox.open.clear()
    engine.intake.take([JOINED])
    await engine.letterbox.at_the_slot.wait()
    engine.intake.take([CANCELLED])
    await engine.carried()

    await heartbeats(engine, state=PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED)
    engine.letterbox.open.set()
    await engine.settled()

    assert told(engine)[0][-2:] == [
        "Mon 09:00 sent hello -> bye",
        "Mon 09:00 exited hello: cancelled",
    ]
    assert engine.letterbox.letters == [("ana@example.org", "hello")]


async def heartbeats(engine: DurableStory, state: "PendingActivityState.ValueType") -> None:
    """Return once the message under way has been heard of twice while it is in *state*."""
    [handle] = engine.standing()
    heard: set[int] = set()
    while len(heard) < 3:
        [activity] = (await handle.describe()).raw_description.pending_activities
        if activity.state == state:
            heard.add(activity.last_heartbeat_time.ToNanoseconds())


async def test_an_exit_during_the_last_send_comes_too_late(engine: DurableStory) -> None:
    await begins(engine, journey(message("hello"), **EXIT))

    await while_it_is_being_sent(engine, CANCELLED)

    assert told(engine) == [
        tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """)
    ]


async def test_a_goal_during_the_last_send_counts(engine: DurableStory) -> None:
    await begins(engine, journey(message("hello"), goal={"trigger": "surveyed"}))

    await while_it_is_being_sent(engine, SURVEYED)

    assert sorted(told(engine)[0][-2:]) == ["Mon 09:00 completed", "Mon 09:00 goal hello: surveyed"]
    with engine.database.reading() as session:
        [row] = instances(session)
        assert (row.status, row.goal_reached_at is not None) == ("completed", True)


async def test_a_trigger_during_a_send_is_there_when_its_tile_is_reached(
    engine: DurableStory,
) -> None:
    await begins(engine, journey(message("hello", "asked"), wait_for("surveyed")))

    await while_it_is_being_sent(engine, SURVEYED)

    assert told(engine)[0][-2:] == ["Mon 09:00 fulfilled asked: surveyed", "Mon 09:00 completed"]


async def test_an_exit_while_the_channel_is_out_of_reach_calls_the_message_off(
    engine: DurableStory,
) -> None:
    await begins(engine, journey(message("hello"), **EXIT))
    engine.letterbox.troubles = [Unreachable("The server is down.")] * 100
    await engine.happens(JOINED)

    await engine.happens(CANCELLED)
    engine.letterbox.troubles.clear()
    await engine.go_on(None)

    assert told(engine) == [
        tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived hello
        Mon 09:00 failed hello: left before it could be sent
        Mon 09:00 exited hello: cancelled
        """)
    ]
    assert engine.letterbox.letters == []
    assert logged(engine) == [("failed", "left before it could be sent")]


async def test_a_trigger_and_the_limit_at_the_same_moment_lead_one_way(
    engine: DurableStory,
) -> None:
    tiles = (wait_for("surveyed", "thanks", "bye", within="P1D"), message("thanks"), message("bye"))
    await begins(engine, journey(*tiles))
    await engine.happens(JOINED)
    await engine.restart_worker()

    engine.intake.take([SURVEYED])
    await engine.go_on(moment("Tue 09:00"))
    await engine.go_on(None)

    [line] = [line for line in told(engine)[0] if " asked" in line and "arrived" not in line]
    ways = {"fulfilled asked -> thanks: surveyed": "thanks", "timed_out asked -> bye": "bye"}
    taken = ways[line.split(" ", 2)[2]]
    assert engine.letterbox.letters == [("ana@example.org", taken)]


async def test_a_goal_that_finds_the_instance_gone_counts_as_after_completion(
    engine: DurableStory,
) -> None:
    await begins(engine, journey(wait(), goal={"trigger": "surveyed"}))
    await engine.happens(JOINED)
    await engine.go_on(None)
    with engine.database.writing() as session:  # decided a moment before the end was written
        [ended] = instances(session)
        tell(
            session,
            ended.id,
            Told(id="late", at=moment("Mon 09:00"), what="surveyed", goal=True),
            moment("Mon 09:00"),
        )

    engine.relay.wake()
    await engine.settled()

    assert told(engine)[0][-2:] == ["Tue 09:00 completed", "Mon 09:00 goal: surveyed"]
    with engine.database.reading() as session:
        [row] = instances(session)
        assert row.goal_reached_at == moment("Mon 09:00")
        outcomes = session.exec(select(CommandRow.outcome).order_by(col(CommandRow.id))).all()
        assert outcomes == ["done", "gone"]


async def test_what_the_relay_carries_twice_is_told_once(engine: DurableStory) -> None:
    again = wait_for("surveyed", id="again", within="P1D")
    await begins(engine, journey(wait_for("surveyed", "again"), again))
    await engine.happens(JOINED)
    await engine.happens(SURVEYED)

    with engine.database.writing() as session:  # as if it had died before it could write this
        session.execute(update(CommandRow).values(outcome=None))
    engine.relay.wake()
    await engine.settled()

    [handle] = engine.standing()
    assert named(await events(handle)).count("workflow_execution_signaled") == 1
    await engine.go_on(None)
    assert told(engine)[0][-2:] == ["Tue 09:00 timed_out again", "Tue 09:00 completed"]


async def test_a_worker_that_is_started_anew_goes_on_where_the_other_stopped(
    engine: DurableStory,
) -> None:
    await begins(engine, journey(message("hello", "wait"), wait("asked"), wait_for("surveyed")))
    await engine.happens(JOINED)
    await engine.restart_worker()
    await engine.go_on(moment("Tue 10:00"))
    await engine.restart_worker()
    await engine.happens(SURVEYED)

    assert told(engine) == [
        tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived hello
        Mon 09:00 sent hello -> wait
        Mon 09:00 arrived wait
        Tue 09:00 arrived asked
        Tue 10:00 fulfilled asked: surveyed
        Tue 10:00 completed
        """)
    ]
    assert engine.letterbox.letters == [("ana@example.org", "hello")]
