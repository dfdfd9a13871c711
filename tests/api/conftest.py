"""A gateway over a real store, asked over HTTP. Temporal is not there unless a test brings it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import pytest
import uvicorn
from temporalio.client import Client

from api.app import create_app
from api.gateway import Gateway, clock
from api.intake import Intake
from store.commands import CommandRow, waiting
from store.database import Database


@dataclass
class Asked:
    """The gateway under test; *woken* counts how often the relay was told of new commands."""

    http: httpx.AsyncClient
    database: Database
    woken: list[bool] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, body: Any = None, *, status: int = 200, **more: Any
    ) -> Any:
        """Ask, expect *status*, and return what was answered."""
        if body is not None:
            more["json"] = body
        answer = await self.http.request(method, f"/v1{path}", **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str, status: int = 200) -> Any:
        return await self.ask("GET", path, status=status)

    async def put(self, path: str, body: Any, status: int = 201) -> Any:
        return await self.ask("PUT", path, body, status=status)

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        return await self.ask("POST", path, body, status=status)

    async def refused(
        self, method: str, path: str, body: Any = None, status: int = 422
    ) -> list[Any]:
        """Ask for what cannot be done, and return the problems as (path, message)."""
        answer = await self.ask(method, path, body, status=status)
        return [(each["path"], each["message"]) for each in answer["problems"]]

    async def conflict(self, method: str, path: str, body: Any = None) -> str:
        """Ask for what cannot be done now, and return why."""
        return str((await self.ask(method, path, body, status=409))["detail"])

    def commands(self) -> list[CommandRow]:
        """Return what Temporal has yet to be told."""
        with self.database.reading() as session:
            return waiting(session, 1000)


def gateway_over(database: Database, woken: list[bool]) -> Gateway:
    """A gateway over *database*; each time its relay is *woken* is written down."""

    async def ready() -> dict[str, str]:
        return {}

    return Gateway(
        database=database,
        intake=Intake(database, clock, lambda: woken.append(True)),
        client=cast("Client", None),
        ready=ready,
        base_url="http://127.0.0.1:8000",
    )


@pytest.fixture
async def asked(database: Database) -> AsyncIterator[Asked]:
    """A gateway without Temporal: what it has to be told stays in the outbox."""
    woken: list[bool] = []

    gateway = gateway_over(database, woken)
    transport = httpx.ASGITransport(create_app(gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield Asked(http, database, woken)


RESOLVED: dict[str, Any] = {
    "kind": "record_change",
    "title": "Case resolved",
    "table": "incident",
    "audience": {"path": "customerid.primarycontactid"},
    "operations": ["updated"],
    "columns": ["statuscode"],
}
SURVEY = {"subject": "How did we do, {{ person.firstname }}?", "html": "<p>{{ trigger.title }}</p>"}
JOURNEY: dict[str, Any] = {
    "title": "Survey",
    "entry": {
        "trigger": "case-resolved",
        "filter": {"field": "trigger.statuscode", "operator": "changed_to", "value": 5},
    },
    "tiles": [
        {"id": "settle", "kind": "wait", "for": "P3D", "next": "survey"},
        {"id": "survey", "kind": "message", "channel": "email", "template": "survey"},
    ],
}


@pytest.fixture
async def live(asked: Asked) -> Asked:
    """A gateway with a live journey (`follow-up`) and a customer (`contact/ana`) with a case (`incident/k1`)."""
    await asked.put(
        "/tables/contact/records/ana", {"firstname": "Ana", "emailaddress1": "ana@example.org"}
    )
    case = {"title": "Printer", "statuscode": 1, "customerid": {"table": "contact", "id": "ana"}}
    await asked.put("/tables/incident/records/k1", case)
    await asked.put("/triggers/case-resolved", RESOLVED)
    await asked.post("/triggers/case-resolved/ready")
    await asked.put("/templates/survey", SURVEY)
    await asked.put("/journeys/follow-up", JOURNEY)
    await asked.post("/journeys/follow-up/publish")
    return asked


@pytest.fixture
async def inside(live: Asked) -> Asked:
    """The same gateway once Ana's case is resolved: she is inside the journey."""
    await live.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 5})
    return live


@pytest.fixture
def database_kind(either_database: str) -> str:
    """What is asked is answered alike over SQLite and PostgreSQL."""
    return either_database


@pytest.fixture
async def served(live: Asked) -> AsyncIterator[str]:
    """The same gateway on a port of this machine; its address."""
    app = live.http._transport.app  # type: ignore[attr-defined]
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving
