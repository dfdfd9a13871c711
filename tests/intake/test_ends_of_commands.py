"""What becomes of commands that cannot be carried: each has its defined end, and holds nothing up."""

import uuid
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from sqlmodel import Session, col, select, update
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    DeleteWorkflowExecutionRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from api.carrying import Carrier, trouble
from api.settling import GONE
from journeys.trace import Ending
from store.commands import CommandRow
from store.instances import NEVER_STARTED, InstanceRow, end, instances
from store.refused import RefusedRow
from store.set_aside import SET_ASIDE, carry_again
from store.timeline import timeline
from tests.intake.conftest import Gateway
from tests.intake.relaying import (
    JOINED,
    SURVEYED,
    all_settled,
    history,
    instance,
    orders_of,
    outcomes,
    relayed,
)
from tests.story import sent
from tests.world import journey, wait

pytestmark = pytest.mark.slow


def spoil(gateway: Gateway, *command_ids: int) -> None:
    """Let these commands say what nobody can read."""
    with gateway.database.writing() as session:
        session.execute(
            update(CommandRow)
            .where(col(CommandRow.id).in_(command_ids))
            .values(payload={"nonsense": True})
        )


async def test_what_is_told_to_an_instance_that_has_ended_is_gone(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    await relayed(gateway, client, all_settled(gateway))
    handle = client.get_workflow_handle(instance(gateway).workflow_id)
    await handle.terminate()
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED

    gateway.take(SURVEYED)
    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done", "gone"]
    assert instance(gateway).reason == GONE


async def test_what_is_told_to_an_instance_that_temporal_has_forgotten_is_gone(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    await relayed(gateway, client, all_settled(gateway))
    await forget(client, instance(gateway))

    gateway.take(SURVEYED)
    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done", "gone"]
    assert (instance(gateway).status, instance(gateway).reason) == ("exited", GONE)
    assert instance(gateway).goal_reached_at is not None
    assert story_of(gateway) == ["entered", "goal", "exited"]


async def test_a_start_of_an_instance_that_has_ended_starts_nothing_even_where_temporal_forgot(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    await relayed(gateway, client, all_settled(gateway))
    await forget(client, instance(gateway))
    with gateway.database.writing() as session:
        end(session, instance(gateway).id, Ending(status="completed"), gateway.now)
        session.execute(update(CommandRow).values(outcome=None))

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["gone"]
    assert instance(gateway).status == "completed"
    assert not await is_known(client.get_workflow_handle(instance(gateway).workflow_id))


async def forget(client: Client, row: InstanceRow) -> None:
    """Let Temporal forget an instance, as it does after the namespace's retention."""
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=row.workflow_id),
        )
    )
    handle = client.get_workflow_handle(row.workflow_id)
    while await is_known(handle):  # it is forgotten when the server gets to it
        pass


async def is_known(handle: WorkflowHandle[Any, Any]) -> bool:
    try:
        await handle.describe()
    except RPCError as error:
        return error.status is not RPCStatusCode.NOT_FOUND
    return True


async def test_while_its_namespace_is_unknown_commands_wait(
    gateway: Gateway, client: Client
) -> None:
    settings = client.config()
    settings["namespace"] = f"unknown-{uuid.uuid4()}"
    elsewhere = Client(**settings)
    gateway.take(JOINED)
    gateway.take(SURVEYED)
    looked = 0

    def has_looked() -> bool:
        nonlocal looked
        looked += 1
        return looked > 200

    await relayed(gateway, elsewhere, has_looked)
    assert outcomes(gateway) == [None, None]

    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=elsewhere.namespace,
            workflow_execution_retention_period=Duration(seconds=86400),
        )
    )
    await relayed(gateway, elsewhere, all_settled(gateway))

    assert outcomes(gateway) == ["done", "done"]
    assert (await history(gateway, elsewhere)).count("workflow_execution_signaled") == 1


