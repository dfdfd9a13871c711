"""The relay: what it carries to Temporal, when, and what it does with what it cannot carry."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from google.protobuf.duration_pb2 import Duration
from sqlmodel import col, select, update
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RetryConfig
from temporalio.testing import WorkflowEnvironment

from api.relay import Relay
from store.commands import CommandRow
from store.instances import instances
from tests.engine.histories import events, named
from tests.intake.conftest import Gateway
from tests.line import Line
from tests.locked import another_process_writing
from tests.story import sent
from tests.world import journey, wait_for
from workflows.definitions import data_converter

pytestmark = pytest.mark.slow

JOINED = sent("joined", "contact/ana", "incident/printer")
SURVEYED = sent("surveyed", "contact/ana", "incident/printer")


@pytest.fixture
def client(temporal: WorkflowEnvironment, gateway: Gateway) -> Client:
    """A client of the real server; nobody works on what it starts."""
    gateway.goes_live(journey(wait_for("surveyed"), goal={"trigger": "surveyed"}))
    settings = temporal.client.config()
    settings["data_converter"] = data_converter(gateway.database)
    return Client(**settings)


async def relayed(gateway: Gateway, client: Client, until: Callable[[], bool]) -> None:
    """Let a relay run that is started anew, until *until* holds."""
    relay = Relay(gateway.database, client, f"nobody-{uuid.uuid4()}")
    running = asyncio.create_task(relay.run())
    while not until() and not running.done():  # noqa: ASYNC110 - a store tells nobody
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def outcomes(gateway: Gateway) -> list[str | None]:
    """Return what became of the commands, in order."""
    with gateway.database.reading() as session:
        query = select(CommandRow.outcome).order_by(col(CommandRow.id))
        return list(session.exec(query).all())


def all_settled(gateway: Gateway) -> Callable[[], bool]:
    return lambda: None not in outcomes(gateway)


async def history(gateway: Gateway, client: Client) -> list[str]:
    """Return what kinds of events Temporal has of the one instance."""
    with gateway.database.reading() as session:
        [row] = instances(session)
    return named(await events(client.get_workflow_handle(row.workflow_id)))


async def test_what_was_left_over_is_carried_first_when_a_relay_starts(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(SURVEYED)

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done", "done"]
    found = await history(gateway, client)
    assert found[0] == "workflow_execution_started"
    assert found.count("workflow_execution_signaled") == 1


async def test_what_was_carried_but_not_written_down_counts_once(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(SURVEYED)
    await relayed(gateway, client, all_settled(gateway))
    with gateway.database.writing() as session:
        session.execute(update(CommandRow).values(outcome=None))

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done", "done"]
    found = await history(gateway, client)
    assert found.count("workflow_execution_started") == 1
    assert found.count("workflow_execution_signaled") == 1


async def test_while_temporal_is_out_of_reach_commands_are_kept_and_carried_later(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(SURVEYED)
    host, port = client.service_client.config.target_host.split(":")

    async with Line(host, int(port)) as line:
        at_a_distance = await Client.connect(
            line.address,
            retry_config=RetryConfig(max_elapsed_time_millis=1, max_retries=1),
            data_converter=client.data_converter,
        )
        line.cut()
        with structlog.testing.capture_logs() as said:
            await relayed(gateway, at_a_distance, lambda: bool(said))
        assert {entry["event"] for entry in said} == {"temporal cannot be reached yet"}
        assert outcomes(gateway) == [None, None]

        await line.mend()
        await relayed(gateway, at_a_distance, all_settled(gateway))

    assert outcomes(gateway) == ["done", "done"]
    assert (await history(gateway, client)).count("workflow_execution_signaled") == 1


async def test_what_cannot_be_written_down_for_now_is_carried_again_and_counts_once(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(SURVEYED)

    with another_process_writing(gateway.database), structlog.testing.capture_logs() as said:
        await relayed(gateway, client, lambda: bool(said))
        assert outcomes(gateway) == [None, None]
    await relayed(gateway, client, all_settled(gateway))

    assert {entry["event"] for entry in said} == {"the database is not answering the relay"}
    found = await history(gateway, client)
    assert found.count("workflow_execution_signaled") == 1


async def test_a_namespace_that_has_forgotten_our_search_attributes_is_told_again(
    gateway: Gateway, client: Client
) -> None:
    settings = client.config()
    settings["namespace"] = f"forgetful-{uuid.uuid4()}"
    forgetful = Client(**settings)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=forgetful.namespace,
            workflow_execution_retention_period=Duration(seconds=86400),
        )
    )
    relay = Relay(gateway.database, forgetful, f"nobody-{uuid.uuid4()}")
    gateway.take(JOINED)

    with structlog.testing.capture_logs() as said:
        [order] = relay._waiting()
        assert not await relay._carry([order])
        assert outcomes(gateway) == [None]
    await relayed(gateway, forgetful, all_settled(gateway))

    assert [entry["status"] for entry in said] == ["INVALID_ARGUMENT"]
    assert outcomes(gateway) == ["done"]


async def test_what_another_process_left_is_carried_though_nobody_tells(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.relay._LOOKS_AGAIN", timedelta(milliseconds=200))
    relay = Relay(gateway.database, client, f"nobody-{uuid.uuid4()}")
    running = asyncio.create_task(relay.run())

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 - a store tells nobody
                await asyncio.sleep(0)

    await until(lambda: bool(relay._woken._waiters))  # it has found nothing to do
    gateway.take(JOINED)  # as another process takes it: this relay is not woken
    await until(all_settled(gateway))

    assert outcomes(gateway) == ["done"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_command_that_can_never_be_carried_is_set_aside_and_holds_nothing_up(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(sent("joined", "contact/ben"))
    with gateway.database.writing() as session:
        first = session.exec(select(CommandRow).order_by(col(CommandRow.id))).first()
        assert first is not None
        first.payload = {"nonsense": True}
        session.add(first)

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


async def test_what_is_told_to_an_instance_that_has_ended_is_gone(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    await relayed(gateway, client, all_settled(gateway))
    with gateway.database.reading() as session:
        [row] = instances(session)
    handle = client.get_workflow_handle(row.workflow_id)
    await handle.terminate()
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED

    gateway.take(SURVEYED)
    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done", "gone"]
