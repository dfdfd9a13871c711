"""The relay: what it carries to Temporal, when, and what it does with what it cannot carry."""

import uuid

import pytest
import structlog
from google.protobuf.duration_pb2 import Duration
from sqlmodel import update
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RetryConfig, RPCError

from api.carrying import Carrier, trouble
from store.commands import CommandRow
from tests.intake.conftest import Gateway
from tests.intake.relaying import (
    JOINED,
    SURVEYED,
    all_settled,
    history,
    orders_of,
    outcomes,
    relayed,
)
from tests.line import Line
from tests.locked import another_process_writing
from tests.story import sent

pytestmark = pytest.mark.slow


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
    gateway.take(JOINED)
    [[order]] = orders_of(gateway)
    carrier = Carrier(gateway.database, forgetful, f"nobody-{uuid.uuid4()}")

    with pytest.raises(RPCError) as refused:
        await carrier.carry(order)
    await relayed(gateway, forgetful, all_settled(gateway))

    assert trouble(refused.value) == "with Temporal"
    assert outcomes(gateway) == ["done"]


async def test_a_relay_refuses_by_the_clock_what_has_waited_for_its_person_long_enough(
    gateway: Gateway, client: Client
) -> None:
    gateway.waits_for_people(60)
    gateway.take(sent("joined", "contact/zoe"))
    gateway.passes(60)

    await relayed(gateway, client, lambda: bool(gateway.refused))

    assert [reason for reason, _ in gateway.refused] == ["no such person"]
