"""Starting in any order, and stopping with work under way."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.bundles import bring
from dev.run import run_gateway, run_worker
from settings import CannotStart, Settings
from tests.chaos.breaking import answering
from tests.chaos.parcels import BUNDLE, PERSONS, Post, effects, parcels
from tests.chaos.parts import free_port
from tests.chaos.system import System, system, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[System]:
    """A system of which nothing runs yet."""
    async with system(tmp_path) as made:
        yield made


async def test_a_gateway_takes_changes_before_temporal_was_ever_there(parts: System) -> None:
    post = Post(parts.urls)
    await parts.gateway.start()
    async with httpx.AsyncClient(base_url=parts.url, timeout=60) as client:
        await answering(client)
        await bring(BUNDLE, client)
        await post.send(client, PERSONS)
        for changes in parcels(5).values():
            await post.send(client, changes)
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["problems"] == {
            "temporal": "Expected Temporal to answer, but: it cannot be connected to."
        }

    await asyncio.gather(parts.worker.start(), parts.inbox.start())  # the worker waits for Temporal
    await parts.temporal.start()

    await until(lambda: parts.mails.exists() and len(effects(parts.mails).ids) == 5, "5 mails", 90)


async def test_gateway_and_worker_make_one_new_store_at_the_same_time(parts: System) -> None:
    await parts.temporal.start()
    await asyncio.gather(parts.gateway.start(), parts.worker.start())
    async with httpx.AsyncClient(base_url=parts.url, timeout=60) as client:
        await answering(client)
        problems = {"not": "asked"}
        async with asyncio.timeout(60):
            while problems:
                problems = (await client.get("/readyz")).json().get("problems", {})

    assert parts.said("gateway") + parts.said("worker") == ""


async def test_told_to_stop_with_work_under_way_both_end_well_and_go_on_later(
    parts: System,
) -> None:
    await asyncio.gather(*(each.start() for each in parts.parts.values()))
    post, chance = Post(parts.urls), random.Random(1)  # noqa: S311 - no secret
    async with httpx.AsyncClient(base_url=parts.url, timeout=60) as client:
        await answering(client)
        await bring(BUNDLE, client)
        await post.send(client, PERSONS)

    async with asyncio.TaskGroup() as both:
        both.create_task(post.send_all(parcels(20), chance))
        await until(lambda: len(post.answered) > len(PERSONS) + 20, "some changes", 60)
        ended = await asyncio.gather(parts.gateway.stop(), parts.worker.stop())
        await asyncio.gather(parts.gateway.start(), parts.worker.start())

    assert set(ended) == {0}
    await until(lambda: len(effects(parts.mails).ids) == 20, "20 mails", 90)
    assert effects(parts.mails).repeated == 0
    assert "Traceback" not in parts.said("gateway")


async def test_a_worker_waits_for_temporal_only_so_long(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        TEMPORAL_ADDRESS=f"127.0.0.1:{free_port()}",
        smtp_host="127.0.0.1",
    )

    with pytest.raises(CannotStart, match=r"^Expected Temporal at 127\.0\.0\.1:.*TEMPORAL_ADDRESS"):
        await run_worker(settings, patience=0)


async def test_a_worker_that_waits_for_temporal_ends_when_it_is_told_to(parts: System) -> None:
    await parts.worker.start()
    store = parts.folder / "sojourn.db"
    await until(lambda: store.exists() and store.stat().st_size > 0, "a store", 60)

    assert await parts.worker.stop() == 0


@pytest.mark.parametrize("start", [run_gateway, run_worker], ids=["a gateway", "a worker"])
async def test_it_waits_for_the_database_only_so_long(
    tmp_path: Path, start: Callable[[Settings, float], Coroutine[Any, Any, None]]
) -> None:
    port = free_port()
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"postgresql://sojourn:secret@127.0.0.1:{port}/sojourn",
        smtp_host="127.0.0.1",
    )

    with pytest.raises(CannotStart) as said:
        await start(settings, 0)

    assert str(said.value).startswith(
        "Expected the database to answer within 0 seconds (SOJOURN_DATABASE_URL), but: "
    )
    assert str(port) in str(said.value)
    assert "secret" not in str(said.value)


async def test_gateways_and_worker_wait_for_a_database_that_starts_after_them(
    tmp_path: Path,
) -> None:
    async with system(tmp_path, "postgresql") as parts:
        assert parts.postgresql is not None
        await asyncio.gather(parts.temporal.start(), parts.postgresql.kill())
        ours = [name for name in parts.parts if "gateway" in name or name == "worker"]
        await asyncio.gather(*(parts.parts[name].start() for name in ours))
        waiting = "the database cannot be reached yet"
        await until(lambda: all(waiting in parts.said(name) for name in ours), waiting, 60)

        await parts.postgresql.start()

        for url in parts.urls:
            async with httpx.AsyncClient(base_url=url, timeout=60) as client:
                await answering(client)
                assert (await client.post("/v1/changes", json=PERSONS)).is_success


async def test_a_gateway_that_waits_for_its_database_ends_when_it_is_told_to(
    tmp_path: Path,
) -> None:
    url = f"postgresql://sojourn@127.0.0.1:{free_port()}/sojourn"
    async with system(tmp_path, SOJOURN_DATABASE_URL=url) as parts:
        await parts.gateway.start()
        waiting = "the database cannot be reached yet"
        await until(lambda: waiting in parts.said("gateway"), waiting, 60)

        assert await parts.gateway.stop() == 0
