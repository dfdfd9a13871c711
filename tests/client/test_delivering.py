"""What a program tells by the client reaches the gateway: nothing is lost, and nothing counts twice."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from sojourn_client import (
    AsyncSojourn,
    Delivered,
    Full,
    GatewayProblem,
    Limits,
    NotDelivered,
    Refused,
    Sojourn,
)
from tests.api.conftest import Asked
from tests.client.speaking import ONLY_FLUSHED, Speaker, Speaking, by_tasks, by_threads
from tests.client.unreliable import Answers, Cuts, Unreliable

BOTH = pytest.mark.parametrize(
    "speaks", [pytest.param(by_threads, id="threads"), pytest.param(by_tasks, id="tasks")]
)
AWAY = Answers(503, {"retry-after": "7200"})


async def tells(client: Speaker, count: int = 3) -> None:
    """Resolve Ana's case, and fire a trigger for her *count* times."""
    await client.does("change", "incident", "k1", "update", {"statuscode": 5})
    for number in range(count):
        await client.does("fire", "cart-abandoned", "contact/ana", {"total": number})


@pytest.fixture
async def shop(live: Asked) -> Asked:
    """The gateway with a custom trigger that is ready."""
    await live.put(
        "/triggers/cart-abandoned", {"kind": "custom", "attributes": {"total": "number"}}
    )
    await live.post("/triggers/cart-abandoned/ready")
    return live


async def fired(shop: Asked) -> tuple[int, int]:
    """Return how often the case was resolved and the cart was abandoned."""
    names = ("case-resolved", "cart-abandoned")
    first, second = [(await shop.get(f"/triggers/{name}"))["fired_count"] for name in names]
    return first, second


@BOTH
@pytest.mark.parametrize(
    ("done", "delivered"),
    [
        pytest.param([], Delivered(4, 0, ()), id="when all is well"),
        pytest.param([Answers(503)], Delivered(4, 0, ()), id="after a 503"),
        pytest.param(
            [Answers(429, {"retry-after": "7"})], Delivered(4, 0, ()), id="after a 429"
        ),
        pytest.param([Answers(502), Answers(500)], Delivered(4, 0, ()), id="after a proxy's errors"),
        pytest.param([Cuts(taken=False)], Delivered(4, 0, ()), id="after a cut before it was taken"),
        pytest.param([Cuts(taken=True)], Delivered(3, 1, ()), id="after a cut once it was taken"),
        pytest.param(
            [Cuts(taken=True), Cuts(taken=True), Cuts(taken=False), Answers(503)],
            Delivered(3, 1, ()),
            id="after all of it",
        ),
    ],
)  # fmt: skip
async def test_everything_counts_once(
    shop: Asked, unreliable: Unreliable, speaks: Speaking, done: list[Any], delivered: Delivered
) -> None:
    unreliable.done.extend(done)
    client = speaks(unreliable.url)

    await tells(client)
    said = await client.does("flush")
    await client.does("close")

    assert said == delivered
    assert await fired(shop) == (1, 3)
    assert (await shop.get("/refused"))["items"] == []


@BOTH
async def test_what_goes_together_is_one_request_for_each_route_in_its_order(
    shop: Asked, unreliable: Unreliable, speaks: Speaking
) -> None:
    client = speaks(unreliable.url)
    await client.does("fire", "cart-abandoned", "contact/ana", {"total": 1})
    await tells(client, 2)

    await client.does("close")

    sizes = [(path, len(json.loads(content))) for path, _, content in unreliable.came]
    assert sizes == [("/v1/events", 1), ("/v1/changes", 1), ("/v1/events", 2)]


@BOTH
async def test_it_is_tried_again_ever_later_and_never_before_the_gateway_said(
    shop: Asked, unreliable: Unreliable, speaks: Speaking
) -> None:
    again = Answers(429, {"retry-after": "7"})
    unreliable.done.extend([Answers(503), Answers(503), Cuts(taken=False), again])
    client = speaks(unreliable.url)
    await tells(client, 0)

    await client.does("close")

    assert client.outside.pauses == [0.5, 1.0, 2.0, 7.0]


