"""Whatever fails, in every way there is: the logs of all processes say what, and nothing of whom."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP

from dev.bundles import bring
from journeys.bundle import Bundle
from tests.chaos.breaking import answering
from tests.chaos.system import System, system, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

XIMENA = {
    "firstname": "Ximena",
    "lastname": "Zubizarreta",
    "emailaddress1": "ximena@mail.example.org",
}
ID = "ximena@example.org"
PASSED = "The-quick-brown-fox"
SECRET = "whsec_" + "c29qb3VybnMtb3duLXRlc3Qtc2VjcmV0"
PERSONAL = ("imena", "ubizarreta", "example.org", "leaking", "roof", "sj_", "whsec_", PASSED)

JOINED = {"trigger": "joined", "person": {"table": "contact", "id": ID}}
BUNDLE = Bundle.model_validate(
    {
        "triggers": [{"name": "joined", "kind": "custom", "attributes": {"about": "text"}}],
        "templates": [
            {
                "name": "hello",
                "channel": "email",
                "purpose": "transactional",
                "subject": "{{ trigger.about }}",
                "html": "<p>{{ person.firstname }}</p>",
            }
        ],
        "journeys": [
            {
                "name": name,
                "entry": {"trigger": "joined"},
                "tiles": [{"id": "first", **tile}],
            }
            for name, tile in (
                ("writes", {"kind": "message", "channel": "email", "template": "hello"}),
                (
                    "calls",
                    {
                        "kind": "webhook",
                        "url": "http://127.0.0.1:9/{{ person.firstname }}",
                        "body": {"who": "{{ person.lastname }}"},
                    },
                ),
            )
        ],
    }
)


class Refusing:
    """An SMTP server that is busy at first and then refuses, and repeats whom, in its own spelling."""

    def __init__(self) -> None:
        self.asked = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        if self.asked == 1:
            return f"450 4.2.1 {address} is busy"
        return f"550 5.1.1 <{address.upper()}>: {address.partition('@')[0]} is unknown"


def both_said(parts: System) -> str:
    return parts.said("gateway") + parts.said("worker")


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[System]:
    """A system that logs each request, of which nothing runs yet."""
    async with system(
        tmp_path,
        SOJOURN_WEBHOOK_SECRETS=SECRET,
        SOJOURN_ACCESS_LOG="true",
        SOJOURN_MAX_BODY="2000",
        SOJOURN_WEBHOOK_ALLOW_PRIVATE="true",
    ) as made:
        yield made


@asynccontextmanager
async def refusing(port: int) -> AsyncIterator[Refusing]:
    hooks = Refusing()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(hooks, hostname="localhost"), "127.0.0.1", port
    )
    try:
        yield hooks
    finally:
        server.close()
        await server.wait_closed()


def spoil(store: Path) -> None:
    """Let whatever Temporal has to be told from now on be what nobody can read."""
    with closing(sqlite3.connect(store, timeout=30)) as rows:
        rows.execute(
            """CREATE TRIGGER spoil AFTER INSERT ON commands BEGIN
            UPDATE commands SET payload = '{"firstname": "Ximena"}' WHERE id = new.id; END"""
        )
        rows.commit()


async def asks(http: httpx.AsyncClient, key: str) -> list[int]:
    """Ask for what cannot be, in every way; return how each was answered."""
    person = f"/v1/people/contact/{ID}"
    of_crm = "/v1/sources/crm/in"
    change = {"table": "contact", "record_id": ID, "operation": "update"}
    crm = {
        "format": "dataverse",
        "credentials": [{"kind": "header", "name": "x-hook", "value": PASSED}],
    }
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", "/v1/sources/crm", {"json": crm}),
        ("POST", of_crm, {"headers": {"x-hook": "Ximena"}, "json": XIMENA}),
        ("POST", of_crm, {"headers": {"x-hook": PASSED}, "content": b"Ximena"}),
        ("POST", of_crm, {"headers": {"x-hook": PASSED}, "json": {"EntityId": ID, **XIMENA}}),
        ("POST", f"/v1/sources/{ID}/in", {"json": XIMENA}),
        ("POST", "/v1/changes", {"json": {**change, "values": {"birthdate": "Ximena's"}}}),
        ("POST", "/v1/changes", {"json": {**change, "values": {"leaking": "roof"}}}),
        ("POST", "/v1/changes", {"content": b"Ximena" * 1_000}),
        ("POST", "/v1/changes", {"content": b"Ximena", "headers": {"content-encoding": "Ximena"}}),
        ("POST", "/v1/changes", {"content": b"{Ximena"}),
        ("POST", "/v1/events", {"json": {**JOINED, "attributes": {"roof": 1}}}),
        ("GET", f"{person}?cursor=Ximena", {}),
        ("GET", f"/v1/refused?person={ID}", {}),
        ("GET", f"/{ID}", {}),
        ("GET", person, {"headers": {"authorization": f"Bearer sj_{ID}"}}),
        ("GET", person, {"headers": {"authorization": ""}}),
        ("PUT", "/v1/templates/hello", {"json": {"subject": "Ximena", "roof": 1}}),
        ("POST", "/v1/journeys/writes/simulate", {"json": {"change": XIMENA}}),
        ("GET", "/v1/%00ximena", {}),
    ]
    statuses = []
    for method, path, more in asked:
        headers = {"authorization": f"Bearer {key}"} | more.pop("headers", {})
        statuses.append((await http.request(method, path, headers=headers, **more)).status_code)
    return statuses


async def test_nothing_of_anybody_is_in_the_log_of_any_process(parts: System) -> None:
    await asyncio.gather(parts.gateway.start(), parts.worker.start(), parts.temporal.start())
    async with (
        refusing(parts.smtp_port) as mail_server,
        httpx.AsyncClient(base_url=parts.url, timeout=60) as http,
    ):
        await answering(http)
        for elsewhere in ({"host": "ximena.example.org"}, {"origin": "https://ximena.example.org"}):
            await http.get(f"/v1/people/contact/{ID}", headers=elsewhere)
        await bring(BUNDLE, http)
        await http.put(f"/v1/tables/contact/records/{ID}", json=XIMENA)
        await http.post("/v1/events", json={**JOINED, "attributes": {"about": "leaking roof"}})
        await until(lambda: mail_server.asked > 1, "a mail that is refused", 60)

        spoil(parts.folder / "sojourn.db")
        await http.post("/v1/events", json={**JOINED, "attributes": {"about": "leaking roof"}})
        await until(lambda: "set aside" in both_said(parts), "a command set aside", 60)
        await until(lambda: "call-webhook" in parts.said("worker"), "a call that failed", 60)

        made = await http.post("/v1/keys", json={"name": "root", "scopes": ["admin"]})
        statuses = await asks(http, made.json()["key"])

    assert statuses == [
        201, 401, 400, 200, 401, 200, 200, 413, 415, 400, 200, 200, 422, 404, 401, 401, 422, 422, 400,
    ]  # fmt: skip
    assert [each for each in PERSONAL if each in both_said(parts)] == []
