"""What calls as Segment's libraries do: which source it is of, and what it is told."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from store.database import Database
from tests.api.conftest import Asked
from tests.api.guarded import Guarded, guarded
from tests.clients.calling import declared
from tests.posts import SEGMENT

KEY, SECOND, TOKEN = "wk_7d1f0c8e5b", "wk_second", "token-of-its-own"
SHOP = {"format": "segment", "credentials": [{"kind": "write-key", "value": KEY}]}
IDENTIFY = {"userId": "ana", "traits": {"firstName": "Ana"}}
COMPLETED = {"kind": "custom", "attributes": {"order_id": "text"}}


def basic(user: str, password: str = "") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Guarded]:
    """A gateway with the source of a shop, and another that has a token as well."""
    async with guarded(database) as it:
        await it.http.put("/v1/sources/web-shop", json=SHOP)
        more = [{"kind": "write-key", "value": SECOND}, {"kind": "bearer", "token": TOKEN}]
        await it.http.put("/v1/sources/app", json=SHOP | {"credentials": more})
        yield it


async def received(door: Guarded, key: str | None = None) -> dict[str, int]:
    headers = {"x-api-key": key} if key else {}
    listed = (await door.http.get("/v1/sources", headers=headers)).json()["items"]
    return {each["name"]: each["received"] for each in listed if each["received"]}


@pytest.mark.parametrize(
    ("headers", "said", "source"),
    [
        pytest.param(basic(KEY), {}, "web-shop", id="a write key before the body"),
        pytest.param({}, {"writeKey": KEY}, "web-shop", id="one in it"),
        pytest.param(basic(KEY), {"writeKey": KEY}, "web-shop", id="the same twice"),
        pytest.param(basic(SECOND), {}, "app", id="that of another source"),
        pytest.param(bearer(TOKEN), {"writeKey": SECOND}, "app", id="a token, and a write key"),
        pytest.param(
            bearer("of-somebody"), {"writeKey": KEY}, "web-shop",
            id="a token of somebody whom the source does not know",
        ),
        pytest.param(basic(KEY), {"writeKey": SECOND}, None, id="two that do not agree"),
        pytest.param(bearer("another"), {"writeKey": SECOND}, None, id="a wrong token"),
        pytest.param(basic("wk_wrong"), {}, None, id="a wrong one before the body"),
        pytest.param({}, {"writeKey": "wk_wrong"}, None, id="a wrong one in it"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("keyed", [False, True], ids=["no key is needed", "a key is needed"])
async def test_a_write_key_says_which_source_it_is(
    door: Guarded, headers: dict[str, str], said: dict[str, Any], source: str | None, *, keyed: bool
) -> None:
    root = door.makes("root", "admin")[0] if keyed else None
    door.passes(seconds=1)

    status = await door.asks("POST", "/v1/identify", json=IDENTIFY | said, headers=headers)

    assert status == (200 if source else 401)
    assert await received(door, root) == ({source: 1} if source else {})


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        pytest.param(basic(KEY), {}, id="before the body"),
        pytest.param({}, {"writeKey": KEY}, id="in it"),
    ],
)
async def test_at_the_address_of_a_source_the_write_key_has_to_be_its_own(
    door: Guarded, headers: dict[str, str], said: dict[str, Any]
) -> None:
    body = {**IDENTIFY, "type": "identify"} | said

    assert await door.asks("POST", "/v1/sources/web-shop/in", json=body, headers=headers) == 200
    assert await door.asks("POST", "/v1/sources/app/in", json=body, headers=headers) == 401


async def test_without_a_source_of_its_own_a_write_key_is_a_key(database: Database) -> None:
    async with guarded(database) as door:
        ingest, _ = door.makes("app", "ingest")
        author, _ = door.makes("author", "author")
        root, _ = door.makes("root", "admin")
        door.passes(seconds=1)

        async def status(**more: Any) -> int:
            return await door.asks("POST", "/v1/identify", **more)

        assert await status(json=IDENTIFY, headers=basic(ingest)) == 200
        assert await status(json=IDENTIFY | {"writeKey": ingest}) == 200
        assert await status(json=IDENTIFY, headers=bearer(ingest)) == 200
        assert await status(json=IDENTIFY, headers=basic(author)) == 403
        assert await status(json=IDENTIFY, headers=basic("wk_wrong")) == 401
        assert await status(json=IDENTIFY) == 401
        assert await received(door, root) == {"segment": 3}


async def test_what_is_wrong_is_said_in_the_words_that_the_libraries_look_up(
    door: Guarded,
) -> None:
    wrong = await door.http.post("/v1/batch", json=SEGMENT, headers=basic("wk_wrong"))
    broken = await door.http.post("/v1/batch", content=b'{"batch": [', headers=basic(KEY))

    for answer, status, code in ((wrong, 401, "Unauthorized"), (broken, 400, "Bad Request")):
        body = answer.json()
        assert (answer.status_code, body["code"]) == (status, code)
        assert body["message"] == body["detail"]
        assert answer.headers["content-type"] == "application/problem+json"
    elsewhere = await door.http.get("/v1/tables/nothing")
    assert "code" not in elsewhere.json()


async def test_what_arrived_is_answered_as_the_libraries_want(asked: Asked) -> None:
    await asked.put("/triggers/order-completed", COMPLETED)
    await asked.post("/triggers/order-completed/ready")

    first = await asked.post("/batch", SEGMENT)
    again = await asked.post("/batch", SEGMENT)

    assert first["success"] is True
    assert (first["accepted"], len(first["ignored"])) == (4, 1)
    assert (again["success"], again["accepted"], again["duplicates"]) == (True, 0, 4)


async def test_a_write_key_is_kept_nowhere(asked: Asked) -> None:
    await asked.put("/sources/web-shop", SHOP)
    await asked.post("/identify", {"writeKey": KEY, "traits": {}})
    await asked.post("/batch", {"writeKey": KEY, "batch": None})

    refused = (await asked.get("/refused"))["items"]

    assert len(refused) == 2
    assert KEY not in str(refused)


async def test_a_track_that_no_trigger_waits_for_is_ignored_until_there_is_one(
    asked: Asked,
) -> None:
    track = {"messageId": "m1", "userId": "ana", "event": "Order Completed", "properties": {}}
    await asked.put("/tables/contact/records/ana", {"firstname": "Ana"})

    before = await asked.post("/track", track)
    await asked.put("/triggers/order-completed", COMPLETED)
    await asked.post("/triggers/order-completed/ready")
    after = await asked.post("/track", track | {"properties": {"colour": "red", "order_id": "o1"}})

    assert before["ignored"] == ["Expected a custom trigger, but 'order-completed' is none."]
    assert (before["accepted"], after["accepted"]) == (0, 1)
    source = await asked.get("/sources/segment")
    assert (source["accepted"], source["ignored"], source["refused"]) == (1, 1, 0)


async def test_a_pasted_track_shows_what_its_trigger_has_not(asked: Asked) -> None:
    properties = {"order_id": 7, "colour": "red"}
    track = {"type": "track", "userId": "ana", "event": "Order Completed", "properties": properties}

    unknown = await asked.post("/sources/segment/try", {"body": track})
    await asked.put("/triggers/order-completed", COMPLETED)
    known = await asked.post("/sources/segment/try", {"body": track})

    assert unknown["understood"][0]["problems"][0]["path"] == "/trigger"
    assert known["understood"][0]["event"]["trigger"] == "order-completed"
    assert known["understood"][0]["problems"][0]["path"] == "/attributes/order_id"
    assert known["understood"][0]["left_out"] == ["colour"]


async def test_a_refused_call_is_taken_in_once_it_is_corrected(asked: Asked) -> None:
    await asked.post("/identify", {"traits": {"firstName": "Ana"}})
    [kept] = (await asked.get("/refused?source=segment"))["items"]
    assert kept["problem"] == "Expected a userId, but it is missing."

    await asked.post(f"/refused/{kept['id']}/replay", IDENTIFY)

    person = await asked.get("/tables/contact/records/ana")
    assert person["values"]["firstname"] == "Ana"


async def test_the_settings_that_the_page_shows_say_where_people_are(asked: Asked) -> None:
    source, _, settings = declared(KEY)
    columns = [{"name": "plan", "type": "text"}, {"name": "since", "type": "datetime"}]
    await asked.put("/tables/member", {"primary_id": "id", "audience": {}, "columns": columns})
    await asked.put("/sources/web-shop", source | {"settings": settings})
    traits = {"subscription": {"plan": "gold"}, "createdAt": 1803902400}

    await asked.post("/identify", {"writeKey": KEY, "userId": "ana", "traits": traits})

    member = await asked.get("/tables/member/records/ana")
    assert member["values"] == {"id": "ana", "plan": "gold", "since": "2027-03-01T12:00:00Z"}
