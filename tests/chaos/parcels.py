"""What is in flight while things break: parcels that are posted, scanned three times, and arrive.

Each parcel is one entry into one journey, which waits for the scans one after the other and then
sends one mail. The mail's subject repeats the counter of each scan, in the order in which the
instance heard of them.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx

from journeys.bundle import Bundle

SCANS = 3
PEOPLE = 20

_WAITS = [
    {"id": f"scan{at}", "kind": "wait_for_trigger", "trigger": "parcel-scanned", "within": "P7D",
     "yes": "arrived" if at == SCANS else f"scan{at + 1}", "no": None}
    for at in range(1, SCANS + 1)
]  # fmt: skip

BUNDLE = Bundle.model_validate(
    {
        "tables": [
            {
                "name": "parcel",
                "primary_id": "parcelid",
                "columns": [
                    {"name": "parcelid", "type": "text"},
                    {"name": "scans", "type": "integer"},
                    {"name": "owner", "type": "lookup", "targets": ["contact"]},
                ],
            }
        ],
        "triggers": [
            {
                "name": f"parcel-{name}",
                "kind": "record_change",
                "table": "parcel",
                "audience": {"path": "owner"},
                "operations": [operation],
            }
            for name, operation in (("posted", "created"), ("scanned", "updated"))
        ],
        "templates": [
            {
                "name": "arrival",
                "channel": "email",
                "purpose": "transactional",
                "subject": "{{ trigger.parcelid }}:"
                + "".join(f" {{{{ tiles.scan{at}.scans }}}}" for at in range(1, SCANS + 1)),
                "html": "<p>It is there.</p>",
            }
        ],
        "journeys": [
            {
                "name": "arrival",
                "entry": {"trigger": "parcel-posted"},
                "tiles": [
                    *_WAITS,
                    {"id": "arrived", "kind": "message", "channel": "email", "template": "arrival"},
                ],
            }
        ],
    }
)

IN_ORDER = " ".join(str(at) for at in range(1, SCANS + 1))

Change = dict[str, Any]


def parcels(count: int, called: str = "parcel") -> dict[str, list[Change]]:
    """Return the changes of each of *count* parcels, in order, each with its id."""
    names = [f"{called}-{at}" for at in range(count)]
    return {name: _changes(name, f"person{at % PEOPLE}") for at, name in enumerate(names)}


def _changes(name: str, owner: str) -> list[Change]:
    about = {"source": "post", "table": "parcel", "record_id": name}
    posted = {
        **about,
        "id": f"{name}-0",
        "operation": "create",
        "values": {"scans": 0, "owner": {"table": "contact", "id": owner}},
    }
    scanned = [
        {**about, "id": f"{name}-{at}", "operation": "update", "values": {"scans": at}}
        for at in range(1, SCANS + 1)
    ]
    return [posted, *scanned]


PERSONS: list[Change] = [
    {
        "id": f"person{at}", "source": "post", "table": "contact", "record_id": f"person{at}",
        "operation": "create", "values": {"emailaddress1": f"person{at}@example.org"},
    }
    for at in range(PEOPLE)
]  # fmt: skip


@dataclass
class Post:
    """The sending system: it asks all gateways, until it is answered, always with the same ids.

    *answered* are the changes that were answered with success, *trouble* counts what came instead
    of an answer, *slowest* is how many seconds an answer took at most.
    """

    urls: Sequence[str]
    answered: set[str] = field(default_factory=set)
    accepted: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0

    async def send_all(
        self, sent: dict[str, list[Change]], chance: random.Random, every: float = 0.0
    ) -> None:
        """Send the changes of all parcels, each parcel's in order, from eight connections.

        A parcel is begun *every* so many seconds, or as soon as a connection is free.
        """
        begun = _now()
        waiting = [
            (begun + every * at, chance.choice((self._apart, self._together, self._often)), changes)
            for at, changes in enumerate(sent.values())
        ]

        async def sender(clients: Sequence[httpx.AsyncClient]) -> None:
            while waiting:
                moment, way, changes = waiting.pop(0)
                await asyncio.sleep(moment - _now())
                await way(clients, changes)

        async with asyncio.TaskGroup() as senders, AsyncClients(self.urls, 8) as clients:
            tasks = [
                senders.create_task(sender([*clients[at:], *clients[:at]]))
                for at in range(len(clients))
            ]
            await asyncio.gather(*tasks)

    async def _apart(self, clients: Sequence[httpx.AsyncClient], changes: list[Change]) -> None:
        for client, change in zip(cycle(clients[:2]), changes, strict=False):  # both gateways
            await self.send(client, [change])

    async def _together(self, clients: Sequence[httpx.AsyncClient], changes: list[Change]) -> None:
        await self.send(clients[0], changes)

    async def _often(self, clients: Sequence[httpx.AsyncClient], changes: list[Change]) -> None:
        """Deliver each change five times, by four senders at once."""
        for change in changes:
            await self.send_often(change)

    async def send_often(self, change: Change) -> None:
        """Deliver *change* five times by each of four senders at once."""

        async def five_times(client: httpx.AsyncClient) -> None:
            for _ in range(5):
                await self.send(client, [change])

        async with AsyncClients(self.urls, 4) as four:
            await asyncio.gather(*map(five_times, four))

    async def send(self, client: httpx.AsyncClient, changes: Sequence[Change]) -> None:
        """Post *changes* until they are answered with success."""
        while not await self._answered(client, changes):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)  # as a sending system waits before it asks again

    async def _answered(self, client: httpx.AsyncClient, changes: Sequence[Change]) -> bool:
        begun = _now()
        try:
            answer = await client.post("/v1/changes", json=list(changes))
        except httpx.TransportError as error:
            self.trouble[type(error).__name__] += 1
            return False
        self.statuses[answer.status_code] += 1
        self.slowest = max(self.slowest, _now() - begun)
        if not answer.is_success:
            return False
        said = answer.json()
        assert not said["refused"], said["refused"]
        self.accepted.update(said["ids"])
        self.answered.update(each["id"] for each in changes)
        return True


class AsyncClients:
    """So many HTTP clients, each with its own connection, of all gateways in turn."""

    def __init__(self, urls: Sequence[str], count: int) -> None:
        self._clients = [
            httpx.AsyncClient(base_url=url, timeout=60) for url in islice(cycle(urls), count)
        ]

    async def __aenter__(self) -> list[httpx.AsyncClient]:
        return self._clients

    async def __aexit__(self, *error: object) -> None:
        for client in self._clients:
            await client.aclose()


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Effects:
    """What came of all the changes.

    *subjects* are those of the mails for each parcel and *ids* their Message-IDs, *repeated* the mails
    that came once more under the id of one before.
    """

    subjects: dict[str, set[str]]
    ids: dict[str, set[str]]
    repeated: int


def mails(folder: Path) -> int:
    """Return how many mails the mail server has accepted."""
    new = folder / "new"
    return sum(1 for _ in new.iterdir()) if new.exists() else 0


def effects(folder: Path) -> Effects:
    """Return what arrived at the mail server."""
    subjects: dict[str, set[str]] = defaultdict(set)
    ids: dict[str, set[str]] = defaultdict(set)
    count = 0
    for file in (folder / "new").iterdir():
        headers = BytesHeaderParser().parsebytes(file.read_bytes())
        parcel, _, scans = str(headers["Subject"]).partition(": ")
        subjects[parcel].add(scans)
        ids[parcel].add(str(headers["Message-ID"]))
        count += 1
    return Effects(subjects, ids, count - sum(map(len, ids.values())))
