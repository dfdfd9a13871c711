"""How fast changes that let people in are taken in, and how fast the relay starts their instances.

The floor of the relay is a loop that only calls `start_workflow`, as many at a time, over the same
client, with one word as its argument. Nobody works meanwhile: what is started waits.
"""

import asyncio
from pathlib import Path
from time import perf_counter

from sqlmodel import col, func, select
from temporalio.client import Client

from api.gateway import clock
from api.intake import Intake
from api.relay import Relay
from bench.figures import Figure
from bench.instances import IN_FLIGHT, INSTANCES, ROUNDS
from bench.seed import SEED, contact, go_live, system
from store.commands import CommandRow
from store.database import Database
from worker import TASK_QUEUE


async def starts_per_second(folder: Path) -> list[Figure]:
    """Measure changes taken in that each start an instance, and starts by the relay."""
    taken, ours, floor = list[float](), list[float](), list[float]()
    async with system(folder, "starting", 17235) as (client, database):
        go_live(database, SEED.journeys[0])
        relay = Relay(database, client, TASK_QUEUE)
        for first in range(0, ROUNDS * INSTANCES, INSTANCES):
            floor.append(await _loop(client, first))
            taken.append(await asyncio.to_thread(_take, database, relay, first))
            ours.append(await _carried(database, relay))
    return [
        Figure("changes taken in that each start an instance", max(taken), "changes/s"),
        Figure("instances started by the relay", max(ours), "starts/s", max(floor)),
    ]


def _take(database: Database, relay: Relay, first: int) -> float:
    intake = Intake(database, clock, relay.wake)
    changes = list(map(contact, range(first, first + INSTANCES)))
    begun = perf_counter()
    intake.take(changes)
    return INSTANCES / (perf_counter() - begun)


async def _carried(database: Database, relay: Relay) -> float:
    begun = perf_counter()
    relaying = asyncio.create_task(relay.run())
    while await asyncio.to_thread(_waiting, database):  # noqa: ASYNC110 - a store tells nobody
        await asyncio.sleep(0.02)
    rate = INSTANCES / (perf_counter() - begun)
    relaying.cancel()
    return rate


def _waiting(database: Database) -> int:
    waiting = select(func.count()).where(col(CommandRow.outcome).is_(None))
    with database.reading() as session:
        return session.exec(waiting).one()


async def _loop(client: Client, first: int) -> float:
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def start(number: int) -> None:
        async with slots:
            await client.start_workflow(
                "by-hand", "contact", id=f"loop-{number}", task_queue="nobody"
            )

    begun = perf_counter()
    await asyncio.gather(*map(start, range(first, first + INSTANCES)))
    return INSTANCES / (perf_counter() - begun)
