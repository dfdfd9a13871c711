"""Sources: declared with what lets them in, and what the door and the log say of each."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from pydantic import TypeAdapter

from api.door.limits import Limits
from store.database import Database
from store.sources import sources
from tests.api.conftest import Asked
from tests.api.guarded import NOON, Guarded, guarded
from tests.api.test_dataverse import CASE, CREATED, context
from wire.credentials import Credential
from wire.signatures import signature

SECRET = "whsec_c29qb3VybnMtb3duLXRlc3Qtc2VjcmV0"
CRM = {"format": "dataverse", "title": "The CRM"}
SIGNS = {"kind": "signature", "scheme": "standard-webhooks", "secret": SECRET}
IN = "/sources/crm/in"
PASSED = "The-quick-brown-fox"


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    at = int(NOON.timestamp()) - age
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": signature(secret, "msg_1", at, body),
    }


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Guarded]:
    async with guarded(database, Limits(logged=True)) as it:
        yield it


async def declared(door: Guarded, *credentials: dict[str, Any], **more: Any) -> Guarded:
    """Declare a source `crm` and make a key, so that from now on everybody needs something."""
    await door.http.put("/v1/sources/crm", json=CRM | {"credentials": credentials} | more)
    door.makes("root", "admin")
    door.passes(seconds=1)
    return door


def makes(door: Guarded, *scopes: str) -> str:
    """Make a key in the store, and wait until it counts."""
    key, _ = door.makes("-".join(scopes), *scopes)
    door.passes(seconds=1)
    return key


async def test_a_source_has_an_address_of_its_own(asked: Asked) -> None:
    shown = await asked.put("/sources/crm", CRM)

    answer = await asked.post(IN, CREATED)

    assert shown["url"] == "http://127.0.0.1:8000/v1/sources/crm/in"
    assert (answer["accepted"], answer["refused"]) == (1, [])
    assert await asked.get(f"/tables/incident/records/{CASE}")


async def test_it_counts_what_came_from_it(asked: Asked) -> None:
    await asked.put("/sources/crm", CRM)

    bodies: list[Any] = [CREATED, CREATED, context("WhoAmI", "none", "", None), []]
    for body in bodies:
        await asked.post(IN, body)

    source = await asked.get("/sources/crm")
    counts = ["received", "accepted", "duplicates", "refused", "ignored", "last_hour"]
    assert [source[each] for each in counts] == [4, 1, 1, 1, 1, 4]
    assert source["last_received_at"] > source["created_at"]
    refused = await asked.get("/refused?source=crm")
    assert [each["source"] for each in refused["items"]] == ["crm"]
    assert (await asked.get("/refused?source=erp"))["items"] == []


async def test_what_is_replayed_is_not_counted_again(asked: Asked) -> None:
    await asked.put("/sources/crm", CRM)
    await asked.post(IN, [])
    [kept] = (await asked.get("/refused?source=crm"))["items"]

    await asked.post(f"/refused/{kept['id']}/replay", CREATED)

    source = await asked.get("/sources/crm")
    assert (source["received"], source["refused"], source["accepted"]) == (1, 1, 0)


async def test_what_was_refused_of_a_source_that_is_gone_cannot_be_read_again(asked: Asked) -> None:
    await asked.put("/sources/crm", CRM)
    await asked.post(IN, [])
    [kept] = (await asked.get("/refused"))["items"]
    await asked.ask("DELETE", "/sources/crm", status=204)

    detail = await asked.conflict("POST", f"/refused/{kept['id']}/replay", CREATED)

    assert detail == (
        "Expected the source that sent it, but there is no 'crm' that speaks dataverse any more."
    )


async def test_some_sources_are_there_without_being_declared(asked: Asked) -> None:
    await asked.post("/changes/dataverse", CREATED)

    [source] = [each for each in (await asked.get("/sources"))["items"] if each["received"]]

    assert (source["name"], source["declared"], source["accepted"]) == ("dataverse", False, 1)


async def test_one_that_is_declared_under_its_name_takes_its_address(door: Guarded) -> None:
    await declared(door)
    root = makes(door, "admin")
    secret = {"kind": "query", "name": "code", "value": PASSED}
    body = CRM | {"credentials": [secret]}

    await door.http.put("/v1/sources/dataverse", json=body, headers={"x-api-key": root})

    path = "/v1/changes/dataverse"
    assert await door.asks("POST", f"{path}?code={PASSED}", json=CREATED) == 200
    assert await door.asks("POST", path, root, json=CREATED) == 401
    gone = await door.asks("DELETE", "/v1/sources/dataverse", root)
    assert gone == 204
    assert await door.asks("POST", path, root, json=CREATED) == 200


async def test_a_source_without_credentials_needs_a_key(door: Guarded) -> None:
    await declared(door)
    ingest = makes(door, "ingest")
    author = makes(door, "author")

    assert await door.asks("POST", f"/v1{IN}", json=CREATED) == 401
    assert await door.asks("POST", f"/v1{IN}", author, json=CREATED) == 403
    assert await door.asks("POST", f"/v1{IN}", ingest, json=CREATED) == 200
    assert await door.asks("POST", f"/v1{IN}?code={ingest}", json=CREATED) == 200


@pytest.mark.parametrize(
    ("credential", "path", "headers"),
    [
        pytest.param(
            {"kind": "header", "name": "X-Hook", "value": PASSED}, "", {"x-hook": PASSED},
            id="a header",
        ),
        pytest.param(
            {"kind": "query", "name": "code", "value": PASSED}, f"?code={PASSED}", {},
            id="a parameter",
        ),
        pytest.param(
            {"kind": "basic", "user": "ana", "password": PASSED}, "",
            {"authorization": "Basic YW5hOlRoZS1xdWljay1icm93bi1mb3g="}, id="a password",
        ),
        pytest.param(
            {"kind": "bearer", "token": PASSED}, "", {"authorization": f"Bearer {PASSED}"},
            id="a token",
        ),
        pytest.param(
            {"kind": "write-key", "value": PASSED}, "",
            {"authorization": "Basic VGhlLXF1aWNrLWJyb3duLWZveDo="}, id="a write key",
        ),
    ],
)  # fmt: skip
async def test_a_credential_lets_its_source_in_without_a_key(
    door: Guarded, credential: dict[str, Any], path: str, headers: dict[str, str]
) -> None:
    await declared(door, credential, {"kind": "bearer", "token": "another"})
    key = makes(door, "ingest")
    wrong = {name: value[:-6] for name, value in headers.items()}

    assert await door.asks("POST", f"/v1{IN}{path}", headers=headers, json=CREATED) == 200
    assert await door.asks("POST", f"/v1{IN}{path[:-1]}", headers=wrong, json=CREATED) == 401
    assert await door.asks("POST", f"/v1{IN}", key, json=CREATED) == 401
    assert await door.asks("GET", f"/v1/tables{path}", headers=headers) == 401
    assert await door.asks("POST", f"/v1/changes{path}", headers=headers, json=CREATED) == 401


def test_every_kind_of_credential_is_tried() -> None:
    marks = test_a_credential_lets_its_source_in_without_a_key.pytestmark
    tried = {case.values[0]["kind"] for case in marks[0].args[1]} | {SIGNS["kind"]}
    schema = TypeAdapter(Credential).json_schema()

    assert tried == set(schema["discriminator"]["mapping"])


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
async def test_a_signature_is_checked_on_the_bytes_as_they_came(
    door: Guarded, *, packed: bool
) -> None:
    await declared(door, {**SIGNS, "secret": "whsec_b2xk"}, SIGNS)
    body = orjson.dumps(CREATED)
    body = gzip.compress(body) if packed else body
    coding = {"content-encoding": "gzip"} if packed else {}

    async def asks(content: bytes, headers: dict[str, str]) -> int:
        headers = coding | headers
        return await door.asks("POST", f"/v1{IN}", content=content, headers=headers)

    assert await asks(body, signed(body)) == 200
    assert await asks(body, signed(body, secret="whsec_b2xk")) == 200
    assert await asks(body, signed(body, secret="whsec_b3RoZXI=")) == 401
    assert await asks(body + b" ", signed(body)) == 401
    assert await asks(b"", signed(body)) == 401
    assert await asks(body, {}) == 401


async def test_why_a_source_is_not_let_in_is_told_apart_in_the_log_alone(
    door: Guarded, capsys: pytest.CaptureFixture[str]
) -> None:
    await declared(door, SIGNS)
    root = makes(door, "admin")
    passes = {"kind": "header", "name": "x-hook", "value": PASSED}
    for name, more in {"erp": {}, "shop": {"enabled": False}}.items():
        draft = CRM | {"credentials": [passes]} | more
        await door.http.put(f"/v1/sources/{name}", json=draft, headers={"x-api-key": root})
    body = orjson.dumps(CREATED)
    capsys.readouterr()

    answers = [
        await door.http.post(f"/v1/sources/{name}/in", content=body, headers=headers)
        for name, headers in [
            ("nobody", {"x-hook": PASSED}),
            ("shop", {"x-hook": PASSED}),
            ("erp", {"x-hook": "quick"}),
            ("erp", {}),
            ("crm", {}),
            ("crm", signed(body, secret="whsec_b3RoZXI=")),
            ("crm", signed(body, age=301)),
        ]
    ]

    said = capsys.readouterr().err
    logged = [orjson.loads(line) for line in said.splitlines()]
    assert [(each["refused"], each.get("source")) for each in logged] == [
        ("unknown source", None),
        ("disabled source", None),
        ("wrong credentials", "erp"),
        ("wrong credentials", "erp"),
        ("wrong signature", "crm"),
        ("wrong signature", "crm"),
        ("replayed signature", "crm"),
    ]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    assert len({_told(each) for each in answers}) == 1
    assert [each for each in (PASSED, SECRET, "msg_1", "nobody") if each in said] == []


def _told(answer: httpx.Response) -> tuple[tuple[str, str], ...]:
    return tuple(item for item in answer.headers.items() if item[0] != "x-request-id")


async def test_a_source_is_unknown_even_where_nobody_needs_a_key(asked: Asked) -> None:
    await asked.post("/sources/nobody/in", CREATED, status=401)


async def test_what_lets_in_is_shown_to_nobody_and_kept_so_that_few_can_be_read(
    door: Guarded, database: Database
) -> None:
    basic = {"kind": "basic", "user": "ana", "password": PASSED}

    made = await door.http.put("/v1/sources/crm", json=CRM | {"credentials": [basic, SIGNS]})
    listed = await door.http.get("/v1/sources")

    assert made.json()["credentials"] == [
        {"kind": "basic", "user": "ana"},
        {"kind": "signature", "scheme": "standard-webhooks"},
    ]
    for answer in (made, listed):
        assert PASSED not in answer.text
        assert SECRET not in answer.text
    with database.reading() as session:
        kept = str(sources(session)[0].credentials)
    assert PASSED not in kept
    assert SECRET in kept


async def test_a_put_without_credentials_leaves_those_there_are(door: Guarded) -> None:
    await declared(door, {"kind": "header", "name": "x-hook", "value": PASSED})
    root = makes(door, "admin")

    again = await door.http.put("/v1/sources/crm", json=CRM, headers={"x-api-key": root})

    assert again.status_code == 200
    assert again.json()["credentials"] == [{"kind": "header", "name": "x-hook"}]
    assert await door.asks("POST", f"/v1{IN}", headers={"x-hook": PASSED}, json=CREATED) == 200


async def test_a_source_that_another_process_removed_is_let_in_no_more(door: Guarded) -> None:
    await declared(door, {"kind": "header", "name": "x-hook", "value": PASSED})

    async def status() -> int:
        return await door.asks("POST", f"/v1{IN}", headers={"x-hook": PASSED}, json=CREATED)

    assert await status() == 200
    door.database.write(lambda session: session.delete(sources(session)[0]))
    door.passes(seconds=1)

    assert await status() == 401


async def test_a_source_that_asks_too_often_is_told_when_to_come_again(database: Database) -> None:
    async with guarded(database, Limits(per_second=0.001)) as door:
        await declared(door, {"kind": "header", "name": "x-hook", "value": PASSED})
        asked = [
            await door.asks("POST", f"/v1{IN}", headers={"x-hook": PASSED}, json=CREATED)
            for _ in range(2)
        ]
        forged = await door.asks("POST", f"/v1{IN}", headers={"x-hook": "forged"}, json=CREATED)

    assert asked == [200, 429]
    assert forged == 401


@pytest.mark.parametrize(
    ("body", "path", "sentence"),
    [
        pytest.param(
            {"format": "morse"}, "/format", "Expected a format that is one of ", id="no format"
        ),
        pytest.param(
            {"format": "dataverse", "settings": {"colour": 1}}, "/settings/colour", "",
            id="a setting that the format has not",
        ),
        pytest.param(
            {"format": "dataverse", "credentials": [{"kind": "handshake"}]}, "/credentials/0", "",
            id="no kind of credential",
        ),
        pytest.param(
            {"format": "dataverse", "credentials": [{**SIGNS, "scheme": "wax"}]},
            "/credentials/0/scheme", "Expected a scheme that is one of ",
            id="no scheme of signatures",
        ),
        pytest.param({"format": "dataverse", "name": "erp"}, "/name", "", id="another name"),
    ],
)  # fmt: skip
async def test_a_source_that_makes_no_sense_is_refused_with_the_place(
    asked: Asked, body: dict[str, Any], path: str, sentence: str
) -> None:
    [(where, message)] = await asked.refused("PUT", "/sources/crm", body)

    assert where == path
    assert message.startswith(sentence or "Expected ")
    await asked.get("/sources/crm", status=404)


async def test_a_name_that_is_no_name_is_refused(asked: Asked) -> None:
    [(where, _)] = await asked.refused("PUT", "/sources/The CRM", CRM)

    assert where == "/name"


async def test_a_pasted_body_shows_what_is_understood_and_changes_nothing(asked: Asked) -> None:
    said = await asked.post("/sources/dataverse/try", {"body": CREATED})

    [understood] = said["understood"]
    assert understood["change"]["table"] == "incident"
    assert understood["change"]["values"]["title"] == "Printer"
    assert understood["problems"] == []
    assert understood["left_out"] == ["new_severity"]
    await asked.get(f"/tables/incident/records/{CASE}", status=404)
    source = await asked.get("/sources/dataverse")
    assert source["received"] == 0


@pytest.mark.parametrize(
    ("pasted", "path", "sentence"),
    [
        pytest.param([], "", "Expected a JSON object, but the body is a list.", id="no body of it"),
        pytest.param(
            {**CREATED, "PrimaryEntityName": "new_loan"}, "/table",
            "Expected a table that is declared, but 'new_loan' is none.", id="an unknown table",
        ),
        pytest.param(
            context("Create", "incident", CASE, {"Attributes": [{"key": "title", "value": 7}]}),
            "/values/title", "Expected text, but title is 7.", id="a value that does not fit",
        ),
    ],
)  # fmt: skip
async def test_a_pasted_body_shows_what_is_wrong_with_it(
    asked: Asked, pasted: Any, path: str, sentence: str
) -> None:
    said = await asked.post("/sources/dataverse/try", {"body": pasted})

    [problem] = said["understood"][0]["problems"]
    assert (problem["path"], problem["message"]) == (path, sentence)


async def test_a_pasted_body_shows_why_nothing_comes_of_it(asked: Asked) -> None:
    body = context("WhoAmI", "none", "", None)

    said = await asked.post("/sources/dataverse/try", {"body": body})

    assert said["understood"] == []
    assert said["ignored"][0].startswith("Expected a message that changes ")
