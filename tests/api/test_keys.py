"""Keys: who gets in, as whom, and what they may do there."""

from collections.abc import AsyncIterator, Iterator

import orjson
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import event

from api.door.limits import Limits
from api.routes import ROUTERS
from store.database import Database
from store.keys import keys
from tests.api.guarded import ANA, Guarded, guarded
from tests.locked import another_process_writing


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Guarded]:
    async with guarded(database, Limits(logged=True)) as it:
        yield it


def routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield route


async def test_while_there_is_no_key_nobody_needs_one(door: Guarded) -> None:
    assert await door.asks("GET", "/v1/tables") == 200
    assert await door.asks("POST", "/v1/changes", json=ANA) == 200


async def test_where_others_reach_it_everybody_needs_one(database: Database) -> None:
    async with guarded(database, always=True) as door:
        assert await door.asks("GET", "/v1/tables") == 401
        assert await door.asks("GET", "/healthz") == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/v1/tables", 401, id="a route"),
        pytest.param("/v1/nothing", 401, id="what there is not"),
        pytest.param("/inbox", 401, id="an inbox that this gateway has not"),
        pytest.param("/healthz/../v1/tables", 401, id="a way round"),
        pytest.param("/healthz", 200, id="whether it is alive"),
        pytest.param("/readyz", 200, id="whether it is ready"),
        pytest.param("/docs", 200, id="the description for people"),
        pytest.param("/openapi.json", 200, id="the description for machines"),
    ],
)
async def test_once_there_is_a_key_requests_need_one(door: Guarded, path: str, status: int) -> None:
    door.makes("root", "admin")

    assert await door.asks("GET", path) == status


async def test_a_first_key_over_the_api_counts_for_the_next_request(door: Guarded) -> None:
    made = await door.http.post("/v1/keys", json={"name": "root", "scopes": ["admin"]})

    assert made.status_code == 201
    assert await door.asks("GET", "/v1/keys") == 401
    assert await door.asks("GET", "/v1/keys", made.json()["key"]) == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/v1/changes", {"authorization": "Bearer {}"}, 200, id="a bearer"),
        pytest.param(
            "/v1/changes", {"authorization": "bearer {}"}, 200, id="a bearer in lower case"
        ),
        pytest.param("/v1/changes", {"x-api-key": "{}"}, 200, id="a header"),
        pytest.param("/v1/changes/dataverse?code={}", {}, 200, id="Dataverse's webhook key"),
        pytest.param("/v1/changes/dataverse?hook={}", {}, 200, id="a parameter of our choice"),
        pytest.param("/v1/changes/dataverse", {"hook": "{}"}, 200, id="a header of our choice"),
        pytest.param("/v1/changes?code={}", {}, 401, id="a parameter where Dataverse is not"),
        pytest.param("/v1/changes", {"authorization": "Basic {}"}, 401, id="another scheme"),
        pytest.param("/v1/changes", {"authorization": "Bearer"}, 401, id="a bearer of nothing"),
        pytest.param("/v1/changes", {"x-api-key": "{}x"}, 401, id="nearly the key"),
    ],
)
async def test_a_key_can_be_presented(
    database: Database, path: str, headers: dict[str, str], status: int
) -> None:
    async with guarded(database, Limits(dataverse_key="hook")) as door:
        key, _ = door.makes("crm", "ingest")
        brought = {name: value.format(key) for name, value in headers.items()}

        assert await door.asks("POST", path.format(key), headers=brought, json=ANA) == status


async def test_a_key_that_does_not_let_in_is_told_apart_in_the_log_alone(
    door: Guarded, capsys: pytest.CaptureFixture[str]
) -> None:
    door.makes("root", "admin")
    gone, _ = door.makes("gone", "admin")
    door.revokes("gone")

    answers = [
        await door.http.get("/v1/tables", headers={"x-api-key": key} if key else {})
        for key in (None, "sj_nobodys", gone)
    ]

    logged = [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(each["refused"], each["key"]) for each in logged] == [
        ("no key", None),
        ("unknown key", None),
        ("revoked key", "gone"),
    ]
    assert len({each.content for each in answers}) == 1
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="sojourn"'
        assert answer.headers["content-type"] == "application/problem+json"


