"""Mappings: where things are is written as JSON; five come ready."""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from journeys.changes import RecordChange
from tests.posts import (
    DELIVERED,
    HUBSPOT,
    OWN,
    OWN_MAPPING,
    PAID,
    SHOPIFY,
    STANDARD,
    STRIPE,
    ZENDESK,
)
from wire.formats import FORMATS
from wire.reading import Reading, Refused, Unreadable

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def read(form: str, body: Any, headers: Mapping[str, str] = {}, **said: Any) -> Reading:
    return FORMATS[form].read(body, headers, FORMATS[form].settings_of(said))


def change(form: str, body: Any, headers: Mapping[str, str] = {}, **said: Any) -> RecordChange:
    (item,) = read(form, body, headers, **said).items
    assert isinstance(item, RecordChange), item
    return item


def changed(body: Any, **at: Any) -> Any:
    """Return *body* with other values, each at a path written with two underscores."""
    body = copy.deepcopy(body)
    for path, value in at.items():
        *above, last = path.split("__")
        here = body
        for step in above:
            here = here[step]
        here[last] = value
    return body


def test_a_standard_webhook_names_table_and_operation_in_its_type() -> None:
    assert change("standard-webhooks", STANDARD, DELIVERED) == RecordChange(
        id="msg_1",
        table="contact",
        record_id="ana",
        operation="update",
        values=STANDARD["data"],
        occurred_at=NOON,
    )


def test_stripe_says_what_was_before_by_what_was_different() -> None:
    found = change("stripe", STRIPE)

    assert (found.id, found.table, found.record_id) == (
        "evt_1QabcdEFghIJklMN",
        "customer",
        "cus_Ana",
    )
    assert (found.operation, found.occurred_at) == ("update", NOON)
    assert found.values == STRIPE["data"]["object"]
    assert found.before == found.values | {
        "email": "ana@example.net",
        "metadata": {"tier": "silver", "crm": "ana"},
    }


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        pytest.param("customer.created", "create", id="created"),
        pytest.param("customer.subscription.updated", "update", id="updated, two levels down"),
        pytest.param("customer.deleted", "delete", id="deleted"),
        pytest.param("invoice.paid", "upsert", id="anything else comes with the whole object"),
    ],
)
def test_stripe_s_types_are_operations(kind: str, operation: str) -> None:
    assert change("stripe", changed(STRIPE, type=kind)).operation == operation


def test_of_what_was_deleted_the_row_is_what_was_before() -> None:
    found = change("stripe", changed(STRIPE, type="customer.deleted", data__previous_attributes={}))

    assert found.values == {}
    assert found.before == STRIPE["data"]["object"]


def test_a_create_has_nothing_before() -> None:
    assert change("stripe", changed(STRIPE, type="customer.created")).before is None


def test_hubspot_posts_several_and_each_is_a_change_of_one_property() -> None:
    reading = read("hubspot", HUBSPOT)

    first, second = reading.items
    assert first == RecordChange(
        id="3816279480|22|4711|1803902400123",
        table="contact",
        record_id="4711",
        operation="update",
        values={"lifecyclestage": "customer"},
        occurred_at=NOON.replace(microsecond=123_000),
        actor="userId:12",
    )
    assert isinstance(second, RecordChange)
    assert (second.table, second.record_id, second.operation) == ("company", "815", "delete")
    assert reading.ignored == (
        "Expected something that happens to a record, but the operation is associationChange.",
    )


@pytest.mark.parametrize(
    ("kind", "number", "table"),
    [
        pytest.param("deal.creation", None, "deal", id="by its subscription"),
        pytest.param("object.creation", "0-3", "deal", id="by the number of its type"),
        pytest.param("object.creation", "2-17", "2-17", id="by the number of a type of their own"),
    ],
)
def test_hubspot_s_objects_have_names(kind: str, number: str | None, table: str) -> None:
    one = HUBSPOT[0] | {"subscriptionType": kind}
    found = change("hubspot", [one if number is None else one | {"objectTypeId": number}])

    assert (found.table, found.operation) == (table, "create")


