"""A course of blows: changes are sent, things break meanwhile, and what came of every change is said."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from sqlalchemy import text

from dev.bundles import bring
from store.database import Database
from tests.chaos.breaking import answering, blows, strike, supervised
from tests.chaos.parcels import (
    BUNDLE,
    IN_ORDER,
    PERSONS,
    SCANS,
    Effects,
    Post,
    effects,
    mails,
    parcels,
)
from tests.chaos.system import System, until

_CHANGES = 1 + SCANS
"""Changes of a parcel."""


@dataclass(frozen=True)
class Outage:
    """How it went while Temporal was away for so many *seconds*, until the last parcel was taken in.

    *accepted* changes were answered with success meanwhile, after *slowest* seconds at most, and so
    many commands were *waiting* in the end; all was done *caught_up* seconds after Temporal came
    back.
    """

    seconds: float
    accepted: int
    slowest: float
    waiting: int
    caught_up: float


@dataclass(frozen=True)
class Course:
    """How it went: what was sent, what the sender saw, what arrived, what the store says.

    *store* holds counts of rows by what they are, *struck* how often each thing was broken,
    *again* how often a part that had ended by itself was started again. Commands *found done* were
    carried, but nobody lived to write it down: carried again, their instance had completed by them.
    """

    parcels: int
    post: Post
    effects: Effects
    store: dict[str, int]
    struck: Counter[str]
    again: Counter[str]
    outage: Outage
    seconds: float

    @property
    def sent(self) -> int:
        return self.parcels * _CHANGES

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
                "commands settled": self.sent,
                "commands set aside": 0,
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


async def course(
    system: System, count: int, times: dict[str, int], seed: int, *, patience: float, outage: int
) -> Course:
    """Send the changes of *count* parcels, break things meanwhile, and wait for the last mail.

    Afterwards Temporal is away for *outage* seconds, each of which brings one parcel more, and until
    the last of them was taken in. Fails where nothing comes for *patience* seconds that should.
    """
    loop, chance = asyncio.get_running_loop(), random.Random(seed)  # noqa: S311 - no secret
    began, post = loop.time(), Post(system.urls)
    first, more = parcels(count), parcels(outage, "late-parcel")
    await begin(system)

    def progress() -> int:
        return len(post.answered) + mails(system.mails)

    async def wait_for(condition: Callable[[], bool], what: str) -> None:
        await until(condition, what, patience)

    async def all_is_done(parcels: int) -> None:
        await wait_for(lambda: mails(system.mails) >= parcels, f"{parcels} mails")
        await wait_for(lambda: len(effects(system.mails).ids) >= parcels, "a mail for each parcel")
        await wait_for(lambda: _store(system)["instances completed"] >= parcels, "every end")
        await wait_for(lambda: _store(system)["commands left"] == 0, "every command carried")

    async with supervised(system) as again:
        async with asyncio.TaskGroup() as both:
            both.create_task(post.send_all(first, chance))
            for blow in blows(count * (_CHANGES + 1), times, chance):
                marked = f"{blow.mark} changes and mails before {blow.what}"
                await wait_for(lambda mark=blow.mark: progress() >= mark, marked)  # type: ignore[misc]
                await strike(system, blow.what, post, count * _CHANGES)
        before, post.slowest, gone = len(post.answered), 0.0, loop.time()
        await system.temporal.kill()
        await asyncio.gather(post.send_all(more, chance, every=1), asyncio.sleep(outage))
        accepted, slowest = len(post.answered) - before, post.slowest
        waiting, away = _store(system)["commands left"], loop.time() - gone
        await system.temporal.start()
        back = loop.time()
        await all_is_done(count + outage)
    return Course(
        parcels=count + outage,
        post=post,
        effects=effects(system.mails),
        store=_store(system),
        struck=Counter(times),
        again=again,
        outage=Outage(away, accepted, slowest, waiting, loop.time() - back),
        seconds=loop.time() - began,
    )


async def begin(system: System) -> None:
    """Start everything at once, in any order, and bring what the parcels need."""
    await asyncio.gather(*(each.start() for each in system.parts.values()))
    for url in system.urls:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            await answering(client)
    async with httpx.AsyncClient(base_url=system.url, timeout=60) as client:
        await bring(BUNDLE, client)
        (await client.post("/v1/changes", json=PERSONS)).raise_for_status()


_COUNTS = {
    "instances": "SELECT count(*) FROM instances",
    "instances completed": "SELECT count(*) FROM instances WHERE status = 'completed'",
    "messages": "SELECT count(*) FROM messages",
    "messages sent": "SELECT count(*) FROM messages WHERE status = 'sent'",
    "commands left": "SELECT count(*) FROM commands WHERE outcome IS NULL",
    "commands settled": "SELECT count(*) FROM commands WHERE outcome IN ('done', 'gone')",
    "commands found done": "SELECT count(*) FROM commands WHERE outcome = 'gone'",
    "commands set aside": "SELECT count(*) FROM commands WHERE outcome = 'poisoned'",
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
