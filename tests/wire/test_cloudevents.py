"""CloudEvents are read alike however they are sent, and what is none is refused in a sentence."""

import base64
from typing import Any

import orjson
import pytest

from journeys.changes import RecordChange
from tests.posts import CLOUDEVENTS
from wire import cloudevents
from wire.formats import FORMATS
from wire.reading import Reading, Refused

FORM = FORMATS["cloudevents"]
UPDATED: dict[str, Any] = {
    "specversion": "1.0", "id": "1", "source": "/shop", "type": "shop.contact.updated",
    "subject": "ana", "data": {"firstname": "Ana"},
}  # fmt: skip
BINARY = {
    "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "shop.contact.updated",
    "ce-subject": "ana", "content-type": "application/json",
}  # fmt: skip


def opened(content: bytes, headers: dict[str, str]) -> Any:
    return cloudevents.opened(content, headers, orjson.loads)


def read(body: Any, **said: Any) -> Reading:
    return FORM.read(body, {}, FORM.settings_of(said))


def change(body: Any, **said: Any) -> RecordChange:
    [item] = read(body, **said).items
    assert isinstance(item, RecordChange)
    return item


def test_an_event_by_the_convention_is_a_change() -> None:
    read_as = change(CLOUDEVENTS[0])

    assert (read_as.table, read_as.record_id, read_as.operation) == ("contact", "ana", "update")
    assert (read_as.source, read_as.id) == (
        "cloudevents:https://shop.example/orders", "A234-1234-1234",
    )  # fmt: skip
    assert read_as.values["emailaddress1"] == "ana@example.org"
    assert read_as.before == {"firstname": "Ana", "emailaddress1": "ana@example.net"}
    assert read_as.version == 17
    assert read_as.occurred_at is not None


@pytest.mark.parametrize(
    ("ending", "operation"),
    [("created", "create"), ("updated", "update"), ("deleted", "delete"),
     ("upserted", "upsert"), ("loaded", "load")],
)  # fmt: skip
def test_the_type_ends_with_what_happened(ending: str, operation: str) -> None:
    assert change(UPDATED | {"type": f"org.shop.contact.{ending}"}).operation == operation


def test_a_type_that_ends_otherwise_is_ignored() -> None:
    reading = read(UPDATED | {"type": "com.example.someevent"})

    assert reading == Reading(ignored=(
        "Expected something that happens to a record, but the operation is someevent.",
    ))  # fmt: skip


def test_a_source_can_say_where_table_operation_and_record_are() -> None:
    event = UPDATED | {
        "type": "com.example.someevent", "subject": "/people/ana", "action": "I",
        "data": {"row": {"firstname": "Ana"}},
    }  # fmt: skip

    read_as = change(
        event,
        table={"at": "/subject", "split": "/", "part": 1, "names": {"people": "contact"}},
        record_id={"at": "/subject", "split": "/", "part": -1},
        operation={"at": "/action", "names": {"I": "create"}},
        values="/data/row",
    )

    assert (read_as.table, read_as.record_id, read_as.operation) == ("contact", "ana", "create")
    assert read_as.values == {"firstname": "Ana"}


