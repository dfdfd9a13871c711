"""The door: how much may come in, in which form, how often, and what is said of it afterwards."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import Message

from api.app import create_app
from api.door.door import from_within
from api.door.limits import Limits, Rates
from api.door.unpacking import in_time
from api.errors import TooSlow
from store.database import Database
from store.refused import refused
from tests.api.conftest import gateway_over
from tests.api.guarded import ANA, NOON, Guarded, guarded
from wire.signatures import signature

LIMIT = 1_000
LINES = {"content-type": "application/x-ndjson"}
GZIP = {"content-encoding": "gzip"}


@pytest.fixture
def database_kind() -> str:
    """The door is the same over any store."""
    return "sqlite"


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Guarded]:
    async with guarded(database, Limits(body=LIMIT)) as it:
        yield it


def of_size(size: int) -> bytes:
    """A change of *size* bytes."""
    change = orjson.dumps(ANA)
    return change + b" " * (size - len(change))


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100):
        yield body[start : start + 100]


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(LIMIT, 200, id="as large as may be"),
        pytest.param(LIMIT + 1, 413, id="a byte more"),
    ],
)
@pytest.mark.parametrize("form", ["announced", "in chunks", "packed"])
async def test_a_body_has_a_limit(door: Guarded, form: str, size: int, status: int) -> None:
    body = of_size(size)
    if form == "packed":
        answer = await door.http.post("/v1/changes", content=gzip.compress(body), headers=GZIP)
    else:
        content = chunks(body) if form == "in chunks" else body
        answer = await door.http.post("/v1/changes", content=content)

    assert answer.status_code == status
    if status == 413:
        assert answer.json()["detail"] == (
            "Expected a body of at most 1000 bytes, but it is larger."
        )


async def test_a_body_that_is_announced_as_too_large_is_not_even_read(door: Guarded) -> None:
    read = []

    async def content() -> AsyncIterator[bytes]:
        read.append(True)
        yield b"{}"

    headers = {"content-length": str(LIMIT + 1)}
    assert await door.asks("POST", "/v1/changes", content=content(), headers=headers) == 413
    assert read == []


async def test_lines_may_be_any_number(door: Guarded) -> None:
    lines = b"\n".join(orjson.dumps(ANA | {"record_id": str(number)}) for number in range(50))

    plain = await door.http.post("/v1/changes", content=chunks(lines), headers=LINES)
    packed = await door.http.post(
        "/v1/changes", content=chunks(gzip.compress(lines)), headers=LINES | GZIP
    )

    assert len(lines) > LIMIT
    assert plain.json()["accepted"] == packed.json()["accepted"] == 50


async def test_lines_elsewhere_are_a_body_like_any_other(door: Guarded) -> None:
    body = b"{}" + b" " * LIMIT

    assert await door.asks("PUT", "/v1/templates/a", content=body, headers=LINES) == 413
    assert await door.asks("POST", "/v1/changes/explain", content=body, headers=LINES) == 413


@pytest.mark.parametrize("headers", [GZIP, LINES | GZIP], ids=["a body", "lines"])
async def test_a_bomb_is_refused_before_it_fills_the_memory(
    door: Guarded, headers: dict[str, str]
) -> None:
    bomb = gzip.compress(b"\n" * 50_000_000)

    answer = await door.http.post("/v1/changes", content=chunks(bomb[:900]), headers=headers)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"{}", "Expected a gzip body, but it is none.", id="plain"),
        pytest.param(
            gzip.compress(b"{}")[:-4], "Expected a whole gzip body, but it ends too early.",
            id="cut off",
        ),
        pytest.param(
            gzip.compress(b"{}") * 2, "Expected one gzip body, but something follows it.",
            id="two after one another",
        ),
        pytest.param(
            gzip.compress(b"{}") + b"{}", "Expected one gzip body, but something follows it.",
            id="something after it",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [GZIP, LINES | GZIP], ids=["a body", "lines"])
async def test_what_is_no_gzip_is_said_in_a_sentence(
    door: Guarded, headers: dict[str, str], content: bytes, sentence: str
) -> None:
    answer = await door.http.post("/v1/changes", content=content, headers=headers)

    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)


async def test_packed_otherwise_is_not_understood(door: Guarded) -> None:
    headers = {"content-encoding": "br"}
    answer = await door.http.post("/v1/changes", content=b"{}", headers=headers)

    assert answer.status_code == 415
    assert answer.json()["detail"] == (
        "Expected a body that is plain or gzip, but its content-encoding is 'br'."
    )


@pytest.mark.parametrize(
    ("depth", "status"),
    [
        pytest.param(100, 200, id="as deep as may be"),
        pytest.param(101, 400, id="one deeper"),
        pytest.param(400, 400, id="much deeper"),
    ],
)
async def test_json_has_a_depth(door: Guarded, depth: int, status: int) -> None:
    lists = depth - 1
    body = b'{"table": ' + b"[" * lists + b"]" * lists + b"}"

    answer = await door.http.post("/v1/changes", content=body)

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["detail"] == "Expected JSON of at most 100 levels, but it goes deeper."


def signed_with(secret: str, body: bytes, delivery: str = "msg_1") -> dict[str, str]:
    at = int(NOON.timestamp())
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(secret, delivery, at, body),
    }


@pytest.mark.parametrize("headers", [{}, GZIP, LINES, LINES | GZIP], ids=str)
async def test_a_signed_delivery_counts_once_however_often_it_comes(
    door: Guarded, headers: dict[str, str]
) -> None:
    key, secret = door.makes("crm", "ingest", signed=True)
    body = orjson.dumps(ANA)
    body = gzip.compress(body) if "content-encoding" in headers else body
    headers = headers | {"x-api-key": key} | signed_with(secret, body)

    first, again = [
        await door.http.post("/v1/changes", content=body, headers=headers) for _ in range(2)
    ]

    assert (first.json()["accepted"], first.json()["ids"]) == (1, ["msg_1/0"])
    assert (again.json()["accepted"], again.json()["duplicates"]) == (0, 1)


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        pytest.param(-301, 401, id="by a clock too far ahead"),
        pytest.param(-300, 200, id="by a clock as far ahead as may be"),
        pytest.param(0, 200, id="just now"),
        pytest.param(300, 200, id="as late as may be"),
        pytest.param(301, 401, id="too late"),
    ],
)
async def test_a_signature_holds_for_five_minutes_by_our_clock(
    door: Guarded, seconds: int, status: int
) -> None:
    key, secret = door.makes("crm", "ingest", signed=True)
    body = orjson.dumps(ANA)
    door.passes(seconds=seconds)

    signed = {"x-api-key": key} | signed_with(secret, body)
    assert await door.asks("POST", "/v1/changes", content=body, headers=signed) == status


async def test_what_is_sent_again_while_its_signature_holds_counts_once_and_then_is_refused(
    door: Guarded,
) -> None:
    key, secret = door.makes("crm", "ingest", signed=True)
    body = orjson.dumps(ANA)
    signed = {"x-api-key": key} | signed_with(secret, body)

    answers = []
    for seconds in (0, 299, 1, 1):
        door.passes(seconds=seconds)
        answers.append(await door.http.post("/v1/changes", content=body, headers=signed))

    assert [each.json().get("accepted") for each in answers] == [1, 0, 0, None]
    assert [each.json().get("duplicates") for each in answers] == [0, 1, 1, None]
    assert [each.status_code for each in answers] == [200, 200, 200, 401]


async def test_events_are_signed_as_well(door: Guarded) -> None:
    key, secret = door.makes("shop", "ingest", signed=True)
    body = b'{"trigger": "cart-abandoned", "person": {"table": "contact", "id": "ana"}}'
    signed = {"x-api-key": key} | signed_with(secret, body)

    assert await door.asks("POST", "/v1/events", content=body, headers=signed) == 200
    assert await door.asks("POST", "/v1/events", key, content=body) == 401


@pytest.mark.parametrize("headers", [{}, LINES], ids=["a body", "lines"])
async def test_what_is_not_as_it_was_signed_is_refused(
    door: Guarded, headers: dict[str, str]
) -> None:
    key, secret = door.makes("crm", "ingest", signed=True)
    plain, _ = door.makes("erp", "ingest")
    body = orjson.dumps(ANA)
    signed = headers | signed_with(secret, body)

    async def status(key: str, content: bytes, headers: dict[str, str]) -> int:
        return await door.asks("POST", "/v1/changes", key, content=content, headers=headers)

    assert await status(key, body + b" ", signed) == 401
    assert await status(key, body, headers) == 401
    assert await status(plain, body, signed) == 401
    assert await status(plain, body, headers) == 200
    with door.database.reading() as session:
        assert refused(session) == []


async def test_a_key_that_asks_too_often_is_told_when_to_come_again(database: Database) -> None:
    async with guarded(database, Limits(per_second=0.001)) as door:
        crm, _ = door.makes("crm", "ingest")
        erp, _ = door.makes("erp", "ingest")

        assert await door.asks("POST", "/v1/changes", crm, json=ANA) == 200
        answer = await door.http.post("/v1/changes", headers={"x-api-key": crm}, json=ANA)
        assert await door.asks("POST", "/v1/changes", erp, json=ANA) == 200

    assert answer.status_code == 429
    assert 990 <= int(answer.headers["retry-after"]) <= 1000


def test_a_bucket_fills_up_again_and_never_over() -> None:
    now = [0.0]
    rates = Rates(2, lambda: now[0])

    assert [rates.wait("crm") for _ in range(3)] == [0, 0, 1]
    now[0] = 0.5
    assert [rates.wait("crm") for _ in range(2)] == [0, 1]
    now[0] = 1_000
    assert [rates.wait("crm") for _ in range(3)] == [0, 0, 1]


def test_without_a_rate_nobody_waits() -> None:
    rates = Rates(None, lambda: 0.0)

    assert {rates.wait("crm") for _ in range(1_000)} == {0}


async def test_more_changes_than_may_wait_are_to_be_sent_again(database: Database) -> None:
    arrived, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        arrived.release()
        await go_on.wait()
        yield orjson.dumps(ANA)

    async with guarded(database, Limits(waiting=2)) as door:
        waiting = [
            asyncio.create_task(door.asks("POST", "/v1/changes", content=slowly()))
            for _ in range(2)
        ]
        for _ in waiting:
            await arrived.acquire()
        answer = await door.http.post("/v1/events", json={})
        assert await door.asks("GET", "/v1/tables") == 200
        go_on.set()

        assert await asyncio.gather(*waiting) == [200, 200]
        assert await door.asks("POST", "/v1/changes", json=ANA) == 200
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(of_size(500), {}, 200, id="as much as there is room for"),
        pytest.param(of_size(501), {}, 503, id="a byte more"),
        pytest.param(gzip.compress(of_size(500)), GZIP, 503, id="packed, so that nobody knows"),
    ],
)
async def test_bodies_in_memory_have_a_limit_together(
    database: Database, body: bytes, headers: dict[str, str], status: int
) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        arrived.set()
        await go_on.wait()
        yield of_size(LIMIT)

    async with guarded(database, Limits(body=LIMIT, held=LIMIT + 500)) as door:
        under_way = asyncio.create_task(door.asks("POST", "/v1/changes", content=slowly()))
        await arrived.wait()
        together = await door.asks("POST", "/v1/changes/explain", content=body, headers=headers)
        assert await door.asks("GET", "/v1/tables") == 200
        go_on.set()

        assert await under_way == 200
        assert await door.asks("POST", "/v1/changes/explain", content=of_size(LIMIT)) == 200
    assert together == status


async def test_who_sends_nothing_more_gives_the_place_back(database: Database) -> None:
    never = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield orjson.dumps(ANA)[:9]
        await never.wait()

    async with guarded(database, Limits(waiting=1, patience=0)) as door:
        for headers in ({}, LINES, GZIP):
            answer = await door.http.post("/v1/changes", content=slowly(), headers=headers)

            assert answer.status_code == 408
            assert answer.headers["connection"] == "close"
            assert answer.json()["detail"] == (
                "Expected a body within 0 seconds and one more for each 10000 bytes, "
                "but it takes longer."
            )
        assert await door.asks("POST", "/v1/changes", json=ANA) == 200


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        pytest.param(1, 20, id="byte by byte: as long as we are patient"),
        pytest.param(10_000, 1_000, id="at a pace: as long as it takes"),
    ],
)
async def test_a_body_may_be_late_by_so_much_and_take_longer_the_more_it_brings(
    size: int, parts: int
) -> None:
    now, came = 0.0, 0

    async def receive() -> Message:
        nonlocal now, came
        now, came = now + 1, came + 1
        return {"type": "http.request", "body": b"a" * size, "more_body": came < 1_000}

    given = in_time(receive, 20, lambda: now)
    with suppress(TooSlow):
        while came < 1_000:
            await given()
            now += 60  # what is done with it counts for nobody

    assert came == pytest.approx(parts, abs=1)


async def test_a_sender_who_goes_away_is_no_failure_of_ours(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(gateway_over(database, []), limits=Limits(waiting=1, logged=True))
    for headers in ([], [(b"content-type", b"application/x-ndjson")]):
        came: list[Message] = [
            {"type": "http.disconnect"},
            {"type": "http.request", "body": orjson.dumps(ANA) + b"\n{", "more_body": True},
        ]

        async def receive(came: list[Message] = came) -> Message:
            return came.pop()

        async def send(_: Message) -> None:
            return

        headers += [(b"host", b"localhost"), (b"content-length", b"900")]
        scope = {"type": "http", "method": "POST", "path": "/v1/changes", "headers": headers}
        await app({**scope, "query_string": b"", "http_version": "1.1"}, receive, send)

    logged = [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["status"] for each in logged] == [400, 400]


async def test_one_body_alone_may_fill_all_the_room(database: Database) -> None:
    async with guarded(database, Limits(body=LIMIT, held=10)) as door:
        assert await door.asks("POST", "/v1/changes", content=of_size(LIMIT)) == 200


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("order-7_A.2", True, id="a sane one"),
        pytest.param("a" * 64, True, id="as long as may be"),
        pytest.param("a" * 65, False, id="too long"),
        pytest.param("ana@example.org", False, id="an address"),
        pytest.param('x", "status": "200', False, id="one that would be read as more"),
        pytest.param("", False, id="an empty one"),
        pytest.param(None, False, id="none"),
    ],
)
async def test_a_request_has_an_id(door: Guarded, given: str | None, kept: bool) -> None:
    headers = {} if given is None else {"x-request-id": given}
    answered = [
        (await door.http.get(path, headers=headers)).headers["x-request-id"]
        for path in ("/healthz", "/v1/nothing")
    ]

    if kept:
        assert answered == [given, given]
    else:
        assert given not in answered
        assert len(set(answered)) == 2


async def test_the_log_tells_of_requests_and_nothing_of_people(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = ["ana", "Ana", "ana@example.org", "k-4711", "Meier", "whsec_", "sj_", "Printer", "?"]
    async with guarded(database, Limits(logged=True, per_second=100)) as door:
        key, secret = door.makes("crm", "admin", signed=True)
        headers = {"x-api-key": key, "x-request-id": "r-1", "referer": "http://ana.example.org"}
        person = {"firstname": "Ana", "lastname": "Meier", "emailaddress1": "ana@example.org"}
        body = orjson.dumps([ANA | {"values": person}, {"table": "Printer", "record_id": "k-4711"}])
        asked: list[tuple[str, str, dict[str, Any]]] = [
            ("PUT", "/v1/tables/contact/records/ana", {"json": person}),
            ("PUT", "/v1/tables/contact/records/k-4711", {"json": {"emailaddress1": 7}}),
            ("GET", "/v1/people/contact/ana", {}),
            ("GET", "/v1/people/contact/ana@example.org", {}),
            ("GET", "/v1/instances?person=contact/ana", {}),
            ("GET", "/v1/instances?limit=ana@example.org", {}),
            ("GET", "/ana@example.org", {}),
            ("POST", f"/v1/changes/dataverse?code={key}", {"content": b"Meier"}),
            ("POST", "/v1/changes", {"content": body}),
            ("POST", "/v1/changes", {"content": body, "headers": signed_with(secret, body)}),
            ("DELETE", "/v1/people/contact/ana", {}),
        ]
        for method, path, more in asked:
            more["headers"] = headers | more.get("headers", {})
            await door.http.request(method, path, **more)
        await door.http.get("/v1/people/contact/ana", headers={"x-api-key": "sj_ana"})

    said = "".join(capfd.readouterr())
    lines = [orjson.loads(line) for line in said.splitlines()]
    assert [each["status"] for each in lines] == [
        201, 422, 200, 404, 200, 422, 404, 400, 401, 200, 204, 401,
    ]  # fmt: skip
    assert lines[2].keys() == {"at", "event", "method", "route", "status", "ms", "key", "request"}
    assert lines[2]["route"] == "/v1/people/{table}/{person_id:path}"
    assert (lines[2]["key"], lines[2]["request"]) == ("crm", "r-1")
    assert lines[8]["refused"] == "wrong signature"
    assert [each for each in (*secrets, key, secret) if each in said] == []


async def test_what_the_process_asks_of_itself_needs_no_key(database: Database) -> None:
    app = create_app(gateway_over(database, []))
    transport = httpx.ASGITransport(from_within(app))
    async with guarded(database) as door:
        door.makes("root", "admin")

    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as within:
        assert (await within.get("/v1/tables")).status_code == 200
