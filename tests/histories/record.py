"""Records a history for every kind of tile and shape of journey, beside the versions they name.

    .venv/bin/python -m tests.histories.record

writes those that are not there yet. One that is there was recorded by a release whose instances
may still be under way: it is never written anew (ADR 9).
"""

import asyncio
import re
import socket
import tempfile
from pathlib import Path

from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from journeys.changes import RecordChange, SentTrigger
from journeys.journey import digest
from store.database import Database
from store.schema import upgrade
from tests.durable import DurableStory
from tests.story import changed, moment, sent
from tests.world import WORLD, Drawn, journey, message, wait, wait_for, when
from workflows.attributes import register_search_attributes

HERE = Path(__file__).parent

Shape = tuple[Drawn, list[tuple[str, RecordChange | SentTrigger]]]

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
}
"""By name: a journey, and what happens while somebody passes through it."""


async def record(temporal: WorkflowEnvironment, shape: Shape, folder: Path) -> tuple[bytes, str]:
    """Play *shape* and return the version's content and the history, as JSON."""
    drawn, happenings = shape
    database = Database(f"sqlite:///{folder / 'sojourn.db'}")
    upgrade(database)
    async with DurableStory(temporal, database) as story:
        story.tells_of(WORLD)
        version = story.published(drawn)
        story.happenings = [(moment(at), what) for at, what in happenings]
        await story.play(version)
        [handle] = story.standing()
        history = (await handle.fetch_history()).to_json()
    database.close()
    return version.as_bytes(), history


async def main(server: str, settings: tuple[str, ...]) -> None:
    """Record what is missing."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=server,
        dev_server_log_level="never",
        dev_server_extra_args=[
            part for setting in settings for part in ("--dynamic-config-value", setting)
        ],
    )
    await register_search_attributes(environment.client)
    for name, shape in SHAPES.items():
        if not (HERE / f"{name}.json").exists():
            with tempfile.TemporaryDirectory() as folder:
                content, history = await record(environment, shape, Path(folder))
            (HERE / "definitions" / f"{digest(content)}.json").write_bytes(content)
            (HERE / f"{name}.json").write_text(_without_identities(history))
    await environment.shutdown()


def _without_identities(history: str) -> str:
    """Return *history* without the names of the machine and the processes that recorded it."""
    return re.sub(r"\d+@" + re.escape(socket.gethostname()), "recorded", history)


if __name__ == "__main__":
    from tests.conftest import SETTINGS, TEMPORAL

    (HERE / "definitions").mkdir(exist_ok=True)
    asyncio.run(main(TEMPORAL, SETTINGS))