ROUTES = {
    "admin": """
        GET /v1/keys
        POST /v1/keys
        DELETE /v1/keys/{name}
        PUT /v1/sources/{name}
        DELETE /v1/sources/{name}
        POST /v1/sources/{name}/register
    """,
    "author": """
        POST /v1/journeys
        PUT /v1/journeys/{name}
        DELETE /v1/journeys/{name}
        POST /v1/journeys/{name}/copy
        POST /v1/journeys/{name}/publish
        POST /v1/journeys/{name}/simulate
        POST /v1/journeys/simulate
        POST /v1/sources/{name}/tables
        PUT /v1/tables/{table}
        DELETE /v1/tables/{table}
        PUT /v1/templates/{name}
        DELETE /v1/templates/{name}
        POST /v1/templates/{name}/preview
        PUT /v1/triggers/{name}
        DELETE /v1/triggers/{name}
        POST /v1/triggers/{name}/clone
        POST /v1/triggers/{name}/ready
        POST /v1/triggers/{name}/stop
    """,
    "author operate": """
        POST /v1/changes/explain
        GET /v1/journeys
        GET /v1/journeys/{name}
        GET /v1/journeys/{name}/drawing.svg
        GET /v1/journeys/{name}/problems
        GET /v1/journeys/{name}/versions
        POST /v1/journeys/{name}/complete
        POST /v1/journeys/{name}/pause
        POST /v1/journeys/{name}/resume
        POST /v1/journeys/{name}/stop
        GET /v1/sources
        GET /v1/sources/{name}
        POST /v1/sources/{name}/try
        GET /v1/tables
        GET /v1/tables/{table}
        GET /v1/tables/{table}/records
        GET /v1/tables/{table}/records/{record_id:path}
        GET /v1/templates
        GET /v1/templates/{name}
        GET /v1/triggers
        GET /v1/triggers/{name}
        GET /v1/triggers/{name}/snippets
    """,
    "ingest": """
        POST /v1/alias
        POST /v1/batch
        POST /v1/changes
        POST /v1/changes/cloudevents
        POST /v1/changes/dataverse
        POST /v1/changes/debezium
        POST /v1/events
        POST /v1/group
        POST /v1/identify
        POST /v1/page
        POST /v1/screen
        POST /v1/sources/{name}/in
        PUT /v1/tables/{table}/records/{record_id:path}
        PATCH /v1/tables/{table}/records/{record_id:path}
        DELETE /v1/tables/{table}/records/{record_id:path}
        POST /v1/track
    """,
    "operate": """
        GET /v1/instances
        GET /v1/instances/{instance}
        POST /v1/instances/{instance}/eject
        POST /v1/instances/{instance}/fast-forward
        POST /v1/instances/{instance}/skip-wait
        GET /v1/instances/{instance}/timeline
        GET /v1/messages
        GET /v1/people/{table}/{person_id:path}
        DELETE /v1/people/{table}/{person_id:path}
        GET /v1/refused
        POST /v1/refused/{refused}/replay
        POST /v1/sources/{name}/repair
    """,
    "anybody": """
        GET /healthz
        GET /readyz
        OPTIONS /v1/changes/cloudevents
        OPTIONS /v1/sources/{name}/in
    """,
}
"""Which scopes may ask for which route, beside `admin`, who may ask for all."""

SCOPES = ("ingest", "author", "operate", "admin")


def asked(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def test_the_table_has_every_route_there_is() -> None:
    there = {f"{method} {each.path}" for each in routes() for method in each.methods or ()}

    assert sorted(there) == sorted(each for text in ROUTES.values() for each in asked(text))


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_scope_opens_the_routes_that_are_its_own_and_no_other(
    database: Database, scope: str
) -> None:
    async with guarded(database) as door:
        key, _ = door.makes("somebody", scope)

        opens = {
            named: [each for each in asked(text) if await _lets_in(door, each, key)]
            for named, text in ROUTES.items()
        }

    whose = {"anybody", scope} | {named for named in ROUTES if scope in named.split()}
    assert opens == {
        named: asked(text) if named in whose or scope == "admin" else []
        for named, text in ROUTES.items()
    }


async def _lets_in(door: Guarded, asked: str, key: str) -> bool:
    """Say whether a request gets past who may ask, whatever becomes of it then."""
    method, path = asked.replace("{name}/in", "dataverse/in").replace(":path", "").split()
    status = await door.asks(method, path.format_map(_Nothing()), key, json={"a": [1]})
    assert status not in {401, 405, 500}, asked
    return status != 403


class _Nothing(dict[str, str]):
    """A name for whatever a path names."""

    def __missing__(self, key: str) -> str:
        return "nothing"


async def test_a_key_of_two_scopes_has_both(door: Guarded) -> None:
    key, _ = door.makes("somebody", "ingest", "operate")

    assert await door.asks("POST", "/v1/changes", key, json=ANA) == 200
    assert await door.asks("GET", "/v1/instances", key) == 200
    refused = await door.http.put("/v1/templates/a", headers={"x-api-key": key}, json={})
    assert refused.json()["detail"] == (
        "Expected a key with the scope admin or author, but somebody has ingest and operate."
    )


async def test_a_key_is_shown_once_and_kept_as_a_hash(door: Guarded) -> None:
    made = (await door.http.post("/v1/keys", json={"name": "root", "scopes": ["admin"]})).json()
    key = made["key"]
    listed = await door.http.get("/v1/keys", headers={"x-api-key": key})

    assert key.startswith("sj_")
    assert len(key) == 46  # 256 bits
    assert key not in listed.text
    assert listed.json()["items"][0].keys() == made.keys() - {"key", "signing_secret"}
    with door.database.reading() as session:
        assert key not in str(keys(session)[0].model_dump())


async def test_a_revoked_key_opens_nothing_from_the_next_request_on(door: Guarded) -> None:
    key, _ = door.makes("root", "admin")

    assert await door.asks("DELETE", "/v1/keys/root", key) == 200
    assert await door.asks("GET", "/v1/tables", key) == 401
    assert await door.asks("GET", "/v1/tables") == 401  # without any key left it stays shut


async def test_a_key_of_another_process_counts_after_a_second(door: Guarded) -> None:
    assert await door.asks("GET", "/v1/tables") == 200

    key, _ = door.makes("root", "admin")
    door.passes(seconds=1)
    assert await door.asks("GET", "/v1/tables") == 401
    assert await door.asks("GET", "/v1/tables", key) == 200

    door.revokes("root")
    door.passes(seconds=1)
    assert await door.asks("GET", "/v1/tables", key) == 401


async def test_within_a_second_requests_ask_the_store_once(door: Guarded) -> None:
    key, _ = door.makes("crm", "ingest")
    asked: list[str] = []
    event.listen(door.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))

    for _ in range(20):
        assert await door.asks("GET", "/v1/nothing", key) == 404

    assert len([each for each in asked if "FROM keys" in each]) == 1


