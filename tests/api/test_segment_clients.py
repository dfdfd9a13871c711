"""The libraries of Segment and RudderStack, unmodified: what an application calls gets here once."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.app import create_app
from api.gateway import clock
from api.intake import Intake
from store.database import Database
from tests.api.conftest import Asked, gateway_over
from tests.clients.calling import LIBRARIES, Call, Library, declared
from tests.endpoint import listening

pytestmark = pytest.mark.slow
of_each = pytest.mark.parametrize("library", LIBRARIES, ids=str)

WRITE_KEY = "wk_7d1f0c8e5b"
SHOP, COMPLETED, _ = declared(WRITE_KEY)
CALLS: dict[str, Call] = {
    "identify": ("identify", {"userId": "ana", "traits": {"email": "ana@example.org"}}),
    "track": ("track", {"userId": "ana", "event": "Order Completed", "properties": {"total": 7}}),
}


@dataclass
class Line:
    """The way to the gateway. It can lose what the gateway answers: then the sender hears 503."""

    app: ASGIApp
    url: str = ""
    losing: int = 0
    heard: list[Headers] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.heard.append(Headers(scope=scope))
        if self.losing == 0:
            await self.app(scope, receive, send)
            return
        self.losing -= 1

        async def lost(message: Message) -> None:
            return

        await self.app(scope, receive, lost)
        await JSONResponse({}, 503)(scope, receive, send)


@dataclass
class Shop:
    """A gateway with the source of a shop and a trigger, and the way to it."""

    asked: Asked
    line: Line

    async def runs(self, library: Library, program: str, write_key: str = WRITE_KEY) -> str:
        return await library.run(program, self.line.url, write_key)

    async def fired(self) -> int:
        return int((await self.asked.get("/triggers/order-completed"))["fired_count"])

    async def person(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.asked.get("/tables/contact/records/ana"))["values"]
        return found


@pytest.fixture
def database_kind() -> str:
    """Which database it is makes no difference to them."""
    return "sqlite"


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    intake = Intake(database, clock, lambda: None, wait_for_person=timedelta(hours=1))
    line = Line(create_app(replace(gateway_over(database, []), intake=intake)))
    config = uvicorn.Config(line, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        serving = asyncio.create_task(server.serve([listening]))
        transport = httpx.ASGITransport(line.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            asked = Asked(http, database)
            await asked.put("/sources/web-shop", SHOP)
            await asked.put("/triggers/order-completed", COMPLETED)
            await asked.post("/triggers/order-completed/ready")
            yield Shop(asked, line)
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving


@of_each
@pytest.mark.parametrize("losing", [0, 2], ids=["at once", "after two answers were lost"])
async def test_what_the_page_shows_arrives_once(shop: Shop, library: Library, losing: int) -> None:
    shop.line.losing = losing

    said = await shop.runs(library, library.shown)

    source = await shop.asked.get("/sources/web-shop")
    assert [source[each] for each in ("accepted", "refused", "ignored")] == [3, 0, 0], said
    assert source["duplicates"] >= losing
    assert await shop.fired() == 1
    person = await shop.person()
    assert (person["emailaddress1"], person["firstname"]) == ("ana@example.org", "Ana")
    account = await shop.asked.get("/tables/account/records/acme")
    assert account["values"]["name"] == "Acme"


@of_each
async def test_who_is_identified_again_is_updated(shop: Shop, library: Library) -> None:
    more = ("identify", {"userId": "ana", "traits": {"firstName": "Anna", "plan": "gold"}})

    await shop.runs(library, library.making(CALLS["identify"]))
    await shop.runs(library, library.making(more))

    person = await shop.person()
    assert (person["emailaddress1"], person["firstname"]) == ("ana@example.org", "Anna")
    assert "plan" not in person


@of_each
@pytest.mark.parametrize("first", ["identify", "track"])
async def test_a_track_may_come_before_its_person(shop: Shop, library: Library, first: str) -> None:
    calls = sorted(CALLS, key=lambda name: name != first)

    await shop.runs(library, library.making(*(CALLS[name] for name in calls)))

    assert await shop.fired() == 1
    # RudderStack's library for Node sends its first call at once, and the others together.
    assert len(shop.line.heard) == (2 if library.title == "RudderStack for Node" else 1)
    assert (await shop.asked.get("/refused"))["items"] == []


@of_each
async def test_a_wrong_write_key_takes_nothing_in_and_is_given_up(
    shop: Shop, library: Library
) -> None:
    await shop.runs(library, library.making(*CALLS.values()), write_key="wk_another")

    assert len(shop.line.heard) == 1
    assert (await shop.asked.get("/tables/contact/records"))["items"] == []
    assert await shop.fired() == 0
    assert (await shop.asked.get("/refused"))["items"] == []


@of_each
async def test_calls_arrive_packed_where_the_library_packs(shop: Shop, library: Library) -> None:
    program = library.making(CALLS["identify"]).replace(
        'host="http://127.0.0.1:8000"', 'host="http://127.0.0.1:8000", gzip=True'
    )

    await shop.runs(library, program)

    packs = library.title != "Segment for Node"
    assert [each.get("content-encoding") for each in shop.line.heard] == ["gzip" if packs else None]
    assert (await shop.person())["emailaddress1"] == "ana@example.org"


OAUTH = """
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

made = rsa.generate_private_key(65537, 2048)
pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
oauth = {"oauth_client_id": "shop", "oauth_client_key": pem, "oauth_key_id": "1"}
oauth["oauth_auth_server"] = "AUTH_SERVER"
"""


@pytest.mark.parametrize(
    ("tokens", "arrived"),
    [
        pytest.param([], 1, id="where the source has no tokens"),
        pytest.param(["of-the-shop"], 1, id="where it is one of the source's"),
        pytest.param(["another"], 0, id="where it is none of the source's"),
    ],
)
async def test_a_token_goes_before_the_write_key(
    shop: Shop, tokens: list[str], arrived: int
) -> None:
    credentials = [*SHOP["credentials"], *({"kind": "bearer", "token": each} for each in tokens)]
    await shop.asked.put("/sources/web-shop", SHOP | {"credentials": credentials}, status=200)
    segment = LIBRARIES[0]
    with listening() as issuer:
        issuer.answer(200, {"access_token": "of-the-shop", "expires_in": 3600})
        program = segment.making(CALLS["identify"]).replace('8000"', '8000", **oauth')

        said = await shop.runs(segment, OAUTH.replace("AUTH_SERVER", issuer.url) + program)

    assert shop.line.heard[0]["authorization"] == "Bearer of-the-shop", said
    people = (await shop.asked.get("/tables/contact/records"))["items"]
    assert len(people) == arrived
