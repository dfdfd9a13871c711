"""Records a history for every kind of tile and shape of journey, beside the versions they name.

    .venv/bin/python -m tests.histories.record

writes those that are not there yet. One that is there was recorded by a release whose instances
may still be under way: it is never written anew (ADR 9).
"""

import asyncio
import re
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlmodel import select
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from journeys.changes import RecordChange, SentTrigger
from journeys.happening import Pause, Resume
from journeys.journey import digest
from store.database import Database
from store.journeys import DefinitionRow
from store.schema import upgrade
from tests.histories.elsewhere import ELSEWHERE
from tests.histories.races import RACES, WHEN_LONG, Race
from tests.operated import OperatedStory
from tests.story import changed, moment, sent
from tests.world import WORLD, Drawn, journey, message, wait, wait_for, when
from workflows.attributes import register_search_attributes

HERE = Path(__file__).parent

Shape = tuple[Drawn, list[tuple[str, RecordChange | SentTrigger | Pause | Resume | Drawn]]]
"""A journey, and what happens while somebody passes through it; another journey is one they move to."""

JOINED = ("Mon 09:00", sent("joined", "contact/ana", plan="pro"))
OPENED = ("Mon 09:00", changed("incident/printer", statecode=1))
RATED = ("Tue 09:00", changed("incident/printer", customersatisfactioncode=1))
BIRTHDAY = wait("hello", until_field="person.birthdate", if_missing="exit")
BRANCH: Drawn = {
    "kind": "attribute_branch",
    "id": "which",
    "branches": [
        {"name": "pro", "when": when("trigger.plan", "equals", "pro"), "next": "hello"},
    ],
    "other": None,
}

BY_NUMBER: Drawn = {
    "kind": "split",
    "id": "first",
    "by": "number",
    "ways": [{"name": "first", "count": 1, "next": "hello"}],
}
EXPERIMENT: Drawn = {
    "kind": "experiment",
    "id": "offer",
    "variants": [{"name": "a", "next": "wait"}, {"name": "b", "next": "wait"}],
    "winner": {"participants": 1},
    "default": "a",
}

PAUSED: list[tuple[str, Any]] = [
    JOINED,
    ("Mon 12:00", Pause("story")),
    ("Wed 09:00", Resume("story")),
]
FIRE: Drawn = {"kind": "fire_trigger", "id": "act", "trigger": "surveyed", "next": "wait2"}
WRITE: Drawn = {
    "kind": "record",
    "id": "act",
    "operation": "create",
    "table": "incident",
    "values": {"title": "Call"},
    "next": "wait2",
}
CALL: Drawn = {
    "kind": "webhook",
    "id": "act",
    "url": "https://example.com/hook",
    "secret": "nobody-has-set-it",
    "next": "wait2",
}


def held(tile: Drawn) -> Shape:
    """Return a shape in which somebody is held before *tile*."""
    return journey(wait("act"), {**tile, "id": "act"}, wait(id="wait2")), PAUSED


SHAPES: dict[str, Shape] = {
    "message": (journey(message("hello", "bye"), message("bye")), [JOINED]),
    "wait-for": (journey(wait("hello"), message("hello")), [JOINED]),
    "wait-until": (journey(wait(until="2031-03-05T12:00:00Z")), [JOINED]),
    "wait-until-field": (
        journey(BIRTHDAY, message("hello")),
        [
            ("Mon 08:00", changed("contact/ana", birthdate="2031-03-10")),
            JOINED,
            ("Tue 09:00", changed("contact/ana", birthdate="2031-03-06")),
        ],
    ),
    "wait-until-field-missing": (journey(BIRTHDAY, message("hello")), [JOINED]),
    "wait-for-trigger-yes": (
        journey(wait_for("case-rated", "thanks"), message("thanks"), trigger="case-changed"),
        [OPENED, RATED],
    ),
    "wait-for-trigger-no": (
        journey(wait_for("case-rated", no="bye"), message("bye"), trigger="case-changed"),
        [OPENED],
    ),
    "attribute-branch": (journey(BRANCH, message("hello")), [JOINED]),
    "exit": (journey(wait("out"), {"kind": "exit", "id": "out", "reason": "done"}), [JOINED]),
    "split": (journey(BY_NUMBER, message("hello")), [JOINED]),
    "experiment": (
        journey(EXPERIMENT, wait(), goal={"trigger": "surveyed"}),
        [JOINED],
    ),
    "fire-trigger": (
        journey(
            {"kind": "fire_trigger", "id": "fire", "trigger": "surveyed", "next": "wait"}, wait()
        ),
        [JOINED],
    ),
    "record": (
        journey(
            {
                "kind": "record",
                "id": "call",
                "operation": "create",
                "table": "incident",
                "values": {"title": "Call {{ person.firstname }}"},
                "next": "wait",
            },
            wait(),
        ),
        [JOINED],
    ),
    "webhook": (
        journey(
            {
                "kind": "webhook",
                "id": "call",
                "url": "https://example.com/hook",
                "secret": "nobody-has-set-it",
                "next": "wait",
            },
            wait(),
        ),
        [JOINED],
    ),
    "message-expired": (
        journey(
            {
                **message("hello"),
                "expires": {"at": "2031-01-01T00:00:00Z"},
                "outcomes": {"expired": "bye"},
            },
            message("bye"),
        ),
        [JOINED],
    ),
    "loop": (journey({**wait("wait"), "visits": {"at_most": 3, "then": None}}), [JOINED]),
    "left-early": (
        journey(
            message("hello", "wait"), wait("bye"), message("bye"), exits=[{"trigger": "cancelled"}]
        ),
        [JOINED, ("Mon 12:00", sent("cancelled", "contact/ana"))],
    ),
    "goal": (
        journey(wait(), goal={"trigger": "surveyed"}),
        [JOINED, ("Mon 12:00", sent("surveyed", "contact/ana", score=5))],
    ),
    "condition-wait": (
        journey(
            {
                "kind": "wait_for_trigger",
                "id": "asked",
                "condition": when("record.customersatisfactioncode", "at_most", 2),
                "within": "P7D",
                "yes": "thanks",
            },
            message("thanks"),
            trigger="case-changed",
        ),
        [OPENED, RATED],
    ),
    "several-triggers": (
        journey(
            {
                "kind": "wait_for_trigger",
                "id": "asked",
                "triggers": [{"trigger": "surveyed"}, {"trigger": "cancelled", "next": "thanks"}],
                "within": "P7D",
            },
            message("thanks"),
        ),
        [JOINED, ("Tue 09:00", sent("cancelled", "contact/ana"))],
    ),
    "held-message": held(message("hello", "wait2")),
    "held-record": held(WRITE),
    "held-webhook": held(CALL),
    "held-fire-trigger": held(FIRE),
    "held-split": held({**BY_NUMBER, "ways": [{"name": "first", "count": 1, "next": "wait2"}]}),
    "held-start": (
        journey(message("hello")),
        [("Mon 08:00", Pause("story")), JOINED, ("Wed 09:00", Resume("story"))],
    ),
    "moved": (
        journey(wait("hello"), message("hello")),
        [JOINED, ("Mon 12:00", journey(wait("hello", **{"for": "P2D"}), message("hello")))],
    ),
    "moved-elsewhere": (
        journey(wait("hello"), message("hello")),
        [JOINED, ("Mon 12:00", journey(message("hello", "bye"), message("bye")))],
    ),
    "moved-out": (journey(wait()), [JOINED, ("Mon 12:00", journey(message("hello")))]),
}
"""By name: a journey, and what happens while somebody passes through it."""


