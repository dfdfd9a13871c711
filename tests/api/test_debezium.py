"""What Debezium Server posts: its snapshot fires nothing, and each change after it fires once."""

from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from api.gateway import clock
from tests.api.conftest import Asked

PATH = "/changes/debezium"
SECRET = "whsec_c29qb3VybnMtb3duLXRlc3Qtc2VjcmV0"
CUSTOMERS = {
    "primary_id": "id",
    "audience": {"email": "email"},
    "columns": [
        {"name": "email", "type": "text"},
        {"name": "tier", "type": "text"},
        {"name": "notes", "type": "text"},
        {"name": "born", "type": "date"},
        {"name": "seen", "type": "datetime"},
        {"name": "credit", "type": "money"},
        {"name": "active", "type": "boolean"},
    ],
}
ANA = {"id": 7, "email": "ana@example.org", "tier": "silver"}


def event(op: str, lsn: int, after: Any, before: Any = None, **source: Any) -> dict[str, Any]:
    return {
        "before": before,
        "after": after,
        "source": {
            "version": "3.0.8.Final", "connector": "postgresql", "name": "shop",
            "ts_ms": 1803902400000 + lsn, "snapshot": "true" if op == "r" else "false",
            "db": "shop", "schema": "public", "table": "customers", "lsn": lsn, **source,
        },
        "op": op,
        "ts_ms": 1803902401000 + lsn,
    }  # fmt: skip


@pytest.fixture
async def shop(asked: Asked) -> Asked:
    """A gateway that knows the table `customers`, and counts what happens to whom it tells of."""
    await asked.put("/tables/customers", CUSTOMERS)
    for name, operation in (("changed", "updated"), ("new", "created"), ("gone", "deleted")):
        trigger = {
            "kind": "record_change",
            "table": "customers",
            "operations": [operation],
            "audience": {"path": "self"},
        }
        await asked.put(f"/triggers/{name}", trigger)
        await asked.post(f"/triggers/{name}/ready")
    return asked


async def fired(asked: Asked) -> dict[str, int]:
    return {
        name: (await asked.get(f"/triggers/{name}"))["fired_count"]
        for name in ("new", "changed", "gone")
    }


async def known(asked: Asked, record: str = "7") -> dict[str, Any]:
    values: dict[str, Any] = (await asked.get(f"/tables/customers/records/{record}"))["values"]
    return values


async def test_a_snapshot_fires_nothing_and_an_update_after_it_fires_once(shop: Asked) -> None:
    await shop.post(PATH, [event("r", 100, ANA), event("r", 100, ANA | {"id": 8})])
    assert await fired(shop) == {"new": 0, "changed": 0, "gone": 0}

    await shop.post(PATH, event("u", 110, ANA | {"tier": "gold"}))

    assert await fired(shop) == {"new": 0, "changed": 1, "gone": 0}
    assert (await known(shop))["tier"] == "gold"
    assert (await known(shop, "8"))["tier"] == "silver"


async def test_what_is_sent_again_after_a_restart_of_the_sender_counts_once(shop: Asked) -> None:
    sent = [
        event("c", 110, ANA),
        event("u", 120, ANA | {"tier": "gold"}),
        event("d", 130, None, {"id": 7}),
    ]

    first = await shop.post(PATH, sent)
    again = [await shop.post(PATH, each | {"ts_ms": 1803999999999}) for each in sent]

    assert first["accepted"] == 3
    assert [each["duplicates"] for each in again] == [1, 1, 1]
    assert await fired(shop) == {"new": 1, "changed": 1, "gone": 1}


async def test_what_comes_out_of_the_order_of_the_log_is_kept_out(shop: Asked) -> None:
    await shop.post(PATH, event("r", 100, ANA))
    await shop.post(PATH, event("u", 130, ANA | {"tier": "gold"}, ts_ms=1803902400000))

    await shop.post(PATH, event("u", 120, ANA | {"tier": "none"}, ts_ms=1803902499999))
    await shop.post(PATH, event("r", 110, ANA | {"tier": "old"}))

    assert (await known(shop))["tier"] == "gold"
    assert await fired(shop) == {"new": 0, "changed": 1, "gone": 0}


async def test_a_column_stored_apart_stays_as_it_was(shop: Asked) -> None:
    await shop.post(PATH, event("r", 100, ANA | {"notes": "long"}))

    sent = ANA | {"tier": "gold", "notes": "__debezium_unavailable_value"}
    await shop.post(PATH, event("u", 110, sent))

    assert (await known(shop))["notes"] == "long"


async def test_without_a_schema_the_table_says_what_values_are(shop: Asked) -> None:
    row = ANA | {"born": 7305, "seen": 1803902400123456, "credit": "12.34", "active": 1}

    answer = await shop.post(PATH, event("r", 100, row))
    said = await shop.post("/sources/debezium/try", {"body": event("u", 110, row)})

    assert answer["refused"] == []
    found = await known(shop)
    assert {name: found[name] for name in ("born", "seen", "credit", "active")} == {
        "born": "1990-01-01", "seen": "2027-03-01T12:00:00.123456Z", "credit": 12.34, "active": True,
    }  # fmt: skip
    assert said["understood"][0]["problems"] == []


async def test_what_was_refused_is_typed_too_when_it_is_replayed(asked: Asked) -> None:
    await asked.post(PATH, event("r", 100, ANA | {"born": 7305}))
    await asked.put("/tables/customers", CUSTOMERS)
    [kept] = (await asked.get("/refused?source=debezium"))["items"]

    await asked.post(f"/refused/{kept['id']}/replay")

    assert (await known(asked))["born"] == "1990-01-01"


async def test_one_bad_event_of_a_batch_is_kept_and_the_others_go_on(shop: Asked) -> None:
    batch = [event("c", 110, ANA), event("u", 111, "a row"), event("t", 112, None), None]

    answer = await shop.http.post(
        f"/v1{PATH}", content=orjson.dumps(batch),
        headers={"content-type": "application/cloudevents+json"},
    )  # fmt: skip

    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], len(told["refused"]), len(told["ignored"])) == (1, 1, 2)


async def test_a_tombstone_is_no_bad_request(shop: Asked) -> None:
    answer = await shop.http.post(f"/v1{PATH}", content=b"")

    assert (answer.status_code, len(answer.json()["ignored"])) == (200, 1)


async def test_what_the_server_signs_is_let_in_and_counts_once_under_any_delivery(
    shop: Asked,
) -> None:
    """After a restart the server gives the same event another `webhook-id`."""
    signs = {"kind": "signature", "scheme": "standard-webhooks", "secret": SECRET}
    settings = {"tables": {"public.clients": "customers"}, "keys": {"public.clients": ["no"]}}
    draft = {"format": "debezium", "credentials": [signs], "settings": settings}
    await shop.put("/sources/shop", draft)
    row = {"no": 7, "email": "ana@example.org"}
    body = orjson.dumps(event("c", 110, row, table="clients"))

    async def posts(delivery: str, content: bytes) -> Any:
        now = clock()
        headers = {
            "webhook-id": delivery,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(delivery, now, body.decode()),
        }
        return await shop.http.post("/v1/sources/shop/in", content=content, headers=headers)

    first, again = await posts("msg_1", body), await posts("msg_2", body)
    forged = await posts("msg_3", body + b" ")

    assert (first.json()["accepted"], again.json()["duplicates"]) == (1, 1)
    assert forged.status_code == 401
    assert (await known(shop))["email"] == "ana@example.org"
