"""An instance whose history grows long continues as new, and nobody notices."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, update
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from journeys.telling import Told
from store.commands import CommandRow
from store.database import Database
from tests.conftest import SETTINGS, TEMPORAL
from tests.durable import DurableStory
from tests.engine.histories import events, named
from tests.story import changed, lines, moment, sent, tidy
from tests.world import WORLD, ZONED_WORLD, journey, message, wait, wait_for
from workflows.attributes import NEXT_WAKE_AT, TILE, register_search_attributes
from workflows.state import TOLD

pytestmark = pytest.mark.slow

JOINED = sent("joined", "contact/ana")
MUCH = 600


@pytest.fixture(scope="module")
async def impatient() -> AsyncIterator[WorkflowEnvironment]:
    """A server that suggests to continue as new after 20 events instead of thousands, with little room."""
    settings = (
        *SETTINGS,
        "limit.historyCount.suggestContinueAsNew=20",
        "limit.blobSize.error=131072",  # instead of two megabytes
    )
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=TEMPORAL,
        dev_server_log_level="never",
        dev_server_extra_args=[
            part for setting in settings for part in ("--dynamic-config-value", setting)
        ],
    )
    await register_search_attributes(environment.client)
    yield environment
    await environment.shutdown()


@pytest.fixture
async def engine(impatient: WorkflowEnvironment, database: Database) -> AsyncIterator[DurableStory]:
    """The small world, on that server."""
    async with DurableStory(impatient, database) as told:
        told.tells_of(WORLD)
        yield told


async def grows_old(engine: DurableStory) -> None:
    """Tell the one instance of so many goals that it continues as new; they count once."""
    [handle] = engine.standing()
    await engine.clock_stands(handle)
    before = (await handle.describe()).run_id
    await engine.happens(changed("incident/printer", customersatisfactioncode=1))
    for turn in range(16):  # more than the gateway would tell, which tells of a goal once
        again = Told(id=f"again/{turn}", at=moment("Mon 09:00"), what="case-rated", goal=True)
        await handle.signal(TOLD, again)
        await engine.settled()
        if (await handle.describe()).run_id != before:
            return
    pytest.fail("Expected to continue as new by now, but it is the same run.")


GOAL: dict[str, Any] = {"goal": {"trigger": "case-rated"}}


async def test_a_wait_continues_as_new_and_ends_when_it_was_going_to(
    engine: DurableStory,
) -> None:
    tiles = (wait_for("surveyed", "hello", "bye"), message("hello"), message("bye"))
    engine.begin(engine.published(journey(*tiles, **GOAL)))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    stood = await standing(engine)

    await grows_old(engine)

    # A move of the clock would be repeated by the new run, so little time has passed, yet some has.
    assert await standing(engine) == stood
    [timer] = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        for event in await events(engine.standing()[0])
        if event.HasField("timer_started_event_attributes")
    ]
    assert timedelta(days=6, hours=23) < timer < timedelta(days=7)

    await engine.go_on(None)
    assert lines(engine.timelines()[0]) == tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 09:00 goal asked: case-rated
        Mon+1 09:00 timed_out asked -> bye
        Mon+1 09:00 arrived bye
        Mon+1 09:00 sent bye
        Mon+1 09:00 completed
        """)
    assert engine.letterbox.letters == [("ana@example.org", "bye")]


async def standing(engine: DurableStory) -> dict[str, Any]:
    """Return where the one instance stands and until when, to the microsecond."""
    described = await engine.standing()[0].describe()
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    return {name: attributes[name] for name in (TILE.name, NEXT_WAKE_AT.name)}


async def test_what_was_told_before_still_counts_after(engine: DurableStory) -> None:
    tiles = (wait("asked"), wait_for("surveyed", "thanks"), message("thanks"))
    engine.begin(engine.published(journey(*tiles, **GOAL)))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    await engine.happens(sent("surveyed", "contact/ana"))

    await grows_old(engine)
    await engine.go_on(None)

    # Now and then a continued run repeats the moves of its clock, so the hour is not looked at.
    assert [line.split(" ", 2)[2] for line in lines(engine.timelines()[0])] == [
        "entered: joined",
        "arrived wait",
        "goal wait: case-rated",
        "arrived asked",
        "fulfilled asked -> thanks: surveyed",
        "arrived thanks",
        "sent thanks",
        "completed",
    ]


