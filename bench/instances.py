"""How many instances pass on real Temporal, against a minimal workflow written by hand."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

from api.gateway import clock
from api.intake import Intake
from api.relay import Relay
from bench.figures import Figure
from channels.calling import Caller
from channels.channel import Letter
from dev.folder import data_folder
from dev.temporal import temporal_server
from journeys.bundle import Bundle, catalogue_of
from journeys.changes import RecordChange
from journeys.publishing import publish
from store.builtin import builtin_tables
from store.catalogue import TriggerRow, catalogue_changed
from store.database import Database
from store.instances import instances
from store.journeys import JourneyRow, keep_version
from store.messages import MessageRow
from store.schema import upgrade
from tests.letterbox import Letterbox
from worker import TASK_QUEUE, create_worker
from workflows.attributes import register_search_attributes
from workflows.definitions import data_converter

INSTANCES = 500
IN_FLIGHT = 50

SEED = Bundle.model_validate(
    {
        "triggers": [
            {
                "name": "contact-created",
                "kind": "record_change",
                "table": "contact",
                "audience": {"path": "self"},
                "operations": ["created"],
            }
        ],
        "templates": [{"name": "welcome", "subject": "Welcome", "html": "{{ person.firstname }}"}],
        "journeys": [
            {
                "name": "seed",
                "entry": {"trigger": "contact-created"},
                "tiles": [
                    {"id": "delay", "kind": "wait", "for": "PT1S", "next": "welcome"},
                    {"id": "welcome", "kind": "message", "template": "welcome"},
                ],
            }
        ],
    }
)


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


async def instances_per_second(folder: Path) -> list[Figure]:
    """Measure whole instances, from the change to the message, and the events of their histories."""
    with data_folder(folder / "temporal") as data:
        async with temporal_server(data, port=17233, ui_port=18233) as server:
            database = Database(f"sqlite:///{folder / 'instances.db'}")
            upgrade(database)
            client = await Client.connect(server.address, data_converter=data_converter(database))
            await register_search_attributes(client)
            floor, floor_events = await _by_hand(client, database)
            ours, our_events = await _ours(client, database)
            database.close()
    return [
        Figure("instances: entry, delay, message, end", ours, "instances/s", floor),
        Figure("events in the history of one of them", our_events, "events", floor_events),
    ]


async def _ours(client: Client, database: Database) -> tuple[float, int]:
    channel = Counting()
    _publish(database)
    relay = Relay(database, client, TASK_QUEUE)
    intake = Intake(database, clock, relay.wake)
    async with create_worker(
        client, database, {"email": channel}, intake, Caller({}), sandbox=False
    ):
        relaying = asyncio.create_task(relay.run())

        async def start() -> None:
            await asyncio.to_thread(intake.take, list(map(contact, range(INSTANCES))))

        rate = await _rate(start, channel.all)
        relaying.cancel()
        with database.reading() as session:
            one = instances(session, limit=1)[0].workflow_id
        return rate, await _events(client, one)


async def _by_hand(client: Client, database: Database) -> tuple[float, int]:
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
        return await _rate(start, sent.all), await _events(client, "by-hand-0")


async def _rate(start: Callable[[], Awaitable[None]], done: asyncio.Event) -> float:
    begun = perf_counter()
    await start()
    await done.wait()
    return INSTANCES / (perf_counter() - begun)


async def _events(client: Client, workflow_id: str) -> int:
    handle = client.get_workflow_handle(workflow_id)
    await handle.result()
    kinds = Counter([event.event_type async for event in handle.fetch_history_events()])
    return kinds.total()


def contact(number: int) -> RecordChange:
    """Return the change that creates a contact and so lets them enter."""
    return RecordChange(
        table="contact",
        record_id=f"contact-{number}",
        operation="create",
        values={"firstname": "Ana", "emailaddress1": "ana@example.org"},
    )


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


def _publish(database: Database) -> None:
    catalogue = catalogue_of(builtin_tables(), [SEED])
    version = publish(SEED.journeys[0], catalogue, 1)
    with database.writing() as session:
        for trigger in SEED.triggers:
            definition = trigger.model_dump(mode="json")
            session.add(TriggerRow(name=trigger.name, state="ready", definition=definition))
        keep_version(session, version, clock())
        session.add(JourneyRow(name="seed", state="live", version=1, draft={}, changed_at=clock()))
        catalogue_changed(session)
