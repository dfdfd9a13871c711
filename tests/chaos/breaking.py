"""Breaking things while changes are in flight, and saying afterwards what came of every change."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from sqlalchemy import text

from dev.bundles import bring
from store.database import Database
from tests.chaos.parcels import BUNDLE, IN_ORDER, PERSONS, Effects, Post, effects, mails, parcels
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

    parcels: int
    sent: int
    post: Post
    effects: Effects
    store: dict[str, int]
    kills: dict[str, int]
    blows: Counter[str]
    seconds: float

    def broken_promises(self) -> list[str]:
        """Return a sentence for each promise that was not kept; none when all were."""
        wrong = [
            f"Expected {expected} {what}, but there are {self.store[what]}."
            for what, expected in {
                "instances": self.parcels,
                "instances completed": self.parcels,
                "messages": self.parcels,
                "messages sent": self.parcels,
                "commands left": 0,
                "commands done": self.sent,
                "commands otherwise": 0,
                "refused": 0,
                "taken in": self.sent + len(PERSONS),
            }.items()
            if self.store[what] != expected
        ]
        if len(self.effects.ids) != self.parcels:
            wrong.append(f"Expected {self.parcels} mails, but there are {len(self.effects.ids)}.")
        for parcel, ids in self.effects.ids.items():
            if len(ids) != 1:
                wrong.append(f"Expected one Message-ID for {parcel}, but there are {len(ids)}.")
        for parcel, heard in self.effects.subjects.items():
            if heard != {IN_ORDER}:
                wrong.append(f"Expected {parcel} to be scanned {IN_ORDER}, but it says {heard}.")
        twice = [change for change, times in self.post.accepted.items() if times > 1]
        wrong += [f"Expected {change} to be accepted once, but it was twice." for change in twice]
        answered = {status for status in self.post.statuses if status not in _ANSWERS}
        wrong += [f"Expected 200 or 503, but {status} was answered." for status in answered]
        return wrong


_ANSWERS = (200, 503)


def blows(parcels: int, times: dict[str, int], chance: random.Random) -> list[Blow]:
    """Return what is broken and when: each of *times* so often, spread over the whole course."""
    names = [name for name, count in times.items() for _ in range(count)]
    chance.shuffle(names)
    steps = parcels * 5  # four changes and a mail
    marks = sorted(chance.randrange(steps // 50, steps * 4 // 5) for _ in names)
    return [Blow(name, mark) for name, mark in zip(names, marks, strict=True)]


async def course(
    system: System,
    count: int,
    times: dict[str, int],
    seed: int,
    *,
    patience: float,
    outage: float = 0.0,
) -> Course:
    """Send the changes of *count* parcels, break things meanwhile, and wait for the last mail.

    An outage of Temporal lasts *outage* seconds at least. Fails where the last mail does not come
    within *patience* seconds of the last change.
    """
    loop, chance = asyncio.get_running_loop(), random.Random(seed)  # noqa: S311 - no secret
    await _begin(system)
    began = loop.time()
    post = Post(system.url)

    def progress() -> int:
        return len(post.answered) + mails(system.mails)

    async def wait_for(condition: Callable[[], bool], what: str) -> None:
        def holds() -> bool:
            ended = [name for name, part in system.parts.items() if part.ended_by_itself]
            assert not ended, f"Expected {ended} to run on, but it ended by itself."
            return condition()

        await until(holds, what, patience)

    async with asyncio.TaskGroup() as both:
        both.create_task(post.send_all(parcels(count), chance))
        for blow in blows(count, times, chance):
            await wait_for(
                lambda mark=blow.mark: progress() >= mark,  # type: ignore[misc]
                f"{blow.mark} changes and mails before {blow.what}",
            )
            await _strike(system, blow.what, post, count * 4, outage)
    await wait_for(lambda: mails(system.mails) >= count, f"{count} mails")
    await wait_for(lambda: len(effects(system.mails).ids) >= count, f"a mail for {count} parcels")
    await wait_for(lambda: _store(system)["instances completed"] >= count, "every end")
    await wait_for(lambda: _store(system)["commands left"] == 0, "every command carried")
    return Course(
        parcels=count,
        sent=count * 4,
        post=post,
        effects=effects(system.mails),
        store=_store(system),
        kills={name: part.kills for name, part in system.parts.items()},
        blows=Counter(times),
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


async def _strike(system: System, what: str, post: Post, last: int, outage: float) -> None:
    """Break *what*, and mend it once the sender has gone on; a kill is mended at once."""
    before = len(post.answered)

    async def changes_are_still_taken() -> None:
        some_more = min(before + 20, last)
        await until(lambda: len(post.answered) >= some_more, f"changes while {what}", 60)

    if what == OUTAGE:
        await system.temporal.kill()
        await asyncio.gather(changes_are_still_taken(), asyncio.sleep(outage))
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
