"""How many instances pass on real Temporal, against a minimal workflow written by hand.

The floor is the least that waits and sends as the seed journey does, and hands over no message
twice. For each person it calls `start_workflow` once, over the same client and as many at a time
as the relay; the workflow is a timer of the same length and one activity, three workflow tasks as
ours; the activity writes the message down under its key, in one transaction of a database like
ours, and hands it to a channel like ours. The worker has the options of ours. There is no change
to take in, no search attribute, no timeline, no way to leave, and the letter is always the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

from api.gateway import clock
from api.intake import Intake
from api.relay import Relay
from bench.figures import Figure
from bench.seed import SEED, contact, go_live, system
from channels.calling import Caller
from channels.channel import Letter
from store.database import Database
from store.instances import instances
from store.messages import MessageRow
from tests.letterbox import Letterbox
from worker import TASK_QUEUE, create_worker

INSTANCES = 500
IN_FLIGHT = 50
"""Starts at a time, as of the relay."""

ROUNDS = 2
"""Each is measured as often, in turns, and the best counts: others may use the machine too."""


class Counting(Letterbox):
    """A letterbox that says when it was handed all."""

    def __init__(self) -> None:
        super().__init__()
        self.all = asyncio.Event()

    async def send(self, letter: Letter, to: str, key: str) -> str:
        left = await super().send(letter, to, key)
        if len(self.letters) == INSTANCES:
            self.all.set()
        return left


@workflow.defn(name="by-hand")
class ByHand:
    """The least that waits and sends: a timer and an activity."""

    @workflow.run
    async def run(self, name: str) -> None:
        await workflow.sleep(1)
        await workflow.execute_activity(
            "by-hand-send", name, start_to_close_timeout=timedelta(minutes=1)
        )


@dataclass(frozen=True)
class Passed:
    """How many passed in a second, and what each cost: CPU of this process, and events of history."""

    rate: float
    cpu: float
    events: int


async def instances_per_second(folder: Path) -> list[Figure]:
    """Measure whole instances, from the change to the message, and what each costs."""
    floor, ours = list[Passed](), list[Passed]()
    for turn in range(ROUNDS):  # each on a server of its own: one with a past is slower
        async with system(folder, f"by-hand-{turn}", 17233) as (client, database):
            floor.append(await _by_hand(client, database))
        async with system(folder, f"instances-{turn}", 17233) as (client, database):
            ours.append(await _ours(client, database))

    def figure(name: str, unit: str, best: Callable[[list[Passed]], float]) -> Figure:
        return Figure(name, best(ours), unit, best(floor))

    return [
        figure(
            "instances: entry, delay, message, end",
            "instances/s",
            lambda passed: max(each.rate for each in passed),
        ),
        figure(
            "CPU of gateway and worker for one of them",
            "microseconds",
            lambda passed: min(each.cpu for each in passed) * 1e6,
        ),
        figure("events in the history of one of them", "events", lambda passed: passed[0].events),
    ]


async def _ours(client: Client, database: Database) -> Passed:
    channel = Counting()
    go_live(database, SEED.journeys[0])
    relay = Relay(database, client, TASK_QUEUE)
    intake = Intake(database, clock, relay.wake)
    changes = list(map(contact, range(INSTANCES)))
    async with create_worker(
        client, database, {"email": channel}, intake, Caller({}), sandbox=False
    ):
        relaying = asyncio.create_task(relay.run())

        async def start() -> None:
            await asyncio.to_thread(intake.take, changes)

        rate, cpu = await _rate(start, channel.all)
        relaying.cancel()
        with database.reading() as session:
            one = instances(session, limit=1)[0].workflow_id
        return Passed(rate, cpu, await _events(client, one))


async def _by_hand(client: Client, database: Database) -> Passed:
    sent = Counting()
    pollers = PollerBehaviorAutoscaling(initial=10, minimum=2, maximum=50)

    @activity.defn(name="by-hand-send")
    async def send(name: str) -> None:
        await asyncio.to_thread(_log_message, database, name)
        await sent.send(Letter("Welcome", "", ""), name, name)

    worker = Worker(
        client,
        task_queue="by-hand",
        workflows=[ByHand],
        activities=[send],
        activity_executor=ThreadPoolExecutor(20),
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_poller_behavior=pollers,
        activity_task_poller_behavior=pollers,
    )
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def start_one(number: int) -> None:
        async with slots:
            await client.start_workflow(
                "by-hand",
                f"contact-{number}",
                id=f"by-hand-{number}",
                task_queue="by-hand",
                request_eager_start=True,
            )

    async def start() -> None:
        await asyncio.gather(*map(start_one, range(INSTANCES)))

    async with worker:
        rate, cpu = await _rate(start, sent.all)
        return Passed(rate, cpu, await _events(client, "by-hand-0"))


async def _rate(start: Callable[[], Awaitable[None]], done: asyncio.Event) -> tuple[float, float]:
    """Return how many passed in a second, and how many seconds of CPU each cost this process."""
    begun, used = perf_counter(), process_time()
    await start()
    await done.wait()
    return INSTANCES / (perf_counter() - begun), (process_time() - used) / INSTANCES


async def _events(client: Client, workflow_id: str) -> int:
    handle = client.get_workflow_handle(workflow_id)
    await handle.result()
    return len((await handle.fetch_history()).events)


def _log_message(database: Database, name: str) -> None:
    with database.writing() as session:
        session.add(
            MessageRow(
                id=name,
                instance=name,
                journey="by-hand",
                version=1,
                tile="send",
                person_table="contact",
                person_id=name,
                channel="email",
                template="welcome",
                purpose="commercial",
                status="sent",
                at=clock(),
            )
        )
