"""How fast changes that concern nobody come in over HTTP, against the writes nobody can avoid."""

import asyncio
import multiprocessing
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

import orjson

from bench.figures import Figure
from bench.taking import serve_floor, serve_ours, serve_with_a_journey

CHANGES = 30_000
BATCH = 500
"""Changes in one body."""

SENDERS = 4
"""Connections over which batches come."""

SINGLES = 4_000
SENDERS_OF_SINGLES = 32
"""Connections over which changes come one by one: what comes together goes to the disk together."""

ENTRIES = 1_000
"""Changes that each start an instance."""

TURNS = 3

Serve = Callable[[Path, int], None]


def changes_per_second(folder: Path) -> list[Figure]:
    """Measure intake in batches and one by one, over connections that stay, on SQLite.

    Ours and the floor take turns, and the median counts: what else the machine does meets both.
    """
    rates: defaultdict[tuple[Serve, int], list[float]] = defaultdict(list)
    for turn in range(TURNS):
        for size in (BATCH, 1):
            for serve in (serve_ours, serve_floor):
                file = folder / f"{serve.__name__}-{size}-{turn}.db"
                rates[serve, size].append(_rate(serve, file, size))
        rates[serve_with_a_journey, BATCH].append(
            _rate(serve_with_a_journey, folder / f"journey-{turn}.db", BATCH, ENTRIES)
        )
    middle = {each: median(some) for each, some in rates.items()}
    floor = middle[serve_floor, BATCH]
    return [
        Figure(
            "changes taken in that concern nobody, by 500",
            middle[serve_ours, BATCH],
            "changes/s",
            floor,
        ),
        Figure(
            f"the same one by one, from {SENDERS_OF_SINGLES} senders",
            middle[serve_ours, 1],
            "changes/s",
            middle[serve_floor, 1],
        ),
        Figure(
            "changes taken in that each start an instance, by 500",
            middle[serve_with_a_journey, BATCH],
            "changes/s",
        ),
    ]


def change(number: int) -> dict[str, Any]:
    """Return a new contact with some columns, as it is posted."""
    return {
        "id": f"event-{number}",
        "table": "contact",
        "record_id": f"contact-{number}",
        "operation": "create",
        "values": {
            "firstname": f"Ana {number}",
            "emailaddress1": f"ana-{number}@example.org",
            "donotbulkemail": False,
            "statuscode": 1,
        },
    }


def _rate(serve: Serve, file: Path, size: int, count: int | None = None) -> float:
    usual, senders = (CHANGES, SENDERS) if size > 1 else (SINGLES, SENDERS_OF_SINGLES)
    count, before = count or usual, senders * 2
    bodies = [
        orjson.dumps([change(number) for number in range(first, first + size)])
        for first in range(0, before * size + count, size)
    ]
    with _served(serve, file) as port:
        # What is imported and prepared for the first bodies counts against neither.
        asyncio.run(_send(port, bodies[:before], senders, size))
        return count / asyncio.run(_send(port, bodies[before:], senders, size))


async def _send(port: int, bodies: list[bytes], senders: int, size: int) -> float:
    """Post *bodies* over connections that stay; return how many seconds that took."""
    remaining = iter(bodies)

    async def post_some() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in remaining:
            head = f"POST /v1/changes HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            answer = orjson.loads(await _answer(reader))
            assert answer["accepted"] == size  # noqa: S101 - a figure of work not done is no figure
        writer.close()

    begun = perf_counter()
    await asyncio.gather(*(post_some() for _ in range(senders)))
    return perf_counter() - begun


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))


@contextmanager
def _served(serve: Serve, file: Path) -> Iterator[int]:
    """Run *serve* in a process of its own; yield its port once it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(file, port))
    process.start()
    try:
        while not _listens(port):
            sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.join()


def _listens(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0
