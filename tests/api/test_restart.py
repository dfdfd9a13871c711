"""PostgreSQL goes away under load, or has no connection left: nothing is lost, and it is said."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import psycopg
import pytest
from sqlmodel import func, select
from temporalio.client import Client

from api.app import create_app
from api.serving import running_gateway
from store.database import Database
from store.inbox import InboxRow
from store.records import RecordRow
from tests.postgresql import PostgreSQL
from worker import TASK_QUEUE

pytestmark = pytest.mark.slow

SENDERS, EACH = 6, 40


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A server that is nobody else's."""
    with PostgreSQL() as started:
        yield started


@pytest.fixture
def database(server: PostgreSQL) -> Iterator[Database]:
    """A store in it."""
    with server.opened() as opened:
        yield opened


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with its relay, whose Temporal is away."""
    client = await Client.connect("127.0.0.1:9", lazy=True)
    async with running_gateway(client, database, TASK_QUEUE, base_url="http://gateway") as running:
        transport = httpx.ASGITransport(create_app(running))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield http


def change(name: str) -> dict[str, object]:
    return {
        "id": name, "table": "contact", "record_id": name, "operation": "create",
        "values": {"firstname": name},
    }  # fmt: skip


async def is_well(gateway: httpx.AsyncClient) -> bool:
    """Say whether the gateway finds its database well."""
    return "database" not in (await gateway.get("/readyz")).json()["problems"]


async def test_a_restart_under_load_loses_nothing_and_takes_nothing_twice(
    gateway: httpx.AsyncClient, database: Database, server: PostgreSQL
) -> None:
    statuses: list[int] = []
    halfway, stopped = asyncio.Event(), asyncio.Event()

    async def send_all(sender: int) -> None:
        for number in range(EACH):
            if number == EACH // 2:
                halfway.set()
            while True:
                answer = await gateway.post("/v1/changes", json=change(f"p{sender}-{number}"))
                statuses.append(answer.status_code)
                if answer.status_code == 200:
                    break
                assert answer.headers["retry-after"] == "1"
                await stopped.wait()

    assert await is_well(gateway)
    sending = [asyncio.create_task(send_all(sender)) for sender in range(SENDERS)]
    await halfway.wait()
    await asyncio.to_thread(server.stop)
    assert not await is_well(gateway)
    await asyncio.to_thread(server.start)
    stopped.set()
    await asyncio.gather(*sending)

    assert set(statuses) == {200, 503}
    assert await is_well(gateway)
    with database.reading() as session:
        for kind in (InboxRow, RecordRow):
            assert session.exec(select(func.count()).select_from(kind)).one() == SENDERS * EACH


def connect_until_refused(url: str, others: ExitStack) -> None:
    while True:
        others.enter_context(psycopg.connect(url))


async def test_without_a_connection_left_it_is_to_be_sent_again(
    gateway: httpx.AsyncClient, database: Database
) -> None:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with ExitStack() as others:
        for _ in range(2):  # the relay may be as quick to take the first one that is free
            database.engine.dispose()
            with pytest.raises(psycopg.OperationalError, match="too many clients"):
                connect_until_refused(url, others)

        answer = await gateway.post("/v1/changes", json=change("ana"))
        well = await is_well(gateway)

    assert (answer.status_code, answer.headers["retry-after"], well) == (503, "1", False)
    assert (await gateway.post("/v1/changes", json=change("ana"))).json()["accepted"] == 1
    assert await is_well(gateway)
