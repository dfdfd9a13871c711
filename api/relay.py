"""Relay: carries commands from the outbox to Temporal, in order for each instance, until each is settled."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import structlog
from sqlmodel import Session
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.admission import count_late_goal
from journeys.journey import version_of
from journeys.telling import Told
from store.commands import CommandRow, Outcome, settle, waiting
from store.database import Database
from store.instances import InstanceRow, by_ids
from store.journeys import definition
from workflows.attributes import at_start
from workflows.state import TOLD, WORKFLOW, InstanceState

_AT_A_TIME = 500
_IN_FLIGHT = 50
_VERSIONS_IN_MEMORY = 100
_SHORTEST_PAUSE = timedelta(milliseconds=200)
_LONGEST_PAUSE = timedelta(seconds=5)
_NEVER = (RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION)

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

    def __init__(self, database: Database, client: Client, task_queue: str) -> None:
        self._database = database
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
        pause = _SHORTEST_PAUSE
        while True:
            self._woken.clear()
            orders = await asyncio.to_thread(self._waiting)
            if not orders:
                await self._woken.wait()
            elif await self._carry(orders):
                pause = _SHORTEST_PAUSE
            else:
                await asyncio.sleep(pause.total_seconds())
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _waiting(self) -> list[_Order]:
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
                    if error.status not in _NEVER:
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
        return await self._tell(order.command, order.instance)

    def _content(self, digest: str) -> bytes:
        with self._database.reading() as session:
            return definition(session, digest)

    async def _start(self, command: CommandRow, row: InstanceRow) -> Outcome:
        state = InstanceState.model_validate(command.payload)
        content = self._contents(row.digest)
        journey = version_of(content).journey
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
                    row.journey, row.version, state.person, state.binding, journey.first
                ),
                static_summary=f"{row.journey} v{row.version}: {state.person}{about}"[:200],
                static_details=f"{journey.title or row.journey}, version {row.version}: entered by "
                f"the trigger {journey.entry.trigger}.\n\nEvery step with the values it was taken "
                f"on, from the gateway: `/v1/instances/{row.id}/timeline`",
            )
        return "done"

    async def _tell(self, command: CommandRow, row: InstanceRow) -> Outcome:
        request = SignalWorkflowExecutionRequest(
            namespace=self._client.namespace,
            identity=self._client.identity,
            workflow_execution=WorkflowExecution(workflow_id=row.workflow_id),
            signal_name=TOLD,
            request_id=f"command-{command.id}",
        )
        told = Told.model_validate(command.payload)
        request.input.payloads.extend(await self._client.data_converter.encode([told]))
        try:
            await self._client.workflow_service.signal_workflow_execution(request, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            if told.goal:  # it counts after completion too, however close the two were
                await asyncio.to_thread(
                    self._database.write,
                    lambda session: count_late_goal(session, row.id, told, told.at),
                )
            return "gone"  # it ended before this could reach it
        return "done"


def _settle(session: Session, settled: list[_Settled]) -> None:
    by_outcome: dict[tuple[Outcome, str | None], list[int]] = defaultdict(list)
    for command_id, outcome, problem in settled:
        by_outcome[outcome, problem].append(command_id)
    for (outcome, problem), ids in by_outcome.items():
        settle(session, ids, outcome, problem)
