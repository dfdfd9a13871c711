"""What can be broken while changes are in flight, and how it is mended."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.chaos.parcels import Post
from tests.chaos.system import System, until

CUT = "the gateways' line to Temporal is cut"
STILL = "Temporal stands still"
FULL = "connections to the gateway are filled up"
TAKEN = "connections to PostgreSQL are filled up"

_TO_START = 60.0
_TO_BE_MISSED = 6.0
"""Seconds: so long what is broken stays broken, at least."""

_HALF_A_REQUEST = b"POST /v1/changes HTTP/1.1\r\nHost: gateway\r\nContent-Le"


@dataclass(frozen=True)
class Blow:
    """What is broken, once *mark* changes were answered and mails caught: a part, which is killed, or more."""

    what: str
    mark: int


def blows(steps: int, times: dict[str, int], chance: random.Random) -> list[Blow]:
    """Return what is broken and when: each of *times* so often, spread over *steps*."""
    names = [name for name, count in times.items() for _ in range(count)]
    chance.shuffle(names)
    marks = sorted(chance.randrange(steps // 50, steps * 4 // 5) for _ in names)
    return [Blow(name, mark) for name, mark in zip(names, marks, strict=True)]


async def strike(system: System, what: str, post: Post, last: int) -> None:
    """Break *what*, and mend it; a kill is mended at once, all else once *post* has gone on.

    It has gone on with 20 changes more, or with the *last* there is.
    """
    if what in system.parts:
        async with system.hands:
            await system.parts[what].kill()
            await system.parts[what].start()
        return
    go_on = min(len(post.answered) + 20, last)
    async with _BREAKING[what](system), asyncio.TaskGroup() as both:
        both.create_task(asyncio.sleep(_TO_BE_MISSED))
        if what != TAKEN:  # without its database a gateway can only ask to come again
            more = until(lambda: len(post.answered) >= go_on, f"changes while {what}", 60)
            both.create_task(more)


@asynccontextmanager
async def _cut(system: System) -> AsyncIterator[None]:
    system.line.cut()
    yield
    await system.line.mend()


@asynccontextmanager
async def _taken(system: System) -> AsyncIterator[None]:
    assert system.postgresql is not None
    holding = system.postgresql.server.every_connection_taken()
    await asyncio.to_thread(holding.__enter__)
    yield
    await asyncio.to_thread(holding.__exit__, None, None, None)


@asynccontextmanager
async def _half_requests(url: str, count: int) -> AsyncIterator[None]:
    """Hold *count* connections open on which a request was begun."""
    port = httpx.URL(url).port
    async with httpx.AsyncClient(base_url=url) as client:
        await answering(client)
    opened = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_HALF_A_REQUEST)
        opened.append(writer)
    try:
        yield
    finally:
        for writer in opened:
            writer.transport.abort()


_BREAKING: dict[str, Callable[[System], AbstractAsyncContextManager[None]]] = {
    CUT: _cut,
    STILL: lambda system: system.temporal.standing_still(),
    FULL: lambda system: _half_requests(system.url, 200),
    TAKEN: _taken,
}


async def answering(client: httpx.AsyncClient) -> None:
    """Return once the gateway answers."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + _TO_START
    while True:
        try:
            if (await client.get("/healthz")).is_success:
                return
        except httpx.TransportError:
            assert loop.time() < give_up, "Expected the gateway to answer."
        await asyncio.sleep(0.05)


@asynccontextmanager
async def supervised(system: System) -> AsyncIterator[Counter[str]]:
    """Start again what ends by itself, as a supervisor would; yield how often, by part.

    What waits in vain for its database or for Temporal ends with one sentence; a part that ends
    otherwise fails the run.
    """
    again = Counter[str]()

    async def supervise() -> None:
        while True:
            for name, part in system.parts.items():
                async with system.hands:
                    if part.ended_by_itself:
                        said = part.last_words
                        assert said.startswith("Expected "), f"{name} ended by itself: {said}"
                        again[name] += 1
                        await part.end()
                        await part.start()
            await asyncio.sleep(0.5)

    async with asyncio.TaskGroup() as both:
        supervising = both.create_task(supervise())
        yield again
        supervising.cancel()
