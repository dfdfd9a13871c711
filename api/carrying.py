"""Carrying: one command to Temporal. Whatever is done twice counts once, by the ids it is done with."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

from sqlmodel import Session
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import ResourceExhaustedCause
from temporalio.api.errordetails.v1 import ResourceExhaustedFailure
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from journeys.journey import version_of
from journeys.telling import Told
from store.commands import CommandRow, Outcome, waiting
from store.database import Database
from store.instances import InstanceRow, by_ids
from workflows.attributes import at_start
from workflows.definitions import Contents
from workflows.state import MOVE, TOLD, WORKFLOW, InstanceState

_NEVER = (RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION)
_TOO_MANY_SIGNALS = "limit for signal events"

Trouble = Literal["for good", "with this instance", "with Temporal"]


@dataclass(frozen=True)
class Order:
    """A command with the instance it is for."""

    command: CommandRow
    instance: InstanceRow


@dataclass(frozen=True)
class Carried:
    """What became of an order; one that was *poisoned* says for which problem."""

    order: Order
    outcome: Outcome
    problem: str | None = None


def orders_waiting(session: Session, limit: int, besides: Collection[str]) -> list[list[Order]]:
    """Return up to *limit* orders that wait, each instance's together; *besides* are left out."""
    commands = waiting(session, limit, besides)
    rows = by_ids(session, {command.instance_id for command in commands})
    orders: dict[str, list[Order]] = {}
    for command in commands:
        order = Order(command, rows[command.instance_id])
        orders.setdefault(command.instance_id, []).append(order)
    return list(orders.values())


class Carrier:
    """Starts and signals workflows, as commands say."""

    def __init__(self, database: Database, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._contents = Contents(database)

    async def carry(self, order: Order) -> Carried:
        """Carry *order* over.

        Raises RPCError where Temporal takes it not, now or ever (see `trouble`), and LookupError
        or ValueError where there is nothing that could be carried.
        """
        match order.command.kind:
            case "start":
                outcome = await self._start(order.command, order.instance)
            case "move":
                told = Told.model_validate(order.command.payload["told"])
                content = await self._contents.of(order.command.payload["digest"])
                outcome = await self._signal(MOVE, [content, told], told, order)
            case _:
                told = Told.model_validate(order.command.payload)
                outcome = await self._signal(TOLD, [told], told, order)
        return Carried(order, outcome)

    async def _start(self, command: CommandRow, row: InstanceRow) -> Outcome:
        if row.status != "active":  # it got through long ago: Temporal may have forgotten it since
            return "gone"
        state = InstanceState.model_validate({**command.payload, "entered_at": row.entered_at})
        content = await self._contents.of(row.digest)
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

    async def _signal(self, name: str, args: Sequence[Any], told: Told, order: Order) -> Outcome:
        request = SignalWorkflowExecutionRequest(
            namespace=self._client.namespace,
            identity=self._client.identity,
            workflow_execution=WorkflowExecution(workflow_id=order.instance.workflow_id),
            signal_name=name,
            # Not the command's id: a store that is pruned empty, or restored, counts from 1 again.
            request_id=str(uuid5(NAMESPACE_OID, told.id)),
        )
        request.input.payloads.extend(await self._client.data_converter.encode(args))
        try:
            await self._client.workflow_service.signal_workflow_execution(request, retry=True)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND and "amespace" not in error.message:
                return "gone"
            raise
        return "done"


def trouble(error: RPCError) -> Trouble:
    """Say what keeps a command from being carried: it itself for good, or what passes.

    Of one instance, that it is just ending, or was told more than its worker has taken up yet. Of
    Temporal, everything else: search attributes that are missing, too, are made known again.
    """
    message = error.message.lower()
    if _TOO_MANY_SIGNALS in message or _is_busy(error):
        return "with this instance"
    if error.status in _NEVER and "search attribute" not in message:
        return "for good"
    return "with Temporal"


def _is_busy(error: RPCError) -> bool:
    found = ResourceExhaustedFailure()
    busy = ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW
    return error.status is RPCStatusCode.RESOURCE_EXHAUSTED and any(
        detail.Unpack(found) and found.cause == busy for detail in error.grpc_status.details
    )
