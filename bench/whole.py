"""The whole system as it is run, each part a process: how long people wait, and how much passes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from statistics import median, quantiles
from time import time
from typing import Any

import httpx
from sqlmodel import col, func, select

from bench.figures import Figure
from dev.bundles import bring
from journeys.bundle import Bundle
from store.database import Database
from store.instances import InstanceRow
from tests.chaos.breaking import answering
from tests.chaos.system import System, system, until

IDLE = 40
"""Changes that come one after the other, each when nothing else is under way."""

BURST, BURST_SECONDS = 10_000, 60
"""Four times as much as the ceiling of Customer Insights: 2,500 a minute."""

PASSING, TURNS = 500, 3
"""So many instances pass in each turn, and the median counts."""

WAITING = 10_000

_TICK = 0.1
_AT_ONCE = 500
_LONGEST = 1_800  # seconds

BUNDLE = Bundle.model_validate(
    {
        "triggers": [
            {
                "name": f"{table}-created",
                "kind": "record_change",
                "table": table,
                "audience": {"path": "self"},
                "operations": ["created"],
            }
            for table in ("contact", "lead")
        ],
        "templates": [
            {
                "name": "welcome",
                "purpose": "transactional",
                "subject": "Welcome",
                "html": "<p>{{ person.firstname }}</p>",
            }
        ],
        "journeys": [
            {
                "name": "welcome",
                "entry": {"trigger": "contact-created"},
                "tiles": [{"id": "mail", "kind": "message", "template": "welcome"}],
            },
            {
                "name": "patience",
                "entry": {"trigger": "lead-created"},
                "tiles": [
                    {"id": "pause", "kind": "wait", "for": "P30D", "next": "mail"},
                    {"id": "mail", "kind": "message", "template": "welcome"},
                ],
            },
        ],
    }
)


@dataclass
class Whole:
    """A running system, what was posted to it and when."""

    parts: System
    http: httpx.AsyncClient
    store: Database

    async def post(self, table: str, numbers: Sequence[int]) -> float:
        """Post people who are new; return the moment before."""
        begun = time()
        answer = await self.http.post(
            "/v1/changes", json=[_person(table, each) for each in numbers]
        )
        assert answer.json()["accepted"] == len(numbers)  # noqa: S101 - else it is no figure
        return begun

    @property
    def mails(self) -> int:
        new = self.parts.mails / "new"
        return sum(1 for _ in new.iterdir()) if new.exists() else 0

    def arrivals(self) -> dict[str, float]:
        """Return when the mail server took each mail in, by whom it was for."""
        return {_to(each): each.stat().st_mtime for each in (self.parts.mails / "new").iterdir()}

    def instances(self, *where: Any) -> int:
        with self.store.reading() as session:
            return session.exec(select(func.count()).select_from(InstanceRow).where(*where)).one()


def _to(mail: Path) -> str:
    with mail.open("rb") as lines:
        return str(BytesHeaderParser().parse(lines)["Delivered-To"])


def _person(table: str, number: int) -> dict[str, Any]:
    return {
        "id": f"{table}-{number}",
        "table": table,
        "record_id": f"{table}-{number}",
        "operation": "create",
        "values": {"firstname": "Ana", "emailaddress1": _address(number)},
    }


def _address(number: int) -> str:
    return f"ana-{number}@example.org"


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[Whole]:
    await asyncio.to_thread(folder.mkdir)
    async with system(folder) as parts:
        await asyncio.gather(*(each.start() for each in parts.parts.values()))
        async with httpx.AsyncClient(base_url=parts.url, timeout=60) as http:
            await answering(http)
            await bring(BUNDLE, http)
            while (  # noqa: ASYNC110 - another process tells nobody
                await http.get("/readyz")
            ).status_code != httpx.codes.OK:
                await asyncio.sleep(0.1)
            store = Database(parts.database_url)
            yield Whole(parts, http, store)
            store.close()


async def waits_when_idle(folder: Path) -> list[Figure]:
    """Measure the time from a change to its message at the mail server, with nothing else to do."""
    async with _running(folder / "idle") as whole:
        posted = {}
        for number in range(IDLE):
            posted[_address(number)] = await whole.post("contact", [number])
            await until(lambda: whole.mails > number, "a mail", _LONGEST)  # noqa: B023 - at once
        arrived = whole.arrivals()
    waits = [arrived[to] - begun for to, begun in posted.items()][IDLE // 8 :]  # warm by then
    return [
        Figure(f"from a change to its message, idle, {name}", value * 1000, "ms")
        for name, value in _percentiles(waits)
    ]


async def passes_per_minute(folder: Path) -> list[Figure]:
    """Measure how many instances are through in a minute: entry, message, end, and all there is around."""
    async with _running(folder / "passing") as whole:
        turns = [
            range(first, first + PASSING) for first in range(0, PASSING * (TURNS + 1), PASSING)
        ]
        _, *seconds = [await _pass(whole, numbers) for numbers in turns]  # the first warms up
    rate = PASSING / median(seconds) * 60
    return [Figure("instances completed, everything included", rate, "a minute")]


async def _pass(whole: Whole, numbers: range) -> float:
    begun = time()
    for first in range(0, len(numbers), _AT_ONCE):
        await whole.post("contact", numbers[first : first + _AT_ONCE])
    ended = col(InstanceRow.ended_at)
    await _until_all(whole, ended.is_not(None), numbers.stop)
    with whole.store.reading() as session:
        last = session.exec(select(func.max(InstanceRow.ended_at))).one()
    assert last is not None  # noqa: S101 - all have ended
    return last.timestamp() - begun


async def _until_all(whole: Whole, what: Any, count: int) -> None:
    """Look rarely: whoever looks takes of what is measured."""
    async with asyncio.timeout(_LONGEST):
        while whole.instances(what) < count:  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(_TICK)


async def burst(folder: Path) -> list[Figure]:
    """Measure how a burst is taken: what is lost, how long people wait, how fast it drains."""
    async with _running(folder / "burst") as whole:
        posted: dict[str, float] = {}
        ticks, begun = round(BURST_SECONDS / _TICK), time()
        for tick in range(ticks):
            await asyncio.sleep(max(0.0, begun + tick * _TICK - time()))
            numbers = range(BURST * tick // ticks, BURST * (tick + 1) // ticks)
            at = await whole.post("contact", numbers)
            posted.update((_address(each), at) for each in numbers)
        taken = time()
        await until(lambda: whole.mails >= BURST, "all mails", _LONGEST)
        arrived = whole.arrivals()
        twice = whole.mails - len(arrived)
    waits = [arrived[to] - at for to, at in posted.items() if to in arrived]
    named = f"{BURST:,} changes in {taken - begun:.0f} s"
    return [
        Figure(f"{named}: lost or doubled", len(posted.keys() - arrived) + twice, "messages"),
        *(
            Figure(f"{named}: to the message, {name}", value, "s")
            for name, value in _percentiles(waits)
        ),
        Figure(f"{named}: drained at", BURST / (max(arrived.values()) - begun), "messages/s"),
    ]


async def waiting(folder: Path) -> list[Figure]:
    """Measure what instances that wait take of the memory of gateway and worker."""
    async with _running(folder / "waiting") as whole:
        await _wait(whole, range(1_000))  # caches are full by then
        before = _memory(whole.parts)
        await _wait(whole, range(1_000, 1_000 + WAITING))
        after = _memory(whole.parts)
    return [
        Figure(
            f"memory of the {name} for one of {WAITING:,} instances that wait",
            (after[name] - before[name]) / WAITING * 1024,
            "bytes",
        )
        for name in before
    ] + [Figure(f"memory of the {name} with them", after[name] / 1024, "MB") for name in after]


async def _wait(whole: Whole, numbers: range) -> None:
    for first in range(0, len(numbers), _AT_ONCE):
        await whole.post("lead", numbers[first : first + _AT_ONCE])
    stands = col(InstanceRow.tile).is_not(None)
    await _until_all(whole, stands, numbers.stop)


def _memory(parts: System) -> dict[str, int]:
    """Return how many KiB gateway and worker have in memory, as Linux counts."""
    found = {}
    for name, part in (("gateway", parts.gateway), ("worker", parts.worker)):
        assert part.process is not None  # noqa: S101 - it runs
        status = Path(f"/proc/{part.process.pid}/status").read_text(encoding="ascii")
        found[name] = int(status.partition("VmRSS:")[2].split()[0])
    return found


def _percentiles(waits: Sequence[float]) -> list[tuple[str, float]]:
    hundredths = quantiles(waits, n=100, method="inclusive")
    return [("p50", hundredths[49]), ("p95", hundredths[94])]
