"""What nobody foresaw: it is answered in a sentence, and logged without anything about a person."""

import httpx
import pytest
import structlog
from fastapi import APIRouter
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.door.door import Door
from api.door.keyring import Keyring
from api.door.limits import Limits
from api.sourcebook import Sourcebook
from store.database import Database
from tests.api.conftest import gateway_over

ANA = "ana@example.org"


def broken(database: Database) -> httpx.AsyncClient:
    """A gateway with a route that nobody thought through, and speaks of whom it was asked about."""
    router = APIRouter()

    @router.get("/v1/broken/{person}")
    def greet(person: str) -> None:
        try:
            int(person)
        except ValueError as error:
            raise LookupError(f"Dear {person}") from error

    @router.get("/v1/groups/{person}")
    def greet_all(person: str) -> None:
        raise ExceptionGroup(person, [KeyError(person), OSError(person)])

    app = create_app(gateway_over(database, []), router, limits=Limits(logged=True))
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def test_what_fails_is_answered_as_a_problem_with_the_requests_id(
    database: Database,
) -> None:
    async with broken(database) as http:
        answer = await http.get(f"/v1/broken/{ANA}", headers={"x-request-id": "r-7"})

    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r-7")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == (
        "Expected to answer, but something failed here: the log says what, under the request r-7."
    )


async def test_the_log_says_where_it_failed_and_nothing_of_whom(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with structlog.testing.capture_logs() as said:
        async with broken(database) as http:
            await http.get(f"/v1/broken/{ANA}", headers={"x-request-id": "r-7"})
            await http.get(f"/v1/groups/{ANA}")

    assert ANA not in str(said) + "".join(capsys.readouterr())
    first, second = said
    assert (first["request"], first["route"]) == ("r-7", "/v1/broken/{person}")
    cause, itself = first["exception"].split("\n\n")
    assert "in greet\n" in cause
    assert cause.endswith("builtins.ValueError")
    assert itself.endswith("builtins.LookupError")
    assert [each.rpartition("\n")[2] for each in second["exception"].split("\n\n")] == [
        "builtins.KeyError",
        "builtins.OSError",
        "builtins.ExceptionGroup",
    ]


async def test_what_fails_half_way_through_its_answer_is_cut_off(database: Database) -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(ANA)

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/healthz",
        "headers": [],
        "query_string": b"",
    }
    with structlog.testing.capture_logs() as said:
        await Door(half, Keyring(database), Sourcebook(database), Limits())(scope, receive, send)

    assert [each["type"] for each in sent] == ["http.response.start"]
    assert [each["event"] for each in said] == ["a request failed"]