Recorded = tuple[list[bytes], list[str]]
"""The contents of the versions that were walked by, and the histories of the runs, as JSON."""


async def record(temporal: WorkflowEnvironment, shape: Shape | Race, folder: Path) -> Recorded:
    """Play *shape* and return what is to be recorded of the first instance."""
    drawn, happenings = shape
    database = Database(f"sqlite:///{folder / 'sojourn.db'}")
    upgrade(database)
    async with OperatedStory(temporal, database) as story:
        story.tells_of(WORLD)
        version = story.published(drawn)
        if isinstance(happenings, list):
            tell(story, happenings)
            await story.play(version)
        else:
            story.begin(version)
            await story.go_on(moment("Mon 09:00"))
            await happenings(story)
        histories = await runs(story)
        with database.reading() as session:
            contents = list(session.exec(select(DefinitionRow.content)))
    database.close()
    return contents, histories


def tell(story: OperatedStory, happenings: list[tuple[str, Any]]) -> None:
    """Let *story* be one in which this happens."""
    for at, what in happenings:
        if isinstance(what, dict):
            story.publishes(at, what, move=True)
        else:
            story.happenings.append((moment(at), what))


async def runs(story: OperatedStory) -> list[str]:
    """Return the history of each run of the first instance, the first run first."""
    handle, found = story.standing()[0], list[str]()
    while True:
        history = await handle.fetch_history()
        found.insert(0, history.to_json())
        started = history.events[0].workflow_execution_started_event_attributes
        if not (before := started.continued_execution_run_id):
            return found
        handle = story.client.get_workflow_handle(handle.id, run_id=before)


async def main(server: str, settings: tuple[str, ...]) -> None:
    """Record what is missing."""
    soon_too_long = (*settings, "limit.historyCount.suggestContinueAsNew=20")
    await record_on(server, settings, {**SHAPES, **RACES, **ELSEWHERE})
    await record_on(server, soon_too_long, WHEN_LONG)


async def record_on(
    server: str, settings: tuple[str, ...], shapes: Mapping[str, Shape | Race]
) -> None:
    """Record those of *shapes* that are missing, on a server with these settings."""
    missing = {name: each for name, each in shapes.items() if not (HERE / f"{name}.json").exists()}
    if not missing:
        return
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=server,
        dev_server_log_level="never",
        dev_server_extra_args=[
            part for setting in settings for part in ("--dynamic-config-value", setting)
        ],
    )
    await register_search_attributes(environment.client)
    for name, shape in missing.items():
        with tempfile.TemporaryDirectory() as folder:
            contents, histories = await record(environment, shape, Path(folder))
        for content in contents:
            (HERE / "definitions" / f"{digest(content)}.json").write_bytes(content)
        for number, history in enumerate(histories, 1):
            called = name if number == 1 else f"{name}-{number}"
            (HERE / f"{called}.json").write_text(_without_identities(history))
    await environment.shutdown()


def _without_identities(history: str) -> str:
    """Return *history* without the names of the machine and the processes that recorded it."""
    return re.sub(r"\d+@" + re.escape(socket.gethostname()), "recorded", history)


if __name__ == "__main__":
    from tests.conftest import SETTINGS, TEMPORAL

    (HERE / "definitions").mkdir(exist_ok=True)
    asyncio.run(main(TEMPORAL, SETTINGS))