def test_zendesk_tells_of_one_field_and_the_row_as_it_is() -> None:
    found = change("zendesk", ZENDESK)

    assert (found.id, found.table, found.record_id, found.operation) == (
        "cbe4028c-7239-495d-b020-f22348516046",
        "ticket",
        "5158",
        "update",
    )
    assert found.occurred_at == NOON.replace(microsecond=482_152)
    assert found.values == ZENDESK["detail"]
    assert found.before == found.values | {"status": "OPEN"}


def test_a_comment_in_zendesk_leaves_the_row_as_it_is() -> None:
    body = changed(
        ZENDESK, type="zen:event-type:ticket.comment_added", event={"comment": {"id": 1}}
    )

    assert change("zendesk", body).before is None


def test_shopify_names_table_and_operation_in_its_topic() -> None:
    found = change("shopify", SHOPIFY, PAID)

    assert (found.table, found.record_id, found.operation) == (
        "orders",
        "820982911946154508",
        "upsert",
    )
    assert found.id == "98880550-7158-44d4-b7cd-2c97c8a091b5|orders/paid|820982911946154508"
    assert (found.values, found.before, found.occurred_at) == (SHOPIFY, None, NOON)


def test_shopify_s_row_says_when_it_changed_where_no_header_does() -> None:
    headers = {"x-shopify-topic": "orders/updated"}

    found = change("shopify", SHOPIFY, headers)

    assert found.occurred_at == NOON.replace(hour=11, minute=59, second=59)
    assert found.operation == "update"
    assert found.id is None  # it has no name that another would not have: it is one of its own


def test_a_mapping_of_ones_own_names_tables_columns_and_what_changed() -> None:
    found = change("mapping", OWN, **OWN_MAPPING)

    assert found == RecordChange(
        id="7",
        table="contact",
        record_id="12",
        operation="update",
        values={
            "emailaddress1": "ana@example.org",
            "createdon": "2027-01-15T08:00:00Z",
            "parentcustomerid": {"table": "account", "id": "3"},
        },
        before={
            "createdon": "2027-01-15T08:00:00Z",
            "parentcustomerid": {"table": "account", "id": "3"},
        },
        occurred_at=NOON,
    )


def test_a_ready_mapping_is_laid_over_key_by_key() -> None:
    table = {"at": "/data/object/object", "names": {"customer": "contact"}}
    columns = {"contact": {"emailaddress1": "/email", "address1_city": "/address/city"}}

    found = change("stripe", STRIPE, table=table, columns=columns)

    assert found.table == "contact"
    assert found.values == {"emailaddress1": "ana@example.org", "address1_city": "Lyon"}
    assert found.before == {"emailaddress1": "ana@example.net", "address1_city": "Lyon"}


@pytest.mark.parametrize(
    ("place", "row", "value"),
    [
        pytest.param("/a", {"a": 7}, 7, id="as it is"),
        pytest.param("/a", {"a": None}, None, id="null is something"),
        pytest.param({"always": "web"}, {}, "web", id="always the same"),
        pytest.param("/a/b/0", {"a": {"b": ["x"]}}, "x", id="deep inside"),
        pytest.param(["/z", "/a"], {"a": 7}, 7, id="the first place where anything is"),
        pytest.param({"at": "/a", "names": {"1": "new"}}, {"a": 1}, "new", id="by another name"),
        pytest.param({"at": "/a", "names": {"*": "old"}}, {"a": 2}, "old", id="by any other name"),
        pytest.param({"at": "/a", "read_as": "text"}, {"a": 7}, "7", id="as text"),
        pytest.param({"at": "/a", "read_as": "number"}, {"a": "7"}, 7, id="as a whole number"),
        pytest.param({"at": "/a", "read_as": "number"}, {"a": "7.5"}, 7.5, id="as a number"),
        pytest.param({"at": "/a", "read_as": "number"}, {"a": ""}, None, id="as no number"),
        pytest.param({"at": "/a", "read_as": "boolean"}, {"a": "True"}, True, id="as true"),
        pytest.param({"at": "/a", "read_as": "boolean"}, {"a": ""}, None, id="as neither"),
        pytest.param(
            {"at": "/a", "read_as": "moment"}, {"a": 1803902400}, "2027-03-01T12:00:00Z",
            id="as a moment in seconds",
        ),
        pytest.param(
            {"at": "/a", "read_as": "moment"}, {"a": "1803902400000"}, "2027-03-01T12:00:00Z",
            id="as a moment in milliseconds",
        ),
        pytest.param(
            {"at": "/a", "read_as": "moment"}, {"a": "2027-03-01T14:00:00+02:00"},
            "2027-03-01T12:00:00Z", id="as a moment in another zone",
        ),
        pytest.param(
            {"at": "/a", "read_as": "date"}, {"a": 1803902400}, "2027-03-01", id="as a day"
        ),
        pytest.param(
            {"at": "/a", "read_as": "date"}, {"a": "2027-03-01"}, "2027-03-01",
            id="as the day it is",
        ),
        pytest.param(
            {"at": "/a", "lookup": "account"}, {"a": 3}, {"table": "account", "id": "3"},
            id="as a lookup",
        ),
        pytest.param({"at": "/a", "lookup": "account"}, {"a": None}, None, id="as no lookup"),
    ],
)  # fmt: skip
def test_a_value_is_found(place: Any, row: dict[str, Any], value: Any) -> None:
    found = change(
        "mapping",
        {"row": row},
        table={"always": "t"},
        record_id={"always": "1"},
        operation={"always": "update"},
        values="/row",
        columns={"t": {"c": place}},
    )

    assert found.values == {"c": value}
    assert type(found.values["c"]) is type(value)


