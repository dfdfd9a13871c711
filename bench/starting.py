"""How fast changes that let people in are taken in, and how fast the relay starts their instances.

The floor of the relay is a loop that only calls `start_workflow`, as many at a time, over the same
client: once with one word as its argument and nothing else, once with what every instance starts
with (the version, its state, its search attributes). Nobody works meanwhile: what is started waits.
"""

import asyncio
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlmodel import col, func, select
from temporalio.client import Client
from temporalio.common import TypedSearchAttributes

from api.gateway import clock
from api.intake import Intake
from api.relay import Relay
from bench.figures import Figure
from bench.instances import IN_FLIGHT
from bench.seed import SEED, contact, go_live, system
from journeys.bundle import catalogue_of
from journeys.publishing import publish
from store.builtin import builtin_tables
from store.commands import CommandRow
from store.database import Database
from worker import TASK_QUEUE
from workflows.attributes import at_start
from workflows.state import InstanceState

STARTS, TURNS = 1_000, 3
"""Each is measured as often, in turns, and the median counts."""

ANA = "contact/ana"


async def starts_per_second(folder: Path) -> list[Figure]:
    """Measure changes taken in that each start an instance, and starts by the relay."""
    taken, ours, bare, alike = list[float](), list[float](), list[float](), list[float]()
    for turn in range(TURNS):  # each on a server of its own: one with a past is slower
        async with system(folder, f"bare-{turn}", 17235) as (client, _):
            bare.append(await _loop(client, ["contact"], None))
        async with system(folder, f"alike-{turn}", 17235) as (client, _):
            version = publish(SEED.journeys[0], catalogue_of(builtin_tables(), [SEED]), 1)
            attributes = at_start("seed", 1, ANA, ANA, "delay")
            state = InstanceState(instance_id="loop", person=ANA, binding=ANA, entered_at=clock())
            alike.append(await _loop(client, [version.as_bytes(), state], attributes))
        async with system(folder, f"starting-{turn}", 17235) as (client, database):
            go_live(database, SEED.journeys[0])
            relay = Relay(database, client, TASK_QUEUE)
            taken.append(await asyncio.to_thread(_take, database, relay))
            ours.append(await _carried(database, relay))
    return [
        Figure("changes taken in that each start an instance", median(taken), "changes/s"),
        Figure("instances started by the relay", median(ours), "starts/s", median(bare)),
        Figure("the same, where the loop starts as much", median(ours), "starts/s", median(alike)),
    ]


def _take(database: Database, relay: Relay) -> float:
    intake = Intake(database, clock, relay.wake)
    changes = list(map(contact, range(STARTS)))
    begun = perf_counter()
    intake.take(changes)
    return STARTS / (perf_counter() - begun)


async def _carried(database: Database, relay: Relay) -> float:
    begun = perf_counter()
    relaying = asyncio.create_task(relay.run())
    while await asyncio.to_thread(_waiting, database):  # noqa: ASYNC110 - a store tells nobody
        await asyncio.sleep(0.1)  # rarely: whoever looks takes of what is measured
    rate = STARTS / (perf_counter() - begun)
    relaying.cancel()
    return rate


def _waiting(database: Database) -> int:
    waiting = select(func.count()).where(col(CommandRow.outcome).is_(None))
    with database.reading() as session:
        return session.exec(waiting).one()


async def _loop(
    client: Client, arguments: list[Any], attributes: TypedSearchAttributes | None
) -> float:
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def start(number: int) -> None:
        async with slots:
            await client.start_workflow(
                "by-hand",
                args=arguments,
                id=f"loop-{number}",
                task_queue="nobody",
                search_attributes=attributes,
            )

    begun = perf_counter()
    await asyncio.gather(*map(start, range(STARTS)))
    return STARTS / (perf_counter() - begun)
