"""Bytes on a socket that are no request, or one that lies: nothing is taken in, nothing is kept open."""

import asyncio
import re
from collections.abc import AsyncIterator

import orjson
import pytest

from api.app import create_app
from api.door.heads import Heads
from api.door.limits import Limits
from api.serving import listening_socket, serve
from store.database import Database
from store.inbox import was_taken
from store.refused import refused
from tests.api.conftest import gateway_over
from tests.api.guarded import ANA

CHANGE = orjson.dumps({**ANA, "id": "n-1"})
HEAD = b"POST /v1/changes HTTP/1.1\r\nHost: localhost\r\n"
LINES = HEAD + b"Content-Type: application/x-ndjson\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(CHANGE), CHANGE)


@pytest.fixture
def database_kind() -> str:
    """What comes over a socket is the same over any store."""
    return "sqlite"


class Server:
    """A gateway on a socket of its own; *patience* is how late a body may be."""

    def __init__(self, database: Database, port: int) -> None:
        self._database = database
        self._port = port

    async def hears(self, said: bytes, *, and_no_more: bool = False) -> list[int]:
        """Say it on a connection; return the statuses of what was answered before it was closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(said)
            if and_no_more:
                writer.write_eof()
            answered = await reader.read()
        finally:
            writer.close()
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", answered)]

    @property
    def took_anything(self) -> bool:
        with self._database.reading() as session:
            return was_taken(session, ("api", "n-1")) or bool(refused(session))


@pytest.fixture
async def server(database: Database) -> AsyncIterator[Server]:
    bound, stop = listening_socket("127.0.0.1", 0), asyncio.Event()
    bound.listen()
    app = create_app(gateway_over(database, []), limits=Limits(patience=0))
    serving = asyncio.create_task(serve(app, bound, stop))
    yield Server(database, bound.getsockname()[1])
    stop.set()
    await serving


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(HEAD + b"Content-Length: 20\r\n\r\n" + CHANGE, id="a length that is too short"),
        pytest.param(HEAD + b"Content-Length: -5\r\n\r\n" + CHANGE, id="a negative one"),
        pytest.param(HEAD + b"Content-Length: many\r\n\r\n" + CHANGE, id="one in words"),
        pytest.param(HEAD + b"Content-Length: +90\r\n\r\n" + CHANGE, id="one with a sign"),
        pytest.param(HEAD + b"Content-Length: %s\r\n\r\n" % (b"9" * 30), id="an endless one"),
        pytest.param(
            HEAD + b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % len(CHANGE) + CHANGE,
            id="two of them",
        ),
        pytest.param(
            HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n\r\n",
            id="a length, and chunks",
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNK + b"0\r\n\r\n",
            id="chunks, and a length",
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + CHANGE + b"\r\n0\r\n\r\n",
            id="a chunk that is longer than it says",
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNK + b"0\r\n\r\n",
            id="an encoding that nobody knows",
        ),
        pytest.param(HEAD + b"Content-Length : 5\r\n\r\n" + CHANGE, id="a space before the colon"),
        pytest.param(b"GET /v1/\0tables HTTP/1.1\r\nHost: localhost\r\n\r\n", id="U+0000 in a path"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="another protocol"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
    ],
)  # fmt: skip
async def test_what_is_no_request_is_refused_and_its_connection_closed(
    server: Server, said: bytes
) -> None:
    assert (await server.hears(said))[-1:] == [400]
    assert not server.took_anything


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(
            HEAD + b"Content-Length: 900\r\n\r\n" + CHANGE, id="a length that is too long"
        ),
        pytest.param(LINES + b"Content-Length: 900\r\n\r\n" + CHANGE, id="the same of lines"),
        pytest.param(HEAD + b"Content-Length: 900\r\n\r\n", id="a length, and nothing"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n" + CHANGE, id="half a chunk"
        ),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK, id="no last chunk"),
    ],
)
async def test_what_is_still_to_come_is_not_waited_for_long(server: Server, said: bytes) -> None:
    assert await server.hears(said) == [408]
    assert await server.hears(said, and_no_more=True) in ([], [408])
    assert not server.took_anything


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /v1/tables", id="half a line"),
        pytest.param(HEAD, id="half a head"),
    ],
)
async def test_who_connects_has_to_ask_for_something_soon(
    server: Server, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Heads, "patience", 0.0)

    assert await server.hears(said) == [408]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(HEAD + b"X: %s\r\n\r\n", id="a header"),
        pytest.param(HEAD + b"%s: x\r\n\r\n", id="a name of one"),
        pytest.param(b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n", id="an address"),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: %s\r\n\r\n",
            id="a trailer",
        ),
    ],
)  # fmt: skip
async def test_what_is_no_body_is_not_read_without_end(server: Server, said: bytes) -> None:
    with pytest.raises(ConnectionError):  # or it would be read to its end, and answered
        await server.hears(said % (b"a" * 50_000_000))


async def test_a_connection_is_for_many_requests(server: Server) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    body = HEAD + b"Content-Length: %d\r\n\r\n" % len(CHANGE) + CHANGE
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    assert await server.hears(asked * 3 + body + last) == [200] * 5
    assert server.took_anything
