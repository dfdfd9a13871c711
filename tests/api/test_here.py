"""While nobody needs a key: a browser's pages from elsewhere get nothing and change nothing."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter

from api.app import create_app
from api.door.door import from_within
from store.database import Database
from store.keys import create_key
from tests.api.conftest import Asked, gateway_over
from tests.api.guarded import ANA, NOON


@pytest.fixture
async def browser(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the machine of a gateway with an inbox, for which no key is ever needed."""
    router = APIRouter()
    router.get("/inbox")(lambda: "mails")
    app = create_app(gateway_over(database, []), router, keyless=("/inbox",))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        yield http


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("localhost", 200, id="localhost"),
        pytest.param("LOCALHOST.:8000", 200, id="localhost in full, with a port"),
        pytest.param("sojourn.localhost:8000", 200, id="a name below localhost"),
        pytest.param("127.0.0.1:8000", 200, id="an address of this machine"),
        pytest.param("127.8.9.1", 200, id="another address of this machine"),
        pytest.param("[::1]:8000", 200, id="its address in IPv6"),
        pytest.param("evil.example", 421, id="a name that was made to point here"),
        pytest.param("localhost.evil.example", 421, id="one that begins like this machine"),
        pytest.param("evillocalhost", 421, id="one that ends like it"),
        pytest.param("127.0.0.1.evil.example:8000", 421, id="one that begins like its address"),
        pytest.param("127.0.0.1@evil.example", 421, id="one behind a user"),
        pytest.param("192.168.1.7:8000", 421, id="an address others have"),
        pytest.param("[::1", 421, id="half an address"),
        pytest.param("", 421, id="nothing"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/tables", "/v1/nothing", "/inbox"])
async def test_without_a_key_only_this_machine_is_asked(
    browser: httpx.AsyncClient, path: str, host: str, status: int
) -> None:
    answer = await browser.get(path, headers={"host": host})

    assert answer.status_code == (404 if status == 200 and path == "/v1/nothing" else status)
    if status == 421:
        assert answer.json()["detail"] == (
            "Expected Host to be this machine (localhost, 127.0.0.1) while no key is needed, "
            f"but it is {host!r}."
        )


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param(None, 200, id="no page"),
        pytest.param("http://localhost:8000", 200, id="its own page"),
        pytest.param("http://127.0.0.1:3000", 200, id="a page of this machine"),
        pytest.param("https://evil.example", 403, id="a page from elsewhere"),
        pytest.param("http://localhost.evil.example", 403, id="one that begins like this machine"),
        pytest.param("null", 403, id="a page that hides where it is from"),
    ],
)
async def test_without_a_key_no_page_from_elsewhere_sends_anything(
    browser: httpx.AsyncClient, origin: str | None, status: int
) -> None:
    # What a form of any page can post, without asking anybody first.
    headers = {"content-type": "text/plain"} | ({} if origin is None else {"origin": origin})
    answer = await browser.post("/v1/changes", json=ANA, headers=headers)

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["detail"] == (
            f"Expected a page of this machine to ask while no key is needed, but it is {origin!r}."
        )
    assert (await browser.get("/v1/tables/contact/records/ana")).status_code == (
        200 if status == 200 else 404
    )


async def test_who_has_a_key_may_ask_by_any_name_and_from_any_page(
    browser: httpx.AsyncClient, database: Database
) -> None:
    key, _ = database.write(lambda session: create_key(session, "root", ["admin"], NOON))
    headers = {"host": "sojourn.example", "origin": "https://crm.example", "x-api-key": key}

    assert (await browser.get("/v1/tables", headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json"])
async def test_what_is_the_same_everywhere_is_answered_by_any_name(
    browser: httpx.AsyncClient, path: str
) -> None:
    assert (await browser.get(path, headers={"host": "10.0.0.7:8000"})).status_code == 200


async def test_the_inbox_is_for_this_machine_once_there_are_keys_too(
    browser: httpx.AsyncClient, database: Database
) -> None:
    database.write(lambda session: create_key(session, "root", ["admin"], NOON))

    assert (await browser.get("/inbox")).status_code == 200
    assert (await browser.get("/inbox", headers={"host": "evil.example"})).status_code == 421


async def test_the_process_itself_may_ask_by_any_name(asked: Asked) -> None:
    transport = httpx.ASGITransport(from_within(create_app(gateway_over(asked.database, []))))
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn") as within:
        assert (await within.get("/v1/tables")).status_code == 200
