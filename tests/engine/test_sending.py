"""One message is handed over once, whatever happens on the way."""

import sqlite3
import threading
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import col, select

from channels.channel import Rejected, Unreachable
from store.messages import MessageRow
from tests.durable import DurableStory
from tests.story import lines, moment, sent
from tests.world import journey, message, wait

pytestmark = pytest.mark.slow

JOINED = sent("joined", "contact/ana")
HELLO_THEN_BYE = journey(message("hello", "wait"), wait("bye"), message("bye"))


async def passes(engine: DurableStory, drawn: dict[str, Any]) -> list[str]:
    """Let Ana pass through *drawn*; return her timeline."""
    engine.begin(engine.published(drawn))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    await engine.go_on(None)
    [timeline] = engine.timelines()
    return lines(timeline)


def logged(engine: DurableStory) -> list[tuple[str, str, str | None]]:
    """Return the message log: which template, what became of it, and why."""
    with engine.database.reading() as session:
        rows = session.exec(select(MessageRow).order_by(col(MessageRow.id))).all()
        return [(row.template, row.status, row.reason) for row in rows]


async def test_a_channel_that_is_out_of_reach_for_a_while_gets_the_message_later(
    engine: DurableStory,
) -> None:
    engine.letterbox.troubles = [Unreachable("The server is down."), Unreachable("Still.")]

    timeline = await passes(engine, HELLO_THEN_BYE)

    assert [subject for _, subject in engine.letterbox.letters] == ["hello", "bye"]
    assert logged(engine) == [("hello", "sent", None), ("bye", "sent", None)]
    assert [line for line in timeline if "hello" in line] == [
        "Mon 09:00 arrived hello",
        "Mon 09:00 sent hello -> wait",
    ]


async def test_each_try_carries_the_same_key_and_no_other_message_does(
    engine: DurableStory,
) -> None:
    engine.letterbox.troubles = [Unreachable("The server is down.")]

    await passes(engine, HELLO_THEN_BYE)

    first, again, other = engine.letterbox.keys
    assert first == again != other


async def test_a_message_that_is_rejected_fails_and_the_journey_goes_on(
    engine: DurableStory,
) -> None:
    engine.letterbox.troubles = [Rejected("The server refused the recipient.")]

    timeline = await passes(engine, HELLO_THEN_BYE)

    assert timeline[2] == "Mon 09:00 failed hello -> wait: The server refused the recipient."
    assert logged(engine) == [
        ("hello", "failed", "The server refused the recipient."),
        ("bye", "sent", None),
    ]


async def test_what_the_channel_took_before_it_was_written_is_handed_over_with_the_same_key(
    engine: DurableStory,
) -> None:
    engine.begin(engine.published(journey(message("hello"))))
    fails(engine, "UPDATE", "messages", "NEW.status = 'sent'")
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    assert logged(engine) == [("hello", "sending", None)]

    works_again(engine)
    await engine.go_on(None)

    assert len(set(engine.letterbox.keys)) == 1 < len(engine.letterbox.keys)
    assert logged(engine) == [("hello", "sent", None)]
    assert lines(engine.timelines()[0])[-2:] == ["Mon 09:00 sent hello", "Mon 09:00 completed"]


async def test_a_store_that_fails_tells_temporal_no_personal_data(engine: DurableStory) -> None:
    engine.begin(engine.published(journey(message("hello"))))
    fails(engine, "INSERT", "messages", 'NEW."to" IS NOT NULL')
    fails(engine, "UPDATE", "messages", 'NEW."to" IS NOT NULL')
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)

    [handle] = engine.standing()
    [pending] = (await handle.describe()).raw_description.pending_activities
    assert "disk is full" in str(pending.last_failure)
    assert "ana@example.org" not in str(pending.last_failure)

    works_again(engine)
    await engine.go_on(None)
    assert "ana@example.org" not in (await handle.fetch_history()).to_json()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("timeline", id="while a wait is written down"),
        pytest.param("FROM records", id="while a date is read"),
    ],
)
async def test_a_store_that_is_locked_for_a_moment_is_asked_again(
    engine: DurableStory, statement: str
) -> None:
    engine.given("contact/ana", emailaddress1="ana@example.org", birthdate="2031-03-05")
    locked = _LockedOnce(statement)
    event.listen(engine.database.engine, "before_cursor_execute", locked)

    timeline = await passes(engine, journey(wait(until_field="person.birthdate")))

    assert locked.times == 1
    assert timeline[1:] == ["Mon 09:00 arrived wait", "Wed 00:00 completed"]


class _LockedOnce:
    """Raises as a locked database does, when an activity first says *statement* to it."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self.times = 0

    def __call__(self, connection: object, cursor: object, statement: str, *_: object) -> None:
        of_an_activity = threading.current_thread().name.startswith("activity")
        if of_an_activity and self._statement in statement and not self.times:
            self.times += 1
            raise sqlite3.OperationalError("database is locked")


def fails(engine: DurableStory, operation: str, table: str, when: str) -> None:
    """From now on the store refuses *operation* on *table*, *when* that holds."""
    with engine.database.writing() as session:
        session.execute(
            text(
                f"CREATE TRIGGER failing_{operation} BEFORE {operation} ON {table} "
                f"WHEN {when} BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
            )
        )


def works_again(engine: DurableStory) -> None:
    """The store refuses nothing any more."""
    with engine.database.writing() as session:
        for operation in ("INSERT", "UPDATE"):
            session.execute(text(f"DROP TRIGGER IF EXISTS failing_{operation}"))
