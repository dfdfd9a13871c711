"""Temporal's UI behind our port: everything passes through, and one page opens the instances."""

import asyncio
import base64
import hashlib
import json
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from api.serving import serve
from dev.temporal_ui import COLUMNS, RUNNING, temporal_ui
from settings import CannotStart
from workflows.attributes import WANTED

ROOT = Path(__file__).parents[2]
GONE = "Expected Temporal's UI to answer, but it does not: it is starting, or it has stopped.\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Upstream:
    """A small UI: it says what it was asked, and can be stopped."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.more = asyncio.Event()
        self.stop = asyncio.Event()
        self.app.add_api_route("/redirect", self.redirect)
        self.app.add_api_route("/slow", self.slow)
        self.app.add_api_route("/{path:path}", self.echo, methods=["GET", "POST", "PUT", "DELETE"])

    async def echo(self, request: Request) -> Response:
        said = {
            "method": request.method,
            "target": (request.scope["raw_path"] + b"?" + request.scope["query_string"]).decode(),
            "headers": [(k.decode(), v.decode()) for k, v in request.headers.raw],
            "body": (await request.body()).decode(),
        }
        answer = Response(json.dumps(said), 418, {"X-Frame-Options": "SAMEORIGIN"})
        answer.set_cookie("_csrf", "1", samesite="strict")
        answer.set_cookie("session", "2")
        return answer

    def redirect(self, request: Request) -> RedirectResponse:
        return RedirectResponse(request.url_for("redirect"), 302)

    def slow(self) -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "first"
            await self.more.wait()
            yield "second"

        return StreamingResponse(parts())


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.more.set()
    upstream.stop.set()


@pytest.fixture
async def browser(upstream: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    async with temporal_ui(port=free_port(), namespace="journeys") as ui:
        bound = socket.create_server(("127.0.0.1", ui.port))
        serving = asyncio.create_task(serve(upstream.app, bound, upstream.stop))
        async with httpx.AsyncClient(base_url=ui.instances.removesuffix("/sojourn")) as browser:
            yield browser
        upstream.stop.set()
        await serving


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_a_request_reaches_the_ui_as_it_was_sent(
    browser: httpx.AsyncClient, method: str
) -> None:
    target = "/api/v1/workflows/survey%2Fcontact%2Fana/1?query=Tile%3D%22a+b%22&empty="
    headers = {"X-CSRF-Token": "1", "Cookie": "_csrf=1", "Origin": "http://127.0.0.1:8233"}

    said = (await browser.request(method, target, headers=headers, content='{"a": "ü"}')).json()

    assert (said["method"], said["target"]) == (method, target)
    assert said["body"] == '{"a": "ü"}'
    received = dict(said["headers"])
    assert {name: received[name.lower()] for name in headers} == headers
    assert received["host"] == browser.base_url.netloc.decode()


async def test_a_body_of_unknown_length_is_passed_on(browser: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one,"
        yield b"two"

    assert (await browser.post("/signal", content=parts())).json()["body"] == "one,two"


async def test_a_request_without_a_body_gets_none_on_its_way(browser: httpx.AsyncClient) -> None:
    sent = {"content-length", "transfer-encoding"}

    assert not sent & dict((await browser.get("/")).json()["headers"]).keys()


async def test_what_the_ui_answers_comes_back_as_it_is(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/")

    assert answer.status_code == 418
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert [each.split("=")[0] for each in answer.headers.get_list("set-cookie")] == [
        "_csrf",
        "session",
    ]
    assert len(answer.headers.get_list("date")) == 1


async def test_a_redirect_of_the_ui_stays_on_our_port(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/redirect")

    assert answer.status_code == 302
    assert answer.headers["location"] == str(browser.base_url.join("/redirect"))


async def test_an_answer_is_handed_on_while_it_is_being_written(
    browser: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with browser.stream("GET", "/slow") as answer:
        parts = answer.aiter_text()
        assert await anext(parts) == "first"
        upstream.more.set()
        assert await anext(parts) == "second"


@pytest.mark.parametrize("path", ["/sojourn", "/api/v1/namespaces/default/workflows"])
@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        pytest.param({"host": "localhost:8233"}, None, id="this machine"),
        pytest.param({"host": "evil.example"}, 421, id="a name that was made to point here"),
        pytest.param({"origin": "https://evil.example"}, 403, id="a page from elsewhere"),
    ],
)
async def test_it_is_for_this_machine_alone(
    browser: httpx.AsyncClient, path: str, headers: dict[str, str], refused: int | None
) -> None:
    status = (await browser.get(path, headers=headers)).status_code

    assert (status if status in {421, 403} else None) == refused


async def test_a_ui_that_is_not_there_is_one_sentence() -> None:
    async with temporal_ui(port=free_port()) as ui, httpx.AsyncClient() as browser:
        answer = await browser.get(ui.instances.replace("/sojourn", "/namespaces"))

    assert (answer.status_code, answer.text) == (502, GONE)


async def test_who_waits_for_the_ui_when_it_stops_is_told_and_keeps_nobody() -> None:
    asked = asyncio.Event()

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await stopped.wait()
        writer.close()

    stopped = asyncio.Event()
    async with httpx.AsyncClient() as browser, temporal_ui(port=free_port()) as ui:
        async with await asyncio.start_server(hang_up, "127.0.0.1", ui.port):
            watching = asyncio.create_task(
                browser.get(ui.instances.replace("/sojourn", "/history?waitNewEvent=true"))
            )
            await asked.wait()
            stopped.set()
        answer = await watching

    assert (answer.status_code, answer.text) == (502, GONE)


async def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as got:
            async with temporal_ui(port=port):
                pass

    assert str(got.value) == (
        f"Expected port {port} to be free for Temporal's UI (SOJOURN_TEMPORAL_UI_PORT), "
        "but something else listens on it."
    )


async def test_the_page_sets_the_columns_and_leads_to_the_running_instances(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/sojourn")

    columns = re.search(r"\[namespace, columns\] = (.+);", answer.text)
    assert columns is not None
    assert json.loads(columns[1]) == [
        "journeys",
        [{"label": label, "pinned": label in {"Status", "Workflow ID"}} for label in COLUMNS],
    ]
    link = re.search(r'href="([^"]+)"', answer.text)
    assert link is not None
    way = urlsplit(link[1].replace("&amp;", "&"))
    assert (way.netloc, way.path) == ("", "/namespaces/journeys/workflows")
    assert parse_qs(way.query) == {"query": [RUNNING], "savedQuery": ["Sojourn"]}


def test_every_search_attribute_is_a_column_and_no_other_name_is() -> None:
    of_temporal = {"Status", "Workflow ID", "Start"}

    assert set(COLUMNS) - of_temporal == set(WANTED)
    assert len(COLUMNS) == len(set(COLUMNS))


def test_the_operators_page_explains_each_column_in_their_order() -> None:
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    table = page.partition("| column |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| ([\w ]+?) \|", table, re.MULTILINE) == list(COLUMNS)


async def test_nothing_but_its_own_script_runs_on_the_page(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/sojourn")

    script = re.search(r"<script>(.+)</script>", answer.text, re.DOTALL)
    assert script is not None
    own = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'sha256-{own}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


async def test_a_namespace_cannot_break_out_of_the_page() -> None:
    hostile = "</script><script>alert(1)</script>"
    async with temporal_ui(port=free_port(), namespace=hostile) as ui, httpx.AsyncClient() as user:
        page = (await user.get(ui.instances)).text

    assert page.count("<script>") == 1
    assert "alert(1)</script>" not in page


async def test_the_page_leads_nowhere_else_whatever_it_is_asked(browser: httpx.AsyncClient) -> None:
    asked = await browser.get("/sojourn?next=https://evil.example&query=x#y")

    assert asked.text == (await browser.get("/sojourn")).text
