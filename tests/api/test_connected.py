"""Connected: each system posts what it posts, signed as it signs, and its record stands in the mirror."""

import base64
import hashlib
import hmac
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from api.gateway import clock
from tests.api.conftest import Asked
from tests.posts import HUBSPOT, PAID, POSTS, SHOPIFY, STANDARD, STRIPE, ZENDESK
from wire.formats import FORMATS
from wire.signatures import SCHEMES

SECRET = "whsec_c29qb3VybnMtb3duLXRlc3Qtc2VjcmV0"


def summed(message: bytes) -> bytes:
    return hmac.new(SECRET.encode(), message, hashlib.sha256).digest()


def signed(form: str, body: bytes) -> dict[str, str]:
    """Sign *body* as the system does."""
    now = clock()
    seconds, text = str(int(now.timestamp())), now.isoformat()
    match form:
        case "standard-webhooks":
            signature = Webhook(SECRET).sign("msg_1", now, body.decode())
            return {"webhook-timestamp": seconds, "webhook-signature": signature}
        case "stripe":
            return {
                "stripe-signature": f"t={seconds},v1={summed(f'{seconds}.'.encode() + body).hex()}"
            }
        case "hubspot":
            url = b"https://localhost/v1/sources/it/in"
            message = b"POST" + url + body + f"{seconds}000".encode()
            return {
                "x-hubspot-signature-v3": base64.b64encode(summed(message)).decode(),
                "x-hubspot-request-timestamp": f"{seconds}000",
            }
        case "zendesk":
            signature = base64.b64encode(summed(text.encode() + body)).decode()
            return {
                "x-zendesk-webhook-signature": signature,
                "x-zendesk-webhook-signature-timestamp": text,
            }
        case _:
            return {"x-shopify-hmac-sha256": base64.b64encode(summed(body)).decode()}


@pytest.mark.parametrize(
    ("form", "table", "record", "known"),
    [
        pytest.param(
            "standard-webhooks", "contact", "ana", {"firstname": "Ana"}, id="Standard Webhooks"
        ),
        pytest.param("stripe", "customer", "cus_Ana", {"email": "ana@example.org"}, id="Stripe"),
        pytest.param("hubspot", "contact", "4711", {"lifecyclestage": "customer"}, id="HubSpot"),
        pytest.param("zendesk", "ticket", "5158", {"status": "SOLVED"}, id="Zendesk"),
        pytest.param(
            "shopify", "orders", "820982911946154508", {"financial_status": "paid"}, id="Shopify"
        ),
    ],
)
async def test_what_a_system_posts_stands_in_the_mirror(
    asked: Asked, form: str, table: str, record: str, known: dict[str, Any]
) -> None:
    columns = [{"name": name, "type": "text"} for name in known if form != "standard-webhooks"]
    here = table == "contact"
    draft = {"columns": columns} if here else {"primary_id": "id", "columns": columns}
    await asked.put(f"/tables/{table}", draft, status=200 if here else 201)
    credential = {"kind": "signature", "scheme": form, "secret": SECRET}
    await asked.put("/sources/it", {"format": form, "credentials": [credential]})
    body, headers, _ = POSTS[form]
    content = orjson.dumps(body)

    async def posts(said: dict[str, str]) -> Any:
        return await asked.http.post("/v1/sources/it/in", content=content, headers=headers | said)

    forged = await posts(signed(form, content + b" "))
    first = await posts(signed(form, content))
    again = await posts(signed(form, content))

    assert forged.status_code == 401
    assert (first.status_code, first.json()["accepted"]) == (200, 1)
    assert again.json()["duplicates"] >= 1
    assert again.json()["accepted"] == 0
    values = (await asked.get(f"/tables/{table}/records/{record}"))["values"]
    assert {name: values[name] for name in known} == known


def test_every_scheme_has_a_system_that_posts() -> None:
    cases = test_what_a_system_posts_stands_in_the_mirror.pytestmark[0].args[1]

    assert {case.values[0] for case in cases} == set(SCHEMES) <= FORMATS.keys()


async def test_a_mapping_is_tried_out_before_it_counts(asked: Asked) -> None:
    await asked.put("/sources/it", {"format": "stripe"})
    columns = {"contact": {"emailaddress1": "/email", "plan": "/plan"}}
    settings = {"table": {"always": "contact"}, "columns": columns}

    as_it_is = await asked.post("/sources/it/try", {"body": STRIPE})
    tried = await asked.post("/sources/it/try", {"body": STRIPE, "settings": settings})

    [problem] = as_it_is["understood"][0]["problems"]
    assert problem["path"] == "/table"
    [understood] = tried["understood"]
    assert understood["change"]["values"] == {"emailaddress1": "ana@example.org"}
    assert understood["change"]["before"] == {"emailaddress1": "ana@example.net"}
    assert understood["problems"] == []
    assert (await asked.get("/sources/it"))["settings"] == {}


async def test_a_header_that_is_needed_is_kept_for_a_replay(asked: Asked) -> None:
    await asked.put("/sources/it", {"format": "shopify"})
    headers = PAID | {"x-shopify-hmac-sha256": "secret"}
    order = SHOPIFY | {"id": None}
    await asked.ask("POST", "/sources/it/in", order, headers=headers)
    [kept] = (await asked.get("/refused?source=it"))["items"]
    await asked.put("/tables/orders", {"primary_id": "id", "columns": []})

    said = await asked.post(f"/refused/{kept['id']}/replay", SHOPIFY)

    assert said["became"]["accepted"] == 1
    assert (await asked.get(f"/tables/orders/records/{SHOPIFY['id']}"))["values"]


async def test_a_firing_trigger_sees_what_the_system_says_was_before(asked: Asked) -> None:
    await asked.put("/tables/ticket", {"primary_id": "id", "columns": [
        {"name": "status", "type": "text"},
        {"name": "priority", "type": "text"},
        {"name": "requester_id", "type": "lookup", "targets": ["contact"]},
    ]})  # fmt: skip
    for name, column in (("solved", "status"), ("urgent", "priority")):
        trigger = {
            "kind": "record_change", "table": "ticket", "audience": {"path": "requester_id"},
            "operations": ["updated"], "columns": [column],
        }  # fmt: skip
        await asked.put(f"/triggers/{name}", trigger)
        await asked.post(f"/triggers/{name}/ready")
    await asked.put("/sources/it", {"format": "zendesk"})

    await asked.post("/sources/it/in", ZENDESK)

    assert (await asked.get("/triggers/solved"))["fired_count"] == 1
    assert (await asked.get("/triggers/urgent"))["fired_count"] == 0


async def test_a_system_that_posts_several_hears_of_each(asked: Asked) -> None:
    await asked.put("/sources/it", {"format": "hubspot"})

    answer = await asked.post(
        "/sources/it/in", [*HUBSPOT, {"subscriptionType": "contact.creation"}]
    )

    assert answer["accepted"] == 1
    assert [(each["index"], each["problem"]) for each in answer["refused"]] == [
        (1, "Expected a table that is declared, but 'company' is none."),
        (2, "Expected a record id at /objectId, but it is missing."),
    ]
    assert len(answer["ignored"]) == 1


async def test_a_standard_webhook_of_something_else_is_acknowledged(asked: Asked) -> None:
    await asked.put("/sources/it", {"format": "standard-webhooks"})

    answer = await asked.post("/sources/it/in", STANDARD | {"type": "ping"})

    assert answer["ignored"] == [
        "Expected something that happens to a record, but the operation is ping."
    ]