@BOTH
async def test_what_cannot_be_delivered_is_handed_back_and_sent_again_counts_once(
    shop: Asked, unreliable: Unreliable, speaks: Speaking
) -> None:
    unreliable.done.extend([Cuts(taken=True), AWAY])
    client = speaks(unreliable.url)
    await tells(client, 2)

    with pytest.raises(NotDelivered, match=r"3 could not be and 0 refused") as raised:
        await client.does("close", within=5)
    unreliable.done.clear()
    assert await fired(shop) == (1, 0)  # it was taken in before the connection was cut
    later = speaks(unreliable.url)
    for item in raised.value.items:
        await later.does("change" if item.route == "/v1/changes" else "fire", **item.body)
    said = await later.does("flush")
    await later.does("close")

    assert isinstance(raised.value.__cause__, GatewayProblem)
    assert said == Delivered(2, 1, ())
    assert await fired(shop) == (1, 2)


@BOTH
async def test_what_a_flush_could_not_deliver_waits_for_the_next(
    shop: Asked, unreliable: Unreliable, speaks: Speaking
) -> None:
    unreliable.done.append(AWAY)
    client = speaks(unreliable.url)
    await tells(client, 1)

    with pytest.raises(NotDelivered) as raised:
        await client.does("flush", within=60)
    with pytest.raises(NotDelivered) as again:
        await client.does("close", within=60)

    assert [item.id for item in again.value.items] == [item.id for item in raised.value.items]
    assert len(unreliable.came) == 1  # not before the gateway said


@BOTH
async def test_nobody_there_is_said_as_such(speaks: Speaking) -> None:
    client = speaks("http://127.0.0.1:9")
    await tells(client, 0)

    with pytest.raises(NotDelivered) as raised:
        await client.does("close", within=5)

    assert isinstance(raised.value.__cause__, httpx.ConnectError)


@BOTH
async def test_what_the_gateway_refuses_comes_with_the_flush(
    shop: Asked, served: str, speaks: Speaking
) -> None:
    client = speaks(served)
    await tells(client, 1)
    named = await client.does("change", "pet", "rex", "create", {})

    said = await client.does("flush")
    await client.does("close")

    [refused] = said.refused
    assert (said.accepted, refused.item.id) == (2, named)
    assert refused.problem == "Expected a table that is declared, but 'pet' is none."
    assert [each["path"] for each in refused.problems] == ["/table"]


@BOTH
async def test_what_the_gateway_refuses_is_told_to_the_callback_and_to_nobody_else(
    served: str, live: Asked, speaks: Speaking
) -> None:
    told: list[Refused] = []
    client = speaks(served, on_refused=told.append)
    named = await client.does("change", "pet", "rex", "create", {})

    said = await client.does("flush")
    await client.does("close")

    assert said == Delivered(0, 0, ())
    assert [each.item.id for each in told] == [named]


@BOTH
async def test_what_was_refused_and_nobody_was_told_of_is_raised_at_the_end(
    served: str, live: Asked, speaks: Speaking
) -> None:
    client = speaks(served)
    await client.does("change", "pet", "rex", "create", {})

    with pytest.raises(NotDelivered, match="0 could not be and 1 refused: Expected a table"):
        await client.does("close")


@BOTH
async def test_a_callback_that_raises_is_heard_of(
    served: str, live: Asked, speaks: Speaking
) -> None:
    def fails(refused: Refused) -> None:
        raise LookupError("no place for what was refused")

    client = speaks(served, on_refused=fails)
    await client.does("change", "pet", "rex", "create", {})

    with pytest.raises(NotDelivered, match="1 refused: no place") as raised:
        await client.does("close")
    assert isinstance(raised.value.__cause__, LookupError)


@BOTH
async def test_one_that_the_gateway_cannot_even_read_spoils_no_other(
    shop: Asked, unreliable: Unreliable, speaks: Speaking
) -> None:
    deep: Any = 1
    for _ in range(120):
        deep = [deep]
    client = speaks(unreliable.url)
    await client.does("fire", "cart-abandoned", "contact/ana", {"total": 1})
    named = await client.does("fire", "cart-abandoned", "contact/ana", {"total": deep})
    await client.does("fire", "cart-abandoned", "contact/ana", {"total": 2})

    said = await client.does("flush")
    await client.does("close")

    assert said.accepted == 2
    assert [each.item.id for each in said.refused] == [named]
    assert "levels" in said.refused[0].problem


