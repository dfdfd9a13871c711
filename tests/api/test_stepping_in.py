"""An operator steps in: the real Temporal, worker and relay behind the gateway."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from api.gateway import Gateway, clock
from api.intake import Intake
from api.relay import Relay
from channels.calling import Caller
from store.database import Database
from tests.api.conftest import JOURNEY, RESOLVED, SURVEY, Asked
from tests.letterbox import Letterbox
from worker import create_worker
from workflows.definitions import data_converter

pytestmark = pytest.mark.slow


@pytest.fixture
async def walking(temporal: WorkflowEnvironment, database: Database) -> AsyncIterator[Asked]:
    """A gateway with a live journey of a wait and a survey, and everything that carries it out."""
    settings = temporal.client.config()
    settings["data_converter"] = data_converter(database)
    client = Client(**settings)
    queue = f"api-{uuid.uuid4()}"
    relay = Relay(database, client, queue)

    async def ready() -> dict[str, str]:
        return {}

    gateway = Gateway(
        database=database,
        intake=Intake(database, clock, relay.wake),
        client=client,
        ready=ready,
        base_url="http://127.0.0.1:8000",
        time_skipping=True,
    )
    channels = {"email": Letterbox()}
    relaying = asyncio.create_task(relay.run())
    transport = httpx.ASGITransport(create_app(gateway))
    async with (
        create_worker(
            client, database, channels, gateway.intake, Caller({}), sandbox=False, task_queue=queue
        ),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        yield Asked(http, database)
    relaying.cancel()


@pytest.fixture
async def waiting_instance(walking: Asked) -> str:
    """Ana waits on the tile `settle`; her instance's path."""
    await walking.put(
        "/tables/contact/records/ana", {"firstname": "Ana", "emailaddress1": "ana@example.org"}
    )
    case = {"title": "Printer", "statuscode": 1, "customerid": {"table": "contact", "id": "ana"}}
    await walking.put("/tables/incident/records/k1", case)
    await walking.put("/triggers/case-resolved", RESOLVED)
    await walking.post("/triggers/case-resolved/ready")
    await walking.put("/templates/survey", SURVEY)
    await walking.put("/journeys/follow-up", JOURNEY)
    await walking.post("/journeys/follow-up/publish")
    await walking.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 5})
    (instance,) = (await walking.get("/instances"))["items"]
    return f"/instances/{instance['id']}"


def waits(shown: dict[str, Any]) -> bool:
    return shown["next_wake_at"] is not None


async def test_an_instance_whose_clock_is_moved_waits_on(
    walking: Asked, waiting_instance: str
) -> None:
    before = await once(walking, waiting_instance, waits)

    after = await walking.post(f"{waiting_instance}/fast-forward", {"by": "P1D"})

    assert (after["tile"], after["next_wake_at"]) == ("settle", before["next_wake_at"])
    assert (await walking.get("/messages"))["items"] == []


async def test_an_instance_whose_clock_is_moved_far_gets_its_message(
    walking: Asked, waiting_instance: str
) -> None:
    await once(walking, waiting_instance, waits)

    after = await walking.post(f"{waiting_instance}/fast-forward", {"by": "P4D"})

    assert after["status"] == "completed"
    (message,) = (await walking.get("/messages"))["items"]
    assert (message["status"], message["subject"]) == ("sent", "How did we do, Ana?")
    assert (
        await walking.conflict("POST", f"{waiting_instance}/fast-forward", {"by": "P1D"})
    ).endswith("has completed.")


async def test_an_instance_that_is_ejected_has_left(walking: Asked, waiting_instance: str) -> None:
    after = await walking.post(f"{waiting_instance}/eject", {"reason": "asked us to"})

    assert (after["status"], after["reason"]) == ("exited", "asked us to")
    lines = (await walking.get(f"{waiting_instance}/timeline"))["items"]
    assert (lines[-1]["what"], lines[-1]["why"]) == ("exited", "asked us to")
    assert (await walking.conflict("POST", f"{waiting_instance}/eject", {})).endswith("has exited.")


async def test_everybody_leaves_a_journey_that_stops(walking: Asked, waiting_instance: str) -> None:
    await walking.post("/journeys/follow-up/stop")
    instance = await once(walking, waiting_instance, lambda shown: shown["status"] != "active")

    assert (instance["status"], instance["reason"]) == ("exited", "stopped")


async def once(
    walking: Asked, instance: str, condition: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Return the instance once *condition* holds of it."""
    async with asyncio.timeout(30):
        # The worker runs beside us and tells nobody.
        while not condition(shown := await walking.get(instance)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return dict(shown)


async def test_a_wait_that_is_skipped_ends_as_if_its_time_had_come(
    walking: Asked, waiting_instance: str
) -> None:
    await once(walking, waiting_instance, waits)

    after = await walking.post(f"{waiting_instance}/skip-wait")

    assert after["next_wake_at"] is None
    done = await once(walking, waiting_instance, lambda shown: shown["status"] != "active")
    assert done["status"] == "completed"
    assert [each["status"] for each in (await walking.get("/messages"))["items"]] == ["sent"]
