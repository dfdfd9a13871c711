"""Segment and RudderStack: which calls become triggers, people and accounts, and when they happened."""

from datetime import UTC, datetime
from typing import Any

import pytest

from journeys.changes import RecordChange, SentTrigger
from tests.posts import BATCHED, SEGMENT
from wire.reading import Reading, Refused, Unreadable
from wire.segment import MOST, read, slug
from wire.traits import SegmentSettings

AT = "2027-03-01T12:00:00Z"
TRACK = {"type": "track", "messageId": "m1", "userId": "ana", "event": "Order Completed"}
IDENTIFY = {"type": "identify", "messageId": "m2", "userId": "ana"}


def one(call: dict[str, Any], path: str = "/v1/batch", received: str = AT, **said: Any) -> Reading:
    headers = {":path": path, ":received": received}
    return read(call, headers, SegmentSettings.model_validate(said))


def row(traits: dict[str, Any], **said: Any) -> dict[str, Any]:
    [change] = one({**IDENTIFY, "traits": traits}, **said).items
    assert isinstance(change, RecordChange)
    return change.values


def test_a_batch_is_read_call_by_call_in_its_order() -> None:
    reading = read(SEGMENT, BATCHED, SegmentSettings())

    ana, twelve, completed, acme = reading.items
    assert isinstance(ana, RecordChange)
    assert (ana.operation, str(ana.record)) == ("upsert", "contact/ana")
    assert (ana.values["emailaddress1"], ana.values["firstname"]) == ("ana@example.org", "Ana")
    assert isinstance(twelve, RecordChange)
    assert (str(twelve.record), twelve.values["mobilephone"]) == ("contact/12", "+43 1 234")
    assert twelve.values["address1_city"] == "Lyon"
    assert isinstance(completed, SentTrigger)
    assert (completed.trigger, str(completed.person.record)) == ("order-completed", "contact/ana")
    assert completed.attributes == {"order_id": "o-1", "total": 12.5}
    assert completed.id == SEGMENT["batch"][2]["messageId"]
    assert isinstance(acme, RecordChange)
    assert (str(acme.record), acme.values) == ("account/acme", {"name": "Acme"})
    assert reading.ignored == ("Expected a track, identify or group, but the call is page.",)


@pytest.mark.parametrize(
    ("event", "trigger"),
    [
        pytest.param("Order Completed", "order-completed", id="words"),
        pytest.param("order_completed", "order-completed", id="words with a line between"),
        pytest.param("  Order -- Completed! ", "order-completed", id="what is no letter"),
        pytest.param("Café Übersehen", "cafe-ubersehen", id="letters with marks"),
        pytest.param("2nd Order", "2nd-order", id="a number"),
        pytest.param("注文", "", id="no letter that a name can have"),
    ],
)
def test_the_name_of_an_event_is_made_the_name_of_a_trigger(event: str, trigger: str) -> None:
    assert slug(event) == trigger


@pytest.mark.parametrize(
    ("call", "received", "occurred_at"),
    [
        pytest.param({"timestamp": AT}, AT, "12:00", id="what it says"),
        pytest.param({"originalTimestamp": AT}, AT, "12:00", id="as RudderStack says it"),
        pytest.param({"timestamp": "2015-2-02", "originalTimestamp": AT}, AT, "12:00", id="no moment"),
        pytest.param({"sentAt": AT}, AT, "12:00", id="when it was sent, where it says no more"),
        pytest.param({}, AT, None, id="nothing"),
        pytest.param(
            {"timestamp": AT, "sentAt": "2027-03-01T12:00:10Z"}, "2027-03-01T12:10:12Z", "12:10",
            id="by a clock that is ten minutes behind",
        ),
        pytest.param(
            {"timestamp": AT, "sentAt": "2027-03-01T12:00:10Z"}, "2027-03-01T11:00:11Z", "11:00",
            id="by a clock that is an hour ahead",
        ),
        pytest.param(
            {"timestamp": AT, "sentAt": AT}, "2027-03-01T12:00:29Z", "12:00",
            id="long on its way, which says nothing of the clock",
        ),
        pytest.param(
            {"timestamp": AT, "sentAt": "0001-01-01T00:00:00Z"}, "9999-12-31T23:59:59Z", None,
            id="when nobody can say",
        ),
    ],
)  # fmt: skip
def test_when_it_happened_is_by_our_clock(
    call: dict[str, Any], received: str, occurred_at: str | None
) -> None:
    [item] = one(TRACK | call, received=received).items

    assert isinstance(item, SentTrigger)
    expected = occurred_at and datetime.fromisoformat(f"2027-03-01T{occurred_at}+00:00")
    assert item.occurred_at == expected
    assert item.occurred_at is None or item.occurred_at.tzinfo is UTC


