"""Serving: the gateway with its relay, on a socket, until it is told to stop."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta

import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from api.door.heads import Heads
from api.gateway import Gateway, clock
from api.intake import Intake
from api.pruning import prune_now_and_then
from api.relay import Relay
from api.repairing import repair_now_and_then
from settings import CannotStart
from store.database import Database
from store.pruning import Keeping

_SECONDS_TO_ANSWER_WHAT_IS_UNDER_WAY = 10


@asynccontextmanager
async def running_gateway(
    client: Client,
    database: Database,
    task_queue: str,
    *,
    base_url: str,
    time_skipping: bool = False,
    wait_for_person: timedelta = timedelta(0),
    keeping: Keeping | None = None,
    repairs: bool = False,
) -> AsyncIterator[Gateway]:
    """Run the relay and yield what the routes work with; what is left over is carried first.

    With *keeping*, what is over for longer is forgotten now and then; one that *repairs* asks
    connected systems for what their webhooks missed.

    Changes are taken in whether Temporal can be reached or not: a lazy *client* will do.
    """
    relay = Relay(database, client, task_queue)
    intake = Intake(database, clock, relay.wake, wait_for_person)
    running = {"relay": asyncio.create_task(relay.run(intake.give_up))}
    if keeping is not None:
        running["pruning"] = asyncio.create_task(prune_now_and_then(database, keeping))

    async def ready() -> dict[str, str]:
        unwell = await _unwell(client, database, task_queue)
        return unwell | {
            name: f"Expected the {name} to run, but it has stopped: restart the gateway."
            for name, task in running.items()
            if task.done()
        }

    gateway = Gateway(
        database=database,
        intake=intake,
        client=client,
        ready=ready,
        base_url=base_url,
        time_skipping=time_skipping,
    )
    if repairs:
        running["repairs"] = asyncio.create_task(repair_now_and_then(gateway))
    try:
        yield gateway
    finally:
        for task in running.values():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _unwell(client: Client, database: Database, task_queue: str) -> dict[str, str]:
    """Return what is not well, part by part."""
    unwell = {}
    try:
        await asyncio.to_thread(_ask, database)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from answering is the answer
        unwell["database"] = f"Expected the database to answer, but: {type(error).__name__}."
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        found = await client.workflow_service.describe_task_queue(
            request, timeout=timedelta(seconds=3)
        )
    except (RPCError, RuntimeError) as error:  # RuntimeError: the connection is refused
        why = error.status.name if isinstance(error, RPCError) else "it cannot be connected to"
        unwell["temporal"] = f"Expected Temporal to answer, but: {why}."
    else:
        if not found.pollers:
            unwell["worker"] = "Expected a worker to be running, but none has asked for work."
    return unwell


def _ask(database: Database) -> None:
    with database.reading() as session:
        session.execute(text("SELECT 1"))


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is bound; raise CannotStart where the port is taken or forbidden."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise CannotStart(
            f"Expected port {port} of {host} to be free for the gateway (SOJOURN_PORT), "
            f"but: {error.strerror}."
        ) from error
    return bound


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def spare_the_collector() -> None:
    """Let Python look for garbage in circles less often; most of what requests leave is in none.

    A batch of changes is many thousand objects, and to look through them, and through all that was
    loaded before, takes longer than to take the changes in. A worker, too, has a twentieth of its
    time more. What instances leave is in circles, so everything is looked through after 80,000
    objects, as Python does by itself.
    """
    gc.freeze()
    gc.set_threshold(20_000, 2, 2)


async def serve(app: FastAPI, bound: socket.socket, stop: asyncio.Event) -> None:
    """Serve *app* on the socket *bound* until *stop* is set; what is under way is answered first."""
    spare_the_collector()
    config = uvicorn.Config(
        app,
        http=Heads,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_SECONDS_TO_ANSWER_WHAT_IS_UNDER_WAY,
    )
    server = _Server(config)

    async def stop_serving() -> None:
        await stop.wait()
        server.should_exit = True

    stopping = asyncio.create_task(stop_serving())
    try:
        await server.serve(sockets=[bound])
    finally:
        stopping.cancel()
        bound.close()