@pytest.mark.parametrize("place", ["/z", "/a/-", "/a/x", {"at": "/b", "split": ".", "part": 3}])
def test_a_column_that_is_nowhere_was_not_sent(place: Any) -> None:
    found = change(
        "mapping",
        {"a": [1], "b": "x.y"},
        table={"always": "t"},
        record_id={"always": "1"},
        operation={"always": "update"},
        values="",
        columns={"t": {"c": place}},
    )

    assert found.values == {}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(
            changed(STRIPE, data__object={"object": "balance"}),
            "Expected a record id at /data/object/id, but it is missing.", id="no id",
        ),
        pytest.param(
            changed(STRIPE, data__object__id=True),
            "Expected a record id at /data/object/id, but it is true or false.",
            id="an id that is none",
        ),
        pytest.param(
            changed(STRIPE, data__previous_attributes=["email"]),
            "Expected previous to be an object, but it is a list.", id="no row",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_a_sentence(body: Any, sentence: str) -> None:
    assert read("stripe", body).items == (Refused(body, sentence),)


def test_one_bad_item_spoils_nothing_around_it() -> None:
    bad = {"subscriptionType": "contact.creation", "objectId": None}

    reading = read("hubspot", [HUBSPOT[0], bad, HUBSPOT[1]])

    assert [type(item) for item in reading.items] == [RecordChange, Refused, RecordChange]
    refused = reading.items[1]
    assert isinstance(refused, Refused)
    assert read("hubspot", refused.body).items == (refused,)  # it is a body by itself


def test_a_record_id_longer_than_any_can_be_is_refused() -> None:
    bad = STANDARD | {"data": {"id": "x" * 256}}

    [refused] = read("standard-webhooks", bad).items

    assert isinstance(refused, Refused)
    assert refused.problem.startswith("Expected ")


def test_one_of_a_list_inside_is_a_body_by_itself() -> None:
    assert change("mapping", OWN["events"][0], **OWN_MAPPING) == change(
        "mapping", OWN, **OWN_MAPPING
    )


@pytest.mark.parametrize("body", [None, 7, "text", True])
def test_what_holds_nothing_cannot_be_read(body: Any) -> None:
    with pytest.raises(Unreadable, match=r"^Expected a JSON object or a list, but the body is "):
        read("stripe", body)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        pytest.param({"table": []}, "table", id="a table nowhere"),
        pytest.param({"table": "type"}, "table", id="no pointer"),
        pytest.param({"table": {"at": "/a", "header": "b"}}, "table", id="two places in one"),
        pytest.param({"table": {"split": "."}}, "table", id="no place"),
        pytest.param({"values": {"name": "/a"}}, "values", id="a column without a value"),
        pytest.param({"colour": "/a"}, "colour", id="something else"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(said: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as error:
        FORMATS["stripe"].settings_of(said)

    assert {each["loc"][0] for each in error.value.errors()} == {where}