def test_a_trait_that_is_null_clears_its_column() -> None:
    assert row({"phone": None})["mobilephone"] is None


def test_a_phone_may_be_a_number() -> None:
    assert row({"phone": 431234})["mobilephone"] == "431234"


def test_a_source_says_of_which_table_people_are_and_where_their_columns_are() -> None:
    columns = {"member": {"plan": "/subscription/plan", "emailaddress1": "/mail"}}
    settings = {"people": "member", "columns": columns}
    traits = {"subscription": {"plan": "gold"}, "mail": "a@example.org", "city": "Graz"}

    values = row(traits, **settings)

    assert (values["plan"], values["emailaddress1"]) == ("gold", "a@example.org")
    assert values["city"] == "Graz"
    [track] = one(TRACK, people="member").items
    assert isinstance(track, SentTrigger)
    assert track.person.table == "member"


def test_traits_in_the_context_are_completed_by_those_of_the_call() -> None:
    context = {"traits": {"email": "old@example.org", "firstName": "Ana"}}

    [change] = one({**IDENTIFY, "context": context, "traits": {"email": "new@example.org"}}).items

    assert isinstance(change, RecordChange)
    assert change.values["emailaddress1"] == "new@example.org"
    assert change.values["firstname"] == "Ana"


def test_one_call_at_its_own_url_need_not_say_its_type() -> None:
    [item] = one({"userId": "ana", "event": "Order Completed"}, path="/v1/track").items

    assert isinstance(item, SentTrigger)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        pytest.param(7, "Expected a call to be an object, but it is a number.", id="no object"),
        pytest.param({}, "Expected a call with a type, but it is missing.", id="no type"),
        pytest.param(
            TRACK | {"userId": None}, "Expected a userId, but it is missing.", id="nobody"
        ),
        pytest.param(
            TRACK | {"userId": True}, "Expected a userId, but it is true or false.", id="no id"
        ),
        pytest.param(
            TRACK | {"event": None}, "Expected the name of an event, but it is missing.",
            id="no event",
        ),
        pytest.param(
            TRACK | {"properties": [1]}, "Expected properties to be an object, but it is a list.",
            id="properties without names",
        ),
        pytest.param(
            IDENTIFY | {"traits": {"email": []}},
            "Expected a text at /email, but it is none.", id="an address that is a list",
        ),
        pytest.param(
            {"type": "group", "userId": "ana"}, "Expected a groupId, but it is missing.",
            id="no group",
        ),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_used_spoils_no_other(call: Any, sentence: str) -> None:
    reading = one({"batch": [call, TRACK], "sentAt": AT})

    [refused, track] = reading.items
    assert isinstance(refused, Refused)
    assert refused.problem == sentence
    assert isinstance(track, SentTrigger)


def test_what_was_refused_can_be_read_again_by_itself() -> None:
    sent = {"batch": [TRACK | {"userId": None}], "sentAt": "2027-03-01T12:00:10Z"}
    [refused] = one(sent).items
    assert isinstance(refused, Refused)

    [item] = one(refused.body | {"userId": "ana"}).items

    assert isinstance(item, SentTrigger)
    assert item.occurred_at is not None


def test_who_is_anonymous_is_nobody() -> None:
    reading = one(TRACK | {"userId": None, "anonymousId": "a1"})

    assert reading == Reading(
        ignored=("Expected a track with a userId, but it has an anonymousId, which means nobody.",)
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([TRACK], id="a list"),
        pytest.param({"batch": TRACK}, id="a batch that is no list"),
        pytest.param({"batch": [TRACK] * (MOST + 1)}, id="more calls than a batch may have"),
    ],
)
def test_what_holds_no_calls_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable, match=r"^Expected "):
        read(body, {}, SegmentSettings())
