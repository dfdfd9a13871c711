"""What comes often, or in the same moment, over HTTP; on PostgreSQL by two gateways."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlmodel import select

from store.database import Database
from store.instances import InstanceRow
from tests.chaos.course import begin
from tests.chaos.parcels import IN_ORDER, SCANS, AsyncClients, Change, Post, effects, parcels
from tests.chaos.system import System, system, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PARCELS = 20


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """A system of processes, for all stories."""
    async with system(tmp_path_factory.mktemp("at-once"), request.param) as made:
        await begin(made)
        yield made


@pytest.fixture
def post(running: System) -> Post:
    """A sender who knows all gateways."""
    return Post(running.urls)


async def each_has_one_effect(running: System, names: set[str]) -> None:
    """Fail unless each parcel of these *names* is one instance and one mail, scanned in order."""
    await until(
        lambda: running.mails.exists() and names <= effects(running.mails).ids.keys(), "mails", 90
    )
    found = effects(running.mails)
    assert {name: found.subjects[name] for name in names} == {name: {IN_ORDER} for name in names}
    assert {name: len(found.ids[name]) for name in names} == dict.fromkeys(names, 1)
    assert found.repeated == 0
    store = Database(running.database_url)
    with store.reading() as session:
        bindings = Counter(session.exec(select(InstanceRow.binding)))
    store.close()
    assert {name: bindings[f"parcel/{name}"] for name in names} == dict.fromkeys(names, 1)


async def test_what_four_senders_deliver_five_times_each_at_once_has_one_effect(
    running: System, post: Post
) -> None:
    [changes] = parcels(1, "often").values()

    for change in changes:
        await post.send_often(change)

    assert post.statuses == {200: 4 * 5 * len(changes)}
    assert post.accepted == {change["id"]: 1 for change in changes}
    await each_has_one_effect(running, {"often-0"})


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(1 + SCANS, id="in the same request"),
        pytest.param(1, id="in requests of their own"),
    ],
)
async def test_updates_on_the_heels_of_a_creation_are_told_to_the_one_instance_in_order(
    running: System, post: Post, each: int
) -> None:
    sent = parcels(PARCELS, f"heels-by-{each}")

    async def send(changes: list[Change]) -> None:
        dated = [
            change | {"occurred_at": f"2026-11-24T09:00:00.0{at}0Z"}
            for at, change in enumerate(changes)
        ]
        requests = [dated[at : at + each] for at in range(0, len(dated), each)]
        async with AsyncClients(running.urls, len(requests)) as clients:
            for client, request in zip(clients, requests, strict=True):  # by all gateways
                await post.send(client, request)

    await asyncio.gather(*map(send, sent.values()))

    assert set(post.statuses) == {200}
    await each_has_one_effect(running, set(sent))