async def test_what_is_told_in_a_namespace_that_is_not_there_is_not_gone(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    await relayed(gateway, client, all_settled(gateway))
    gateway.take(SURVEYED)
    [[told]] = orders_of(gateway)
    settings = client.config()
    settings["namespace"] = f"unknown-{uuid.uuid4()}"
    elsewhere = Client(**settings)

    with pytest.raises(RPCError) as refused:
        await Carrier(gateway.database, elsewhere, "nobody").carry(told)

    assert trouble(refused.value) == "with Temporal"


async def test_an_instance_that_has_ended_is_not_started_again(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    [[start]] = orders_of(gateway)
    carrier = Carrier(gateway.database, client, "nobody")
    await carrier.carry(start)
    handle = client.get_workflow_handle(instance(gateway).workflow_id)
    await handle.terminate()

    assert (await carrier.carry(start)).outcome == "done"
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_a_command_that_can_never_be_carried_is_set_aside_and_holds_nothing_up(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(sent("joined", "contact/ben"))
    spoil(gateway, 1)

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["poisoned", "done"]
    problems = [row.problem for row in gateway.rows(CommandRow)]
    assert "instance_id" in (problems[0] or "")
    assert problems[1] is None


async def test_what_temporal_itself_refuses_for_ever_is_set_aside_too(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(sent("joined", "contact/ben"))
    with gateway.database.writing() as session:
        row = instances(session)[-1]
        row.workflow_id = "x" * 2000
        session.add(row)

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["poisoned", "done"]


async def test_what_is_set_aside_is_listed_with_its_problem(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    spoil(gateway, 1)

    await relayed(gateway, client, all_settled(gateway))

    [row] = gateway.rows(RefusedRow)
    assert (row.what, row.reason, row.journey, row.person) == (
        "command", SET_ASIDE, "story", "contact/ana",
    )  # fmt: skip
    assert row.change == {"command": 1, "kind": "start", "instance": instance(gateway).id}
    assert "instance_id" in row.problem


async def test_an_instance_that_cannot_start_has_left_and_what_it_was_told_is_gone(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(SURVEYED)
    spoil(gateway, 1)

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["poisoned", "gone"]
    assert (instance(gateway).status, instance(gateway).reason) == ("exited", NEVER_STARTED)
    assert story_of(gateway) == ["entered", "exited"]


def story_of(gateway: Gateway) -> list[str]:
    with gateway.database.reading() as session:
        return [note.what for note in timeline(session, instances(session)[-1].id)]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"repeat": {"policy": "never"}}, id="who may enter once"),
        pytest.param({"while_inside": "skip"}, id="who may not be inside twice"),
    ],
)
async def test_somebody_whose_instance_could_not_start_may_enter_again(
    gateway: Gateway, temporal_client: Client, entry: dict[str, Any]
) -> None:
    gateway.goes_live(journey(wait(), **entry))
    gateway.take(JOINED)
    spoil(gateway, 1)
    await relayed(gateway, temporal_client, all_settled(gateway))

    gateway.take(JOINED)
    await relayed(gateway, temporal_client, all_settled(gateway))

    assert outcomes(gateway) == ["poisoned", "done"]
    assert gateway.entered == ["ana", "ana"]


async def test_a_start_that_is_tried_again_after_repair_lets_its_instance_in(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    [said] = [row.payload for row in gateway.rows(CommandRow)]
    spoil(gateway, 1)
    await relayed(gateway, client, all_settled(gateway))
    with gateway.database.writing() as session:
        session.execute(update(CommandRow).values(payload=said))

    with gateway.database.writing() as session:
        assert carry_again(session, listed(session)) is None
    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done"]
    assert (instance(gateway).status, instance(gateway).reason) == ("active", None)
    assert story_of(gateway) == ["entered"]
    assert (await history(gateway, client)).count("workflow_execution_started") == 1


async def test_what_is_still_wrong_is_set_aside_again(gateway: Gateway, client: Client) -> None:
    gateway.take(JOINED)
    spoil(gateway, 1)
    await relayed(gateway, client, all_settled(gateway))

    with gateway.database.writing() as session:
        assert carry_again(session, listed(session)) is None
    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["poisoned"]
    assert len(gateway.rows(RefusedRow)) == 2
    assert instance(gateway).reason == NEVER_STARTED


def listed(session: Session) -> RefusedRow:
    return session.exec(select(RefusedRow)).one()
