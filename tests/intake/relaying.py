"""Letting relays run, and reading what became of the commands and what Temporal has of them."""

import asyncio
import uuid
from collections.abc import Callable

from sqlmodel import col, select
from temporalio.client import Client

from api.carrying import Order, orders_waiting
from api.relay import Relay
from store.commands import CommandRow, backlog
from store.instances import InstanceRow, instances
from tests.engine.histories import events, named
from tests.intake.conftest import Gateway
from tests.story import sent

JOINED = sent("joined", "contact/ana", "incident/printer")
SURVEYED = sent("surveyed", "contact/ana", "incident/printer")


async def relayed(
    gateway: Gateway, client: Client, until: Callable[[], bool], relays: int = 1
) -> None:
    """Let relays run that are started anew, until *until* holds."""
    queue = f"nobody-{uuid.uuid4()}"
    made = [Relay(gateway.database, client, queue) for _ in range(relays)]
    running = [asyncio.create_task(relay.run(gateway.gives_up)) for relay in made]
    # A store tells nobody; asked in a thread, it leaves the loop to the relays.
    while not await asyncio.to_thread(until) and not any(each.done() for each in running):
        pass
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def outcomes(gateway: Gateway) -> list[str | None]:
    """Return what became of the commands, in order."""
    with gateway.database.reading() as session:
        query = select(CommandRow.outcome).order_by(col(CommandRow.id))
        return list(session.exec(query).all())


def all_settled(gateway: Gateway) -> Callable[[], bool]:
    def settled() -> bool:
        with gateway.database.reading() as session:
            return not backlog(session).waiting

    return settled


def orders_of(gateway: Gateway) -> list[list[Order]]:
    """Return what waits to be carried."""
    with gateway.database.reading() as session:
        return orders_waiting(session, 500, ())


def instance(gateway: Gateway) -> InstanceRow:
    """Return the one instance."""
    with gateway.database.reading() as session:
        [row] = instances(session)
    return row


async def history(gateway: Gateway, client: Client) -> list[str]:
    """Return what kinds of events Temporal has of the one instance."""
    return named(await events(client.get_workflow_handle(instance(gateway).workflow_id)))