async def test_what_was_told_before_and_is_told_again_after_counts_once(
    engine: DurableStory,
) -> None:
    tiles = (wait_for("surveyed", "again"), wait_for("surveyed", id="again", within="P1D"))
    engine.begin(engine.published(journey(*tiles, **GOAL)))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    await engine.happens(sent("surveyed", "contact/ana"))
    await grows_old(engine)
    [handle] = engine.standing()
    before = named(await events(handle)).count("workflow_execution_signaled")

    with engine.database.writing() as session:  # Temporal knows request ids of one run only
        session.execute(update(CommandRow).where(col(CommandRow.id) == 2).values(outcome=None))
    engine.relay.wake()
    await engine.settled()
    after = named(await events(handle)).count("workflow_execution_signaled")
    await engine.go_on(None)

    assert after == before + 1
    assert [line.split(" ", 2)[2] for line in lines(engine.timelines()[0])[-2:]] == [
        "timed_out again",
        "completed",
    ]


@pytest.mark.parametrize(
    ("moved_to", "at"),
    [
        pytest.param("2031-03-06", "Thu 00:00", id="to another day"),
        pytest.param("2031-03-01", "Mon 09:00", id="to a day that has passed: on at once"),
    ],
)
async def test_a_date_that_moves_after_is_planned_anew(
    engine: DurableStory, moved_to: str, at: str
) -> None:
    engine.given("contact/ana", emailaddress1="ana@example.org", birthdate="2031-03-05")
    tile = wait(until_field="person.birthdate", if_past="exit")
    engine.begin(engine.published(journey(tile, **GOAL)))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    await grows_old(engine)

    await engine.happens(changed("contact/ana", birthdate=moved_to))
    await engine.go_on(None)

    assert lines(engine.timelines()[0])[-1] == f"{at} completed"


async def test_a_local_time_of_the_participant_stays_what_it_was_on_arrival(
    engine: DurableStory,
) -> None:
    engine.tells_of(ZONED_WORLD)
    engine.given("contact/ana", new_timezone="Asia/Tokyo")
    tile = wait(until_local={"time": "09:00", "zone": "participant"})
    engine.begin(engine.published(journey(tile, **GOAL)))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    await engine.happens(changed("contact/ana", new_timezone="Mars/Olympus"))

    await grows_old(engine)
    await engine.go_on(None)

    assert lines(engine.timelines()[0]) == tidy("""
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Mon 09:00 goal wait: case-rated
        Tue 00:00 completed
        """)


async def test_a_cycle_continues_as_new_again_and_again(engine: DurableStory) -> None:
    """Thirty turns of a second each, in runs of a few turns."""
    turn = wait("turn", id="turn", **{"for": "PT1S"}, visits={"at_most": 30, "then": "bye"})
    engine.begin(engine.published(journey(turn, message("bye"))))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)

    [handle] = engine.standing()
    while (described := await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        await engine.go_on(None)  # to the end of one run

    runs = [
        each.run_id async for each in engine.client.list_workflows(f'WorkflowId = "{described.id}"')
    ]
    assert len(runs) > 3
    arrivals = [line for line in lines(engine.timelines()[0]) if line.endswith(" arrived turn")]
    assert len(arrivals) == 31  # the last one is led away
    assert engine.letterbox.letters == [("ana@example.org", "bye")]


async def test_all_that_was_told_is_carried_along_however_much_it_is(engine: DurableStory) -> None:
    """More than Temporal takes as it stands, used up in a loop once it can be."""
    asked = wait_for("surveyed", "asked", "bye", visits={"at_most": MUCH, "then": "bye"})
    engine.begin(engine.published(journey(wait("asked"), asked, message("bye"))))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)
    [handle] = engine.standing()
    await engine.clock_stands(handle)
    await engine.happens(*[sent("surveyed", "contact/ana") for _ in range(MUCH)])

    while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        await engine.go_on(None)

    told = Counter(note.what for note in engine.timelines()[0])
    assert (told["fulfilled"], told["timed_out"]) == (MUCH, 0)
    assert engine.letterbox.letters == [("ana@example.org", "bye")]
