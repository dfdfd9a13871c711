"""Keys: who gets in, as whom, and what they may do there."""

from collections.abc import AsyncIterator, Iterator

import orjson
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import event

from api.app import ROUTERS
from api.door import Limits
from api.scopes import Needs, anybody
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


@pytest.mark.parametrize("route", list(routes()), ids=lambda route: route.name)
def test_every_route_says_which_scope_it_needs(route: APIRoute) -> None:
    said = [each.dependency for each in route.dependencies]

    assert [each for each in said if isinstance(each, Needs) or each is anybody]


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


MAY = {
    "ingest": {"send a change", "write a record"},
    "author": {
        "read a record",
        "read a journey",
        "write a template",
        "pause",
        "simulate",
        "explain",
    },
    "operate": {"read a record", "read a journey", "pause", "explain", "see instances", "erase"},
}
DOES = {
    "send a change": ("POST", "/v1/changes"),
    "write a record": ("PUT", "/v1/tables/contact/records/ana"),
    "read a record": ("GET", "/v1/tables/contact/records/ana"),
    "read a journey": ("GET", "/v1/journeys/none"),
    "write a template": ("PUT", "/v1/templates/survey"),
    "simulate": ("POST", "/v1/journeys/none/simulate"),
    "explain": ("POST", "/v1/changes/explain"),
    "pause": ("POST", "/v1/journeys/none/pause"),
    "see instances": ("GET", "/v1/instances"),
    "erase": ("DELETE", "/v1/people/contact/ana"),
    "see keys": ("GET", "/v1/keys"),
    "make a key": ("POST", "/v1/keys"),
}


@pytest.mark.parametrize("scope", ["ingest", "author", "operate", "admin"])
async def test_a_scope_allows_what_it_is_for_and_nothing_else(door: Guarded, scope: str) -> None:
    key, _ = door.makes("somebody", scope)

    statuses = {what: await door.asks(*does, key, json={}) for what, does in DOES.items()}

    assert 401 not in statuses.values()
    allowed = {what for what, status in statuses.items() if status != 403}
    assert allowed == MAY.get(scope, DOES.keys())


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
