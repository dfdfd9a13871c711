"""Breaking things while changes are in flight, and saying afterwards what came of every change."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from sqlalchemy import text

from dev.bundles import bring
from store.database import Database
from tests.chaos.parcels import BUNDLE, PERSONS, Effects, Post, effects, mails, parcels
from tests.chaos.system import System, until

OUTAGE, CUT, FULL = "Temporal is down for a while", "the line is cut", "connections are filled up"

_TO_START = 60.0
_HALF_A_REQUEST = b"POST /v1/changes HTTP/1.1\r\nHost: gateway\r\nContent-Le"


@dataclass(frozen=True)
class Blow:
    """What is broken, once *mark* changes were answered and mails caught."""

    what: str
    mark: int


@dataclass(frozen=True)
class Course:
    """How it went: what was sent, what the sender saw, what arrived, what the store says.

    *store* holds counts of rows by what they are.
    """

    sent: int
    post: Post
    effects: Effects
    store: dict[str, int]
    kills: dict[str, int]
    seconds: float


def blows(parcels: int, times: dict[str, int], chance: random.Random) -> list[Blow]:
    """Return what is broken and when: each of *times* so often, spread over the whole course."""
    names = [name for name, count in times.items() for _ in range(count)]
    chance.shuffle(names)
    steps = parcels * 5  # four changes and a mail
    marks = sorted(chance.randrange(steps // 50, steps * 4 // 5) for _ in names)
    return [Blow(name, mark) for name, mark in zip(names, marks, strict=True)]


async def course(
    system: System, count: int, times: dict[str, int], seed: int, *, patience: float
) -> Course:
    """Send the changes of *count* parcels, break things meanwhile, and wait for the last mail.

    Fails where that does not come within *patience* seconds of the last change.
    """
    loop, chance = asyncio.get_running_loop(), random.Random(seed)  # noqa: S311 - no secret
    await _begin(system)
    began = loop.time()
    post = Post(system.url)

    def progress() -> int:
        return len(post.answered) + mails(system.mails)

    async with asyncio.TaskGroup() as both:
        both.create_task(post.send_all(parcels(count), chance))
        for blow in blows(count, times, chance):
            await until(
                lambda mark=blow.mark: progress() >= mark,  # type: ignore[misc]
                f"{blow.mark} changes and mails before {blow.what}",
                patience,
            )
            await _strike(system, blow.what, post, count * 4)
    await until(
        lambda: len(effects(system.mails).ids) >= count, f"a mail for {count} parcels", patience
    )
    await until(lambda: _store(system)["instances completed"] >= count, "every end", patience)
    await until(lambda: _store(system)["commands left"] == 0, "every command carried", patience)
    return Course(
        sent=count * 4,
        post=post,
        effects=effects(system.mails),
        store=_store(system),
        kills={name: part.kills for name, part in system.parts.items()},
        seconds=loop.time() - began,
    )


async def _begin(system: System) -> None:
    """Start everything at once, in any order, and bring what the parcels need."""
    starting = [asyncio.create_task(each.start()) for each in system.parts.values()]
    await asyncio.gather(*starting)
    async with httpx.AsyncClient(base_url=system.url, timeout=60) as client:
        await answering(client)
        await bring(BUNDLE, client)
        (await client.post("/v1/changes", json=PERSONS)).raise_for_status()


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


async def _strike(system: System, what: str, post: Post, last: int) -> None:
    """Break *what*, and mend it once the sender has gone on; a kill is mended at once."""
    before = len(post.answered)

    async def changes_are_still_taken() -> None:
        some_more = min(before + 20, last)
        await until(lambda: len(post.answered) >= some_more, f"changes while {what}", 60)

    if what == OUTAGE:
        await system.temporal.kill()
        await changes_are_still_taken()
        await system.temporal.start()
    elif what == CUT:
        system.line.cut()
        await changes_are_still_taken()
        await system.line.mend()
    elif what == FULL:
        async with _half_requests(system.url, 200):
            await changes_are_still_taken()
    else:
        await system.parts[what].kill()
        await system.parts[what].start()


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


_COUNTS = {
    "instances": "SELECT count(*) FROM instances",
    "instances completed": "SELECT count(*) FROM instances WHERE status = 'completed'",
    "messages": "SELECT count(*) FROM messages",
    "messages sent": "SELECT count(*) FROM messages WHERE status = 'sent'",
    "commands left": "SELECT count(*) FROM commands WHERE outcome IS NULL",
    "commands done": "SELECT count(*) FROM commands WHERE outcome = 'done'",
    "commands otherwise": "SELECT count(*) FROM commands WHERE outcome NOT IN ('done')",
    "refused": "SELECT count(*) FROM refused",
    "taken in": "SELECT count(*) FROM inbox WHERE source = 'post'",
}


def _store(system: System) -> dict[str, int]:
    database = Database(system.database_url)
    try:
        with database.reading() as session:
            return {name: session.scalar(text(query)) for name, query in _COUNTS.items()}
    finally:
        database.close()