async def test_keys_that_are_known_let_in_while_the_store_is_away(door: Guarded) -> None:
    key, _ = door.makes("crm", "ingest")
    assert await door.asks("GET", "/v1/nothing", key) == 404
    away = event.listens_for(door.database.engine, "do_connect")

    door.database.engine.dispose()
    away(_out_of_reach)
    door.passes(seconds=5)

    assert await door.asks("GET", "/v1/nothing", key) == 404
    assert await door.asks("GET", "/v1/nothing") == 401


async def test_while_no_key_was_ever_read_nobody_is_let_in(door: Guarded) -> None:
    door.database.engine.dispose()
    event.listens_for(door.database.engine, "do_connect")(_out_of_reach)

    answer = await door.http.get("/v1/tables")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert await door.asks("GET", "/healthz") == 200


def _out_of_reach(dialect: object, *_: object) -> None:
    raise dialect.loaded_dbapi.OperationalError("away")  # type: ignore[attr-defined]


async def test_when_a_key_was_last_used_is_known_to_a_minute(door: Guarded) -> None:
    key, _ = door.makes("crm", "ingest")
    assert await door.asks("GET", "/v1/nothing", key) == 404
    used = door.now

    door.passes(minutes=1)
    assert await door.asks("GET", "/healthz") == 200
    assert await door.asks("GET", "/v1/nothing") == 401

    with door.database.reading() as session:
        assert [row.last_used_at for row in keys(session)] == [used]


async def test_a_revoked_key_that_is_presented_is_not_used(door: Guarded) -> None:
    key, _ = door.makes("gone", "ingest")
    door.revokes("gone")
    assert await door.asks("GET", "/v1/nothing", key) == 401

    door.passes(minutes=1)
    assert await door.asks("GET", "/v1/nothing", key) == 401

    with door.database.reading() as session:
        assert [row.last_used_at for row in keys(session)] == [None]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        pytest.param({"name": "crm", "scopes": ["admin"]}, 409, "no key has or had, but 'crm'", id="taken"),
        pytest.param({"name": "A b", "scopes": ["admin"]}, 422, "lower-case words", id="no name"),
        pytest.param({"name": "a", "scopes": []}, 422, "/scopes", id="no scope"),
        pytest.param({"name": "a", "scopes": ["all"]}, 422, "'ingest', 'author', 'operate' or 'admin'",
                     id="another scope"),
        pytest.param({"name": "a", "scopes": ["admin"], "key": "sj_1"}, 422, "/key", id="a key of one's own"),
    ],
)  # fmt: skip
async def test_a_key_that_cannot_be_made_is_said_in_a_sentence(
    door: Guarded, body: object, status: int, sentence: str
) -> None:
    root, _ = door.makes("root", "admin")
    door.makes("crm", "ingest")

    answer = await door.http.post("/v1/keys", json=body, headers={"x-api-key": root})

    assert answer.status_code == status
    assert sentence in answer.text


async def test_a_key_that_is_not_there_cannot_be_revoked(door: Guarded) -> None:
    answer = await door.http.delete("/v1/keys/nobody")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Expected a key, but there is none called 'nobody'."


async def test_a_store_that_cannot_be_written_to_keeps_nobody_out(database: Database) -> None:
    async with guarded(database) as door:
        key, _ = door.makes("crm", "ingest")
        with another_process_writing(database):
            assert await door.asks("GET", "/v1/nothing", key) == 404
