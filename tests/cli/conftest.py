"""A gateway for the `sojourn` command to speak to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

from api.app import create_app
from api.serving import listening_socket, running_gateway, serve
from store.database import Database
from store.schema import upgrade
from worker import TASK_QUEUE


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[str]:
    """The address of a gateway whose Temporal is away: commands wait in the outbox."""
    async with serving(database) as url:
        yield url


@pytest.fixture
async def other_gateway(tmp_path: Path) -> AsyncIterator[str]:
    """The address of another one, with a store of its own."""
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(database)
    async with serving(database) as url:
        yield url
    database.close()


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[str]:
    client = await Client.connect("127.0.0.1:9", lazy=True)
    stop = asyncio.Event()
    with listening_socket("127.0.0.1", 0) as bound:
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        async with running_gateway(client, database, TASK_QUEUE, base_url=url) as running:
            serving = asyncio.create_task(serve(create_app(running), bound, stop))
            yield url
            stop.set()
            await serving
