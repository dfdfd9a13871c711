"""Several gateways on one store: one relay carries, the others stand by, and nothing is done twice."""

import asyncio
import sys
from contextlib import suppress

import pytest
from temporalio.client import Client

from api.carrying import Carried, Carrier
from api.settling import write_outcomes
from store.instances import instances
from store.refused import RefusedRow
from tests.engine.histories import events, named
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

pytestmark = pytest.mark.slow

CASES = 50
TOLD = 3

RELAY = """
import asyncio, sys
from api.relay import Relay
from store.database import Database
from temporalio.client import Client
from workflows.definitions import data_converter
async def run():
    database = Database(sys.argv[1])
    client = await Client.connect(
        sys.argv[2], namespace=sys.argv[3], data_converter=data_converter(database)
    )
    await Relay(database, client, "nobody-at-all").run()
asyncio.run(run())
"""


def fill(gateway: Gateway) -> None:
    """Let many join for cases of their own, and let each be told several things in order."""
    cases = [f"incident/{number}" for number in range(CASES)]
    gateway.take(*(sent("joined", "contact/ana", case) for case in cases))
    for number in range(TOLD):
        told = (sent("surveyed", "contact/ana", case, f"{case}-{number}") for case in cases)
        gateway.take(*told)


async def told_in_order(gateway: Gateway, client: Client) -> list[list[str]]:
    """Return the ids of what each workflow was told, in the order its history has them."""
    with gateway.database.reading() as session:
        rows = instances(session, limit=CASES + 1)
    found = []
    for row in reversed(rows):
        history = await events(client.get_workflow_handle(row.workflow_id))
        signals = [
            event.workflow_execution_signaled_event_attributes
            for event in history
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        decoded = [await client.data_converter.decode(each.input.payloads) for each in signals]
        found.append([str(told[0]["id"]) for told in decoded])
        assert named(history).count("workflow_execution_started") == 1
    return found


def each_once_in_order() -> list[list[str]]:
    return [
        [f"incident/{case}-{number}/surveyed" for number in range(TOLD)] for case in range(CASES)
    ]


async def test_of_several_relays_each_command_is_carried_once_and_in_order(
    gateway: Gateway, client: Client
) -> None:
    fill(gateway)

    await relayed(gateway, client, all_settled(gateway), relays=3)

    assert outcomes(gateway) == ["done"] * (CASES * (1 + TOLD))
    assert await told_in_order(gateway, client) == each_once_in_order()


async def test_when_a_relay_is_killed_while_it_carries_another_takes_over(
    gateway: Gateway, client: Client
) -> None:
    fill(gateway)
    url = gateway.database.engine.url.render_as_string(hide_password=False)
    host = client.service_client.config.target_host
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RELAY, url, host, client.namespace
    )

    try:
        while "done" not in await asyncio.to_thread(outcomes, gateway):
            assert killed.returncode is None, "Expected the relay to carry, but it ended."
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            killed.kill()
        await killed.wait()

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done"] * (CASES * (1 + TOLD))
    assert await told_in_order(gateway, client) == each_once_in_order()


async def test_what_a_relay_carried_and_died_before_it_noted_another_carries_again_to_no_effect(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(SURVEYED)
    dying = Carrier(gateway.database, client, "nobody-at-all")
    [orders] = orders_of(gateway)
    assert [(await dying.carry(order)).outcome for order in orders] == ["done", "done"]

    await relayed(gateway, client, all_settled(gateway))

    assert outcomes(gateway) == ["done", "done"]
    found = await history(gateway, client)
    assert found.count("workflow_execution_started") == 1
    assert found.count("workflow_execution_signaled") == 1


async def test_a_relay_that_wakes_up_after_another_took_over_does_no_harm(
    gateway: Gateway, client: Client
) -> None:
    gateway.take(JOINED)
    gateway.take(SURVEYED)
    frozen = Carrier(gateway.database, client, "nobody-at-all")
    [orders] = orders_of(gateway)
    gateway.take(sent("surveyed", "contact/ana", "incident/printer", "last"))
    await relayed(gateway, client, all_settled(gateway))
    before = await history(gateway, client)

    carried = [await frozen.carry(order) for order in orders]
    with gateway.database.writing() as session:
        write_outcomes(session, carried, gateway.now)
        too_late = [Carried(order, "poisoned", "It came too late.") for order in orders]
        write_outcomes(session, too_late, gateway.now)

    assert await history(gateway, client) == before
    assert outcomes(gateway) == ["done", "done", "done"]
    assert (instance(gateway).status, gateway.rows(RefusedRow)) == ("active", [])