@BOTH
async def test_a_wrong_key_is_said_at_once_and_again_to_whoever_sends_more(
    live: Asked, served: str, speaks: Speaking
) -> None:
    await live.post("/keys", {"name": "root", "scopes": ["admin"]}, status=201)
    client = speaks(served, key="sj_wrong")
    await client.does("change", "incident", "k1", "update", {"statuscode": 5})

    with pytest.raises(NotDelivered) as flushed:
        await client.does("flush")
    with pytest.raises(GatewayProblem, match="Expected a key") as raised:
        await client.does("change", "incident", "k1", "update", {"statuscode": 5})
    with pytest.raises(NotDelivered) as closed:
        await client.does("close")

    assert raised.value.status == 401
    assert raised.value.body["title"] == "Unauthorized"
    assert [len(each.value.items) for each in (flushed, closed)] == [1, 1]


@BOTH
async def test_a_signed_key_is_signed_with(
    shop: Asked, unreliable: Unreliable, speaks: Speaking
) -> None:
    made = await shop.post(
        "/keys", {"name": "crm", "scopes": ["ingest"], "signed": True}, status=201
    )
    unreliable.done.append(Cuts(taken=True))
    client = speaks(unreliable.url, key=made["key"], signing_secret=made["signing_secret"])
    await client.does("change", "incident", "k1", "update", {"statuscode": 5})

    said = await client.does("flush")
    await client.does("close")

    assert said == Delivered(0, 1, ())
    first, second = (headers["webhook-id"] for _, headers, _ in unreliable.came)
    assert first == second


@BOTH
async def test_without_room_it_says_so_or_waits(
    shop: Asked, unreliable: Unreliable, speaks: Speaking
) -> None:
    tight = Limits(seconds=ONLY_FLUSHED.seconds, waiting=1, count=1)
    unreliable.done.append(AWAY)
    raising = speaks(unreliable.url, limits=tight, block=False)
    await tells(raising, 0)
    with pytest.raises(Full, match="too much waits"):
        await tells(raising, 0)
    with pytest.raises(NotDelivered):
        await raising.does("close", within=60)

    unreliable.done.clear()
    waiting = speaks(unreliable.url, limits=tight)
    await tells(waiting, 3)
    said = await waiting.does("flush")
    await waiting.does("close")

    assert said == Delivered(4, 0, ())
    assert await fired(shop) == (1, 3)


@BOTH
async def test_what_is_no_gateway_takes_nothing_away(
    unreliable: Unreliable, speaks: Speaking
) -> None:
    unreliable.done.append(Answers(200, {"content-type": "text/html"}, b"<h1>It works!</h1>"))
    client = speaks(unreliable.url)
    await tells(client, 0)

    with pytest.raises(NotDelivered, match="is not a gateway's"):
        await client.does("close")


@BOTH
async def test_after_the_end_nothing_is_taken(live: Asked, served: str, speaks: Speaking) -> None:
    client = speaks(served)
    await client.does("close")
    await client.does("close")

    with pytest.raises(RuntimeError, match="Expected a client that is open"):
        await tells(client, 0)


async def test_leaving_the_block_delivers(shop: Asked, served: str) -> None:
    def by_thread() -> None:
        with Sojourn(served) as client:
            client.fire("cart-abandoned", "contact/ana", {"total": 1})

    await asyncio.to_thread(by_thread)
    async with AsyncSojourn(served) as client:
        await client.fire("cart-abandoned", "contact/ana", {"total": 2})

    assert await fired(shop) == (0, 2)


async def test_threads_share_a_client(shop: Asked, served: str) -> None:
    client = by_threads(served)

    await asyncio.gather(*(tells(client, 10) for _ in range(4)))
    said = await client.does("flush")
    await client.does("close")

    assert said == Delivered(44, 0, ())
    assert await fired(shop) == (1, 40)


@pytest.mark.slow
async def test_a_program_that_forgets_to_close_delivers_at_its_end(
    shop: Asked, served: str
) -> None:
    program = (
        "from sojourn_client import Sojourn\n"
        f"Sojourn({served!r}).fire('cart-abandoned', 'contact/ana', {{'total': 1}})\n"
    )
    command = [sys.executable, "-c", program]

    said = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)

    assert said.stderr == b""
    assert await fired(shop) == (0, 1)
