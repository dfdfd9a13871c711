"""How fast the instances of a journey that stops leave, against bare signals that end as many."""

import asyncio
from pathlib import Path
from time import perf_counter

from sqlmodel import col, func, select
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from api.gateway import clock
from api.intake import Intake
from api.relay import Relay
from bench.figures import Figure
from bench.seed import contact, go_live, system
from channels.calling import Caller
from journeys.journey import Journey
from journeys.telling import Told
from store.database import Database
from store.instances import InstanceRow
from store.telling import tell_all
from tests.letterbox import Letterbox
from worker import TASK_QUEUE, create_worker

INSTANCES = 500
IN_FLIGHT = 50

STANDS = Journey.model_validate(
    {
        "name": "stands",
        "entry": {"trigger": "contact-created"},
        "tiles": [{"id": "stand", "kind": "wait", "for": "P30D"}],
    }
)


@workflow.defn(name="stands-by-hand")
class StandsByHand:
    """The least that stands until it is told to leave."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self._told)

    @workflow.signal(name="leave")
    def leave(self) -> None:
        self._told = True


async def stops_per_second(folder: Path) -> list[Figure]:
    """Measure how many instances leave in a second once their journey was stopped."""
    async with system(folder, "stopping", 17234) as (client, database):
        floor = await _by_hand(client)
        ours = await _ours(client, database)
    return [Figure("instances stopped", ours, "instances/s", floor)]


async def _ours(client: Client, database: Database) -> float:
    go_live(database, STANDS)
    relay = Relay(database, client, TASK_QUEUE)
    intake = Intake(database, clock, relay.wake)
    channels = {"email": Letterbox()}
    async with create_worker(client, database, channels, intake, Caller({}), sandbox=False):
        relaying = asyncio.create_task(relay.run())
        await asyncio.to_thread(intake.take, list(map(contact, range(INSTANCES))))
        await _until(database, col(InstanceRow.next_wake_at).is_not(None))
        begun = perf_counter()
        told = Told(id="stop/bench", at=clock(), what="stopped", leave="stopped")
        with database.writing() as session:
            tell_all(session, [InstanceRow.journey == "stands"], told, clock())
        relay.wake()
        await _until(database, InstanceRow.status == "exited")
        took = perf_counter() - begun
        relaying.cancel()
    return INSTANCES / took


async def _until(database: Database, condition: object) -> None:
    """Return when *condition* holds of every instance."""

    def count() -> int:
        with database.reading() as session:
            query = select(func.count()).select_from(InstanceRow)
            return session.exec(query.where(condition)).one()  # type: ignore[arg-type]

    while await asyncio.to_thread(count) < INSTANCES:  # noqa: ASYNC110 - a store tells nobody
        await asyncio.sleep(0.02)


async def _by_hand(client: Client) -> float:
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def start(number: int) -> WorkflowHandle[StandsByHand, None]:
        async with slots:
            return await client.start_workflow(
                StandsByHand.run, id=f"stands-{number}", task_queue="stands-by-hand"
            )

    async def stop(handle: WorkflowHandle[StandsByHand, None]) -> None:
        async with slots:
            await handle.signal(StandsByHand.leave)
        await handle.result()

    worker = Worker(
        client,
        task_queue="stands-by-hand",
        workflows=[StandsByHand],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        handles = await asyncio.gather(*map(start, range(INSTANCES)))
        begun = perf_counter()
        await asyncio.gather(*map(stop, handles))
        return INSTANCES / (perf_counter() - begun)
