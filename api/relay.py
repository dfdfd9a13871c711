"""Relay: carries commands from the outbox to Temporal, in order for each instance, until each is settled."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlmodel import Session
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.admission import count_late_goal
from api.gateway import clock
from api.reaching import LONGEST_PAUSE, SHORTEST_PAUSE, until_reached
from journeys.journey import version_of
from journeys.telling import Told
from journeys.trace import Ending, Note
from store.commands import CommandRow, Outcome, next_due, settle, waiting
from store.database import Database
from store.instances import InstanceRow, by_ids, end
from store.journeys import definition
from store.telling import release_due
from store.timeline import add_note
from workflows.attributes import at_start
from workflows.state import MOVE, TOLD, WORKFLOW, InstanceState

_AT_A_TIME = 500
_IN_FLIGHT = 50
_VERSIONS_IN_MEMORY = 100
_LOOKS_AGAIN = timedelta(seconds=5)
_NEVER = (RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION)

GONE = "gone from Temporal"

log = structlog.get_logger()


_Settled = tuple[int, Outcome, str | None]
"""A command's id, what became of it, and the problem it was set aside for."""


@dataclass(frozen=True)
class _Order:
    """A command with the instance it is for."""

    command: CommandRow
    instance: InstanceRow


class Relay:
    """Carries commands over. Whatever is done twice counts once, by the ids it is done with."""

    def __init__(
        self,
        database: Database,
        client: Client,
        task_queue: str,
        clock: Callable[[], datetime] = clock,
    ) -> None:
        self._database = database
        self._clock = clock
        self._client = client
        self._task_queue = task_queue
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(_IN_FLIGHT)
        self._contents = lru_cache(maxsize=_VERSIONS_IN_MEMORY)(self._content)

    def wake(self) -> None:
        """There are new commands. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Carry commands over until cancelled; what is left over from before comes first."""
        pause = SHORTEST_PAUSE
        await until_reached(self._client)
        while True:
            self._woken.clear()
            if await self._carried_what_waits():
                pause = SHORTEST_PAUSE
                continue
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, LONGEST_PAUSE)
            await until_reached(
                self._client
            )  # it may have come back as another, that knows nothing

    async def _carried_what_waits(self) -> bool:
        """Carry over what waits, or wait until something does; return False to pause and try again.

        A database that is out of reach, or that another process writes to, will be back: what was
        carried over and could not be written down is carried once more, and counts once.
        """
        try:
            orders = await asyncio.to_thread(self._waiting)
            if orders:
                return await self._carry(orders)
            await self._until_something_waits()
        except (OperationalError, NoConnectionFree) as error:
            log.warning("the database is not answering the relay", why=type(error).__name__)
            return False
        return True

    async def _until_something_waits(self) -> None:
        """Return when there may be new commands, or the next of those that are held is due.

        Another process that left commands tells nobody, and may have been killed since: so
        somebody looks now and then.
        """
        due = await asyncio.to_thread(self._next_due)
        ahead = _LOOKS_AGAIN if due is None else min(due - self._clock(), _LOOKS_AGAIN)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(ahead.total_seconds(), 0)):
                await self._woken.wait()

    def _next_due(self) -> datetime | None:
        with self._database.reading() as session:
            return next_due(session)

    def _waiting(self) -> list[_Order]:
        now, due = self._clock(), self._next_due()
        if due is not None and due <= now:
            self._database.write(lambda session: release_due(session, now))
        with self._database.reading() as session:
            commands = waiting(session, _AT_A_TIME)
            rows = by_ids(session, {command.instance_id for command in commands})
            return [_Order(command, rows[command.instance_id]) for command in commands]

    async def _carry(self, orders: list[_Order]) -> bool:
        """Carry *orders* over, one instance's one after another; return False if some remain."""
        instances: dict[str, list[_Order]] = defaultdict(list)
        for order in orders:
            instances[order.instance.id].append(order)
        settled = [
            outcome
            for outcomes in await asyncio.gather(*map(self._carry_in_order, instances.values()))
            for outcome in outcomes
        ]
        if settled:
            await asyncio.to_thread(self._database.write, lambda session: _settle(session, settled))
        return len(settled) == len(orders)

    async def _carry_in_order(self, orders: list[_Order]) -> list[_Settled]:
        settled: list[_Settled] = []
        async with self._slots:
            for order in orders:
                try:
                    outcome = await self._one(order)
                    problem = None
                except RPCError as error:
                    if not _for_good(error):
                        log.warning("temporal is not taking commands", status=error.status.name)
                        break  # the rest of this instance waits behind it
                    outcome, problem = "poisoned", error.message
                    log.exception("command set aside", command=order.command.id)
                except (LookupError, ValueError) as error:  # no version, or no state, to start with
                    outcome, problem = "poisoned", str(error)
                    log.exception("command set aside", command=order.command.id)
                settled.append((order.command.id or 0, outcome, problem))
        return settled

    async def _one(self, order: _Order) -> Outcome:
        if order.command.kind == "start":
            return await self._start(order.command, order.instance)
        if order.command.kind == "move":
            return await self._move(order.command, order.instance)
        told = Told.model_validate(order.command.payload)
        return await self._signal(TOLD, [told], told, order.command, order.instance)

    async def _move(self, command: CommandRow, row: InstanceRow) -> Outcome:
        told = Told.model_validate(command.payload["told"])
        content = self._contents(command.payload["digest"])
        return await self._signal(MOVE, [content, told], told, command, row)

    def _content(self, digest: str) -> bytes:
        with self._database.reading() as session:
            return definition(session, digest)

    async def _start(self, command: CommandRow, row: InstanceRow) -> Outcome:
        state = InstanceState.model_validate({**command.payload, "entered_at": row.entered_at})
        content = self._contents(row.digest)
        version = version_of(content)
        journey = version.journey
        about = "" if state.binding in (None, state.person) else f" about {state.binding}"
        with suppress(WorkflowAlreadyStartedError):  # an earlier try got through: the same start
            await self._client.start_workflow(
                WORKFLOW,
                args=[content, state],
                id=row.workflow_id,
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                request_eager_start=True,
                search_attributes=at_start(
                    row.journey, version.number, state.person, state.binding, journey.first
                ),
                static_summary=f"{row.journey} v{version.number}: {state.person}{about}"[:200],
                static_details=f"{journey.title or row.journey}, version {version.number}: entered by "
                f"the trigger {journey.entry.trigger}.\n\nEvery step with the values it was taken "
                f"on, from the gateway: `/v1/instances/{row.id}/timeline`",
            )
        return "done"

    async def _signal(
        self, name: str, args: list[Any], told: Told, command: CommandRow, row: InstanceRow
    ) -> Outcome:
        request = SignalWorkflowExecutionRequest(
            namespace=self._client.namespace,
            identity=self._client.identity,
            workflow_execution=WorkflowExecution(workflow_id=row.workflow_id),
            signal_name=name,
            request_id=f"command-{command.id}",
        )
        request.input.payloads.extend(await self._client.data_converter.encode(args))
        try:
            await self._client.workflow_service.signal_workflow_execution(request, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or "amespace" in error.message:
                raise
            await asyncio.to_thread(self._database.write, lambda session: _gone(session, row, told))
            return "gone"
        return "done"


def _for_good(error: RPCError) -> bool:
    """Say whether trying again is in vain. Search attributes that are missing can be made known."""
    return error.status in _NEVER and "search attribute" not in error.message.lower()


def _gone(session: Session, row: InstanceRow, told: Told) -> None:
    """Write down that an instance has no workflow any more.

    Mostly it ended just before *told* could reach it; where the store says otherwise, somebody
    terminated it in Temporal, or Temporal has lost it.
    """
    if told.goal:  # it counts after completion too, however close the two were
        count_late_goal(session, row.id, told, told.at)
    if end(session, row.id, Ending(status="exited", reason=GONE), told.at):
        add_note(session, row.id, Note(at=told.at, what="exited", why=GONE))


def _settle(session: Session, settled: list[_Settled]) -> None:
    by_outcome: dict[tuple[Outcome, str | None], list[int]] = defaultdict(list)
    for command_id, outcome, problem in settled:
        by_outcome[outcome, problem].append(command_id)
    for (outcome, problem), ids in by_outcome.items():
        settle(session, ids, outcome, problem)
