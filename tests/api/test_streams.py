"""A body of many lines is taken in as it comes: in pieces, in little memory, and again safely."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from typing import cast

import httpx
import pytest
from sqlmodel import func, select
from temporalio.client import Client

from api.app import create_app
from api.bodies import LONGEST_LINE
from api.gateway import Gateway, clock
from api.intake import Intake
from api.routes.changes import LISTED
from api.serving import listening_socket, serve
from store.catalogue import TableRow, catalogue_changed
from store.database import Database
from store.records import RecordRow

NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture
def database_kind() -> str:
    """How a body is read is the same over any store."""
    return "sqlite"


class Served:
    """A gateway on a real socket."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._stop = asyncio.Event()
        self._bound = listening_socket("127.0.0.1", 0)
        self._bound.listen()
        self.port = self._bound.getsockname()[1]
        gateway = Gateway(
            database=database,
            intake=Intake(database, clock, lambda: None),
            client=cast("Client", None),
            ready=lambda: asyncio.sleep(0, {}),
            base_url="",
        )
        self._serving = asyncio.create_task(serve(create_app(gateway), self._bound, self._stop))

    async def stops(self) -> None:
        """Answer what is under way, and stop."""
        self._stop.set()
        await self._serving

    async def post(self, lines: Iterable[bytes]) -> dict[str, object]:
        async def body() -> AsyncIterator[bytes]:
            for line in lines:
                yield line

        async with httpx.AsyncClient(timeout=60) as http:
            url = f"http://127.0.0.1:{self.port}/v1/changes"
            answer = await http.post(url, content=body(), headers=NDJSON)
            return dict(answer.raise_for_status().json())

    @property
    def records(self) -> int:
        with self.database.reading() as session:
            return session.exec(select(func.count()).select_from(RecordRow)).one()


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    gateway = Served(database)
    yield gateway
    await gateway.stops()


def line(number: int, **values: object) -> bytes:
    """Return one change as a line: a new contact."""
    change = {
        "id": f"n-{number}",
        "table": "contact",
        "record_id": f"c-{number}",
        "operation": "create",
        "values": values or {"firstname": "Ana"},
    }
    return json.dumps(change).encode() + b"\n"


async def test_the_answer_is_the_sum_of_the_pieces_with_places_in_the_whole_body(
    served: Served,
) -> None:
    lines = [line(number) for number in range(2500)]
    lines[3], lines[2400] = b"no JSON\n", line(2400, colour="red")

    answer = await served.post([*lines, b"\n", line(0)])

    assert (answer["accepted"], answer["duplicates"]) == (2498, 1)
    refused = cast("list[dict[str, object]]", answer["refused"])
    assert [each["index"] for each in refused] == [3, 2400]
    assert answer["ids"] == [f"n-{number}" for number in range(LISTED + 1) if number != 3]
    assert answer["unlisted"] == {"ids": 1498, "refused": 0}


async def test_however_many_are_refused_the_answer_stays_short_and_all_are_kept(
    served: Served,
) -> None:
    answer = await served.post(line(number, colour="red") for number in range(LISTED + 5))

    assert len(cast("list[object]", answer["refused"])) == LISTED
    assert answer["unlisted"] == {"ids": 0, "refused": 5}


async def test_a_line_that_is_too_long_spoils_nothing_around_it(served: Served) -> None:
    answer = await served.post([line(1), line(2, firstname="A" * (LONGEST_LINE * 2)), line(3)])

    assert answer["ids"] == ["n-1", "n-3"]
    [refused] = cast("list[dict[str, object]]", answer["refused"])
    assert (refused["index"], refused["problem"]) == (
        1,
        "Expected a line of at most 1048576 bytes, but it is longer.",
    )


@pytest.mark.slow
async def test_a_body_many_times_larger_takes_no_more_memory(served: Served) -> None:
    long = "A" * 3000
    tracemalloc.start()
    try:
        await served.post(line(number, firstname=long) for number in range(2_000))
        _, few = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        await served.post(line(number, firstname=long) for number in range(2_000, 22_000))
        _, many = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert served.records == 22_000
    assert many < few * 1.5


async def test_a_connection_that_breaks_leaves_whole_pieces_and_sending_again_is_safe(
    served: Served,
) -> None:
    lines = [line(number) for number in range(2500)]

    def broken() -> Iterable[bytes]:
        yield from lines
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await served.post(broken())
    answer = await served.post(lines)

    accepted, duplicates = cast("int", answer["accepted"]), cast("int", answer["duplicates"])
    assert accepted + duplicates == 2500
    assert duplicates % 1000 == 0
    assert served.records == 2500


async def test_what_the_catalogue_says_is_asked_again_for_each_piece(served: Served) -> None:
    ship = (
        line(0).replace(b"contact", b"ship").replace(b"firstname", b"warp").replace(b'"Ana"', b"9")
    )
    definition = {
        "name": "ship",
        "primary_id": "id",
        "columns": [{"name": "warp", "type": "integer"}],
    }

    def lines() -> Iterable[bytes]:
        yield from [ship] * 999
        yield ship
        with served.database.writing() as session:
            session.add(TableRow(name="ship", definition=definition))
            catalogue_changed(session)
        yield ship

    answer = await served.post(lines())

    assert answer["accepted"] == 1