@pytest.mark.parametrize(
    "data", [7, "text", True, ["a"], 0.5, None], ids=lambda data: type(data).__name__
)
def test_data_of_any_kind_can_be_a_value(data: Any) -> None:
    values = {"name": {"always": "firstname"}, "value": "/data"}

    assert change(UPDATED | {"data": data}, values=values).values == {"firstname": data}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(7, "Expected an event, but it is a number.", id="no event"),
        pytest.param(
            UPDATED | {"specversion": "0.3"}, "Expected specversion 1.0, but it is 0.3.",
            id="of another version",
        ),
        pytest.param(
            {"specversion": "1.0", "type": "", "source": 1},
            "Expected id to be text, but it is missing. Expected source to be text, but it is a "
            "number. Expected type to be text, but it is empty.",
            id="all that is wrong",
        ),
        pytest.param(
            UPDATED | {"time": "yesterday"},
            "Expected time to be a moment such as 2027-03-01T12:00:00Z, but it is not.",
            id="no moment",
        ),
        pytest.param(
            UPDATED | {"data_base64": "e30="}, "Expected data or data_base64, but there are both.",
            id="data twice",
        ),
        pytest.param(
            UPDATED | {"data": None, "data_base64": "AAEC", "datacontenttype": "image/png"},
            "Expected data that is JSON, but what is in data_base64 is image/png.",
            id="data that is no JSON",
        ),
        pytest.param(
            UPDATED | {"data": "<much/>", "datacontenttype": "application/xml"},
            "Expected values to be an object, but it is text.", id="data that is text",
        ),
        pytest.param(
            UPDATED | {"subject": None}, "Expected a record id at /subject or /data/id, but it is missing.",
            id="nothing that names the record",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_the_others_go_on(body: Any, problem: str) -> None:
    first, second = read([body, UPDATED]).items

    assert first == Refused(body, problem)
    assert second == change(UPDATED)


def test_a_batch_may_be_empty() -> None:
    assert read([]) == Reading()


def test_names_longer_than_an_id_can_be_are_told_apart() -> None:
    first, second = read([UPDATED | {"id": "x" * 300}, UPDATED | {"id": "x" * 301}]).items

    assert isinstance(first, RecordChange)
    assert isinstance(second, RecordChange)
    assert first.id != second.id


def test_what_headers_say_is_the_same_event() -> None:
    event = opened(b'{"firstname": "Ana"}', BINARY | {"ce-traceparent": "00-1", "accept": "*/*"})

    assert event == UPDATED | {"datacontenttype": "application/json", "traceparent": "00-1"}


@pytest.mark.parametrize(
    ("header", "text"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀", id="percent-encoded"),
        pytest.param('"a b"', "a b", id="quoted"),
        pytest.param(r'"a \"b\" \\ %22"', r'a "b" \ "', id="quoted, escaped and encoded"),
        pytest.param("100%2525", "100%25", id="decoded once"),
        pytest.param("50%", "50%", id="a percent sign alone"),
        pytest.param("Zoë".encode().decode("latin-1"), "Zoë", id="UTF-8 as it is"),
    ],
)
def test_a_header_is_unquoted_and_decoded(header: str, text: str) -> None:
    assert opened(b"", BINARY | {"ce-subject": header})["subject"] == text


@pytest.mark.parametrize("header", ["%FF", "%C0%A0", "a%E2%28%A1", "\xff"])
def test_a_header_that_is_no_utf_8_is_refused(header: str) -> None:
    found = opened(b"{}", BINARY | {"ce-subject": header})

    assert found.problem == "Expected the header ce-subject to be UTF-8, but its bytes are not."
    assert found.body["subject"] == header


@pytest.mark.parametrize(
    ("content", "media", "data"),
    [
        pytest.param(b"7", "application/json", {"data": 7}, id="JSON of any kind"),
        pytest.param(b'{"a": 1}', "application/vnd.x+json; charset=utf-8", {"data": {"a": 1}},
                     id="something in JSON"),
        pytest.param(b"<a/>", "text/xml", {"data_base64": base64.b64encode(b"<a/>").decode()},
                     id="something else"),
        pytest.param(b"", "application/json", {}, id="nothing"),
    ],
)  # fmt: skip
def test_the_body_is_the_data_where_headers_are_the_event(
    content: bytes, media: str, data: dict[str, Any]
) -> None:
    event = opened(content, BINARY | {"content-type": media, "ce-datacontenttype": "text/plain"})

    assert {name: event[name] for name in event if name.startswith("data")} == {
        "datacontenttype": media, **data,
    }  # fmt: skip


def test_data_in_base64_that_is_json_is_data() -> None:
    sent = {name: value for name, value in UPDATED.items() if name != "data"}
    packed = sent | {"data_base64": base64.b64encode(b'{"firstname": "Ana"}').decode()}

    headers = {"content-type": "application/cloudevents-batch+json"}
    assert opened(orjson.dumps([packed]), headers) == [UPDATED]
    assert opened(orjson.dumps(packed), {}) == UPDATED


@pytest.mark.parametrize("packed", ["no base64", "AAEC", base64.b64encode(b"[" * 999).decode()])
def test_data_in_base64_that_cannot_be_read_stays_as_it_is(packed: str) -> None:
    sent = {"specversion": "1.0", "data_base64": packed}

    assert opened(orjson.dumps(sent), {}) == sent
