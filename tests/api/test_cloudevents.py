"""CloudEvents as the SDK sends them, and as others do, at the addresses where they come in."""

from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from api.door.limits import Limits
from store.database import Database
from tests.api.conftest import Asked
from tests.api.guarded import guarded

PATH = "/v1/changes/cloudevents"
BATCH = {"content-type": "application/cloudevents-batch+json"}
JSON = JSONFormat()


def event(**attributes: Any) -> CloudEvent:
    said = {"id": "1", "source": "/shop", "type": "shop.contact.created", "subject": "Zoë/1"}
    return CloudEvent(said | attributes, {"firstname": "Zoë"})


async def known(asked: Asked, path: str) -> Any:
    return (await asked.get(f"/tables/contact/records/{path}"))["values"]["firstname"]


@pytest.mark.parametrize("sent_as", [to_binary, to_structured])
@pytest.mark.parametrize("casing", [str.lower, str.upper, str.title])
async def test_what_the_sdk_sends_is_taken_in_once(asked: Asked, sent_as: Any, casing: Any) -> None:
    message = sent_as(event(subject="zoe", datacontenttype="application/json"), JSON)
    headers = {casing(name): value for name, value in message.headers.items()}

    async def posts() -> Any:
        return (await asked.http.post(PATH, content=message.body, headers=headers)).json()

    first, again = await posts(), await posts()

    assert (first["accepted"], again["duplicates"]) == (1, 1)
    assert await known(asked, "zoe") == "Zoë"


async def test_headers_of_any_letters_name_the_record(asked: Asked) -> None:
    message = to_binary(event(datacontenttype="application/json"), JSON)

    answer = await asked.http.post(PATH, content=message.body, headers=message.headers)

    assert answer.json()["refused"] == []
    assert await known(asked, "Zo%C3%AB%2F1") == "Zoë"


async def test_one_that_is_wrong_in_a_batch_is_kept_and_the_others_go_on(asked: Asked) -> None:
    batch = [
        {"specversion": "1.0", "id": name, "source": "/shop", "type": kind,
         "subject": name, "data": {"firstname": name}}
        for name, kind in [("ana", "shop.contact.created"), ("ben", ""), ("chi", "contact.upserted")]
    ]  # fmt: skip

    answer = (await asked.http.post(PATH, json=batch, headers=BATCH)).json()

    assert answer["accepted"] == 2
    assert [each["index"] for each in answer["refused"]] == [1]
    [kept] = (await asked.get("/refused?source=cloudevents"))["items"]
    right = batch[1] | {"type": "shop.contact.created"}
    said = await asked.post(f"/refused/{kept['id']}/replay", right)
    assert said["became"]["accepted"] == 1
    assert await known(asked, "ben") == "ben"


async def test_a_batch_without_any_is_fine(asked: Asked) -> None:
    answer = await asked.http.post(PATH, content=b"[]", headers=BATCH)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 0)


async def test_a_header_that_is_no_text_is_refused_and_can_be_corrected(asked: Asked) -> None:
    message = to_binary(event(datacontenttype="application/json"), JSON)
    headers = message.headers | {"ce-subject": "%FF"}

    answer = await asked.http.post(PATH, content=message.body, headers=headers)

    assert answer.status_code == 200
    assert len(answer.json()["refused"]) == 1
    [kept] = (await asked.get("/refused?source=cloudevents"))["items"]
    right = {
        "specversion": "1.0", "id": "1", "source": "/shop", "type": "shop.contact.created",
        "subject": "zoe", "data": {"firstname": "Zoë"},
    }  # fmt: skip
    await asked.post(f"/refused/{kept['id']}/replay", right)
    assert await known(asked, "zoe") == "Zoë"


async def test_events_are_known_by_their_content_type_where_changes_come_in(asked: Asked) -> None:
    message = to_structured(event(subject="zoe"), JSON)

    answer = await asked.http.post("/v1/changes", content=message.body, headers=message.headers)

    assert answer.json()["accepted"] == 1
    assert (await asked.get("/sources/cloudevents"))["accepted"] == 1


async def test_a_pasted_event_is_understood_by_the_headers_pasted_with_it(asked: Asked) -> None:
    message = to_binary(event(subject="zoe"), JSON)
    pasted = {"body": {"firstname": "Zoë"}, "headers": message.headers}

    said = await asked.post("/sources/cloudevents/try", pasted)

    assert said["understood"][0]["change"]["record_id"] == "zoe"


@pytest.mark.parametrize("path", [PATH, "/v1/sources/shop/in"])
@pytest.mark.parametrize(
    ("per_second", "rate"), [(None, "*"), (2.0, "120"), (0.001, "1")],
    ids=["any", "twice a second", "hardly ever"],
)  # fmt: skip
async def test_a_sender_that_asks_first_is_told_that_it_may_and_how_often(
    database: Database, path: str, per_second: float | None, rate: str
) -> None:
    async with guarded(database, Limits(per_second=per_second), always=True) as door:
        asks = {"WebHook-Request-Origin": "events.example.com", "WebHook-Request-Rate": "600"}

        answer = await door.http.options(path, headers=asks)

        assert answer.status_code == 200
        assert answer.headers["webhook-allowed-origin"] == "events.example.com"
        assert answer.headers["webhook-allowed-rate"] == rate
        assert "POST" in answer.headers["allow"]
        assert await door.asks("POST", path, json={}) == 401


async def test_nobody_can_tell_by_asking_which_sources_there_are(asked: Asked) -> None:
    await asked.put("/sources/shop", {"format": "cloudevents"})

    answers: list[httpx.Response] = [
        await asked.http.options(
            f"/v1/sources/{name}/in", headers={"webhook-request-origin": "events.example.com"}
        )
        for name in ("shop", "nobody")
    ]

    told = [{**answer.headers, "x-request-id": ""} for answer in answers]
    assert told[0] == told[1]
