"""Explaining a change: what it would fire, start and tell, and why not the rest."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import JOURNEY, RESOLVED, Asked
from tests.api.test_simulate import counts

RESOLVES: dict[str, Any] = {
    "table": "incident", "record_id": "k1", "operation": "update", "values": {"statuscode": 5},
}  # fmt: skip
SENT: dict[str, Any] = {"trigger": "rated", "person": {"table": "contact", "id": "ana"}}


@pytest.fixture
def database_kind() -> str:
    """What is explained reads the store as intake does, which is tried over both."""
    return "sqlite"


@pytest.fixture
async def listening(live: Asked) -> Asked:
    """The same gateway with a custom trigger, and a journey that people leave on it."""
    await live.put("/triggers/rated", {"kind": "custom", "attributes": {"score": "number"}})
    await live.post("/triggers/rated/ready")
    filter_ = {"field": "event.score", "operator": "at_least", "value": 4}
    drawn = {
        "entry": {"trigger": "case-resolved"},
        "goal": {"trigger": "rated", "filter": filter_},
        "exits": [{"trigger": "rated", "reason": "has rated"}],
        "tiles": [
            {
                "id": "asked",
                "kind": "wait_for_trigger",
                "trigger": "rated",
                "within": "P7D",
                "no": "date",
            },
            {"id": "date", "kind": "wait", "until_field": "record.resolveby"},
        ],
    }
    await live.put("/journeys/rating", drawn)
    await live.post("/journeys/rating/publish")
    return live


async def explained(asked: Asked, body: Any) -> Any:
    return await asked.post("/changes/explain", body)


async def test_a_change_fires_its_trigger_and_starts_its_journey(live: Asked) -> None:
    said = await explained(live, RESOLVES)

    assert said["record"] == "incident/k1"
    assert (said["operation"], said["columns"]) == ("update", ["statuscode"])
    assert said["triggers"] == [
        {
            "trigger": "case-resolved",
            "fires": True,
            "reason": None,
            "why": None,
            "people": ["contact/ana"],
        }
    ]
    (journey,) = said["journeys"]
    assert (journey["journey"], journey["enters"]) == ("follow-up", True)
    assert journey["values"] == {"trigger.before.statuscode": 1, "trigger.statuscode": 5}
    assert said["instances"] == []


async def test_it_is_applied_to_nothing(inside: Asked) -> None:
    before, woken = counts(inside.database), len(inside.woken)

    await explained(inside, {**RESOLVES, "values": {"statuscode": 1}})
    await explained(inside, {**RESOLVES, "operation": "delete", "values": {}})
    await explained(inside, {**RESOLVES, "record_id": "k2", "operation": "create"})

    assert counts(inside.database) == before
    assert len(inside.woken) == woken
    assert (await inside.get("/tables/incident/records/k1"))["values"]["statuscode"] == 5


async def test_the_first_condition_that_fails_is_told_with_the_values_seen(live: Asked) -> None:
    said = await explained(live, {**RESOLVES, "values": {"statuscode": 2}})

    (journey,) = said["journeys"]
    assert (journey["enters"], journey["reason"]) == (False, "unmet filter")
    assert journey["why"] == "Expected trigger.statuscode to change to 5, but it was 1 and is 2."
    assert journey["values"] == {"trigger.before.statuscode": 1, "trigger.statuscode": 2}


async def test_who_would_queue_for_the_rate_limit_is_told_when_they_enter(inside: Asked) -> None:
    entry = {**JOURNEY["entry"], "rate_limit": {"count": 1, "per": "day"}}
    await inside.put("/journeys/follow-up", {**JOURNEY, "entry": entry}, status=200)
    await inside.post("/journeys/follow-up/publish")
    (first,) = (await inside.get("/instances"))["items"]
    await inside.put(
        "/tables/incident/records/k2",
        {"statuscode": 1, "customerid": {"table": "contact", "id": "ana"}},
    )

    said = await explained(inside, {**RESOLVES, "record_id": "k2"})

    (journey,) = said["journeys"]
    wait = datetime.fromisoformat(journey["enters_at"]) - datetime.fromisoformat(
        first["entered_at"]
    )
    assert (journey["enters"], journey["held"], wait) == (
        True,
        "entry rate limit",
        timedelta(days=1),
    )


async def test_who_would_queue_because_the_journey_is_paused_is_told_so(live: Asked) -> None:
    await live.post("/journeys/follow-up/pause")
    (paused,) = (await explained(live, RESOLVES))["journeys"]
    await live.post("/journeys/follow-up/resume")
    (resumed,) = (await explained(live, RESOLVES))["journeys"]

    assert (paused["enters"], paused["held"], paused["enters_at"]) == (True, "journey paused", None)
    assert (resumed["enters"], resumed["held"]) == (True, None)


@pytest.mark.parametrize(
    ("trigger", "change", "reason", "why"),
    [
        pytest.param(
            {}, {"table": "contact", "record_id": "ana", "values": {"firstname": "Anabel"}},
            "another table", "Expected a record of incident, but it is one of contact.",
            id="a record of another table",
        ),
        pytest.param(
            {"operations": ["created", "deleted"], "columns": []}, {},
            "another operation", "Expected a record that was created or deleted, but it was updated.",
            id="another operation",
        ),
        pytest.param(
            {"ignore_actors": ["importer"]}, {"actor": "importer"},
            "ignored actor", "Expected anybody else, but importer changed it.",
            id="an actor that is ignored",
        ),
        pytest.param(
            {}, {"values": {"title": "Printers"}},
            "no watched column changed",
            "Expected another value in statuscode, but only title changed.",
            id="another column",
        ),
        pytest.param(
            {"columns": []}, {"values": {"statuscode": 1}},
            "no watched column changed",
            "Expected another value in any column, but every value is as it was.",
            id="a rewrite of the same value",
        ),
        pytest.param(
            {}, {"values": {"statuscode": 5, "customerid": None}},
            "no audience",
            "Expected customerid.primarycontactid of incident/k1 to lead to a person, but it leads to nobody.",
            id="no way to a person",
        ),
    ],
)  # fmt: skip
async def test_a_trigger_that_does_not_fire_says_why(
    live: Asked, trigger: dict[str, Any], change: dict[str, Any], reason: str, why: str
) -> None:
    await live.put("/triggers/watched", {**RESOLVED, **trigger})
    await live.post("/triggers/watched/ready")

    said = await explained(live, {**RESOLVES, **change})

    (watched,) = [each for each in said["triggers"] if each["trigger"] == "watched"]
    assert (watched["fires"], watched["reason"], watched["why"]) == (False, reason, why)


async def test_a_journey_whose_trigger_does_not_fire_says_so(live: Asked) -> None:
    said = await explained(live, {**RESOLVES, "values": {"title": "Printers"}})

    (journey,) = said["journeys"]
    assert (journey["enters"], journey["reason"]) == (False, "trigger does not fire")
    assert journey["why"] == "Expected another value in statuscode, but only title changed."


async def test_a_draft_and_a_custom_trigger_do_not_fire_on_a_change(listening: Asked) -> None:
    await listening.put("/triggers/draft", RESOLVED)

    said = await explained(listening, RESOLVES)

    reasons = {each["trigger"]: each["reason"] for each in said["triggers"]}
    assert reasons == {"case-resolved": None, "draft": "not ready", "rated": "custom trigger"}


async def test_who_is_inside_is_told_of_a_goal_an_exit_and_what_a_tile_waits_for(
    listening: Asked,
) -> None:
    await listening.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 5})
    (inside,) = (await listening.get("/instances?journey=rating"))["items"]

    said = await explained(listening, {**SENT, "attributes": {"score": 5}})

    fires = {each["trigger"]: each["fires"] for each in said["triggers"]}
    assert fires == {"case-resolved": False, "rated": True}
    (instance,) = said["instances"]
    assert instance == {
        "instance": inside["id"],
        "journey": "rating",
        "version": 1,
        "person": "contact/ana",
        "binding": "incident/k1",
        "why": "rated",
        "goal": True,
        "leaves": "has rated",
        "fulfils": ["asked"],
        "replans": [],
    }


async def test_who_is_inside_is_told_that_their_record_is_deleted(inside: Asked) -> None:
    said = await explained(inside, {**RESOLVES, "operation": "delete", "values": {}})

    (instance,) = said["instances"]
    assert (instance["why"], instance["leaves"]) == ("incident deleted", "record deleted")


async def test_a_person_who_is_inside_already_would_not_enter_again(inside: Asked) -> None:
    await inside.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 1})

    said = await explained(inside, RESOLVES)

    (journey,) = said["journeys"]
    assert (journey["reason"], journey["why"]) == (
        "repeat blocked",
        "They are inside already for incident/k1.",
    )


async def test_a_change_that_would_have_no_effect_says_why(live: Asked) -> None:
    newer = {**RESOLVES, "id": "n1", "version": 7, "values": {"title": "Scanner"}}
    await live.post("/changes", newer)

    again = await explained(live, newer)
    older = await explained(live, {**RESOLVES, "version": 6})

    assert (again["reason"], older["reason"]) == ("duplicate", "out of order")
    assert (again["triggers"], older["triggers"]) == ([], [])


OPENED = {
    "kind": "record_change",
    "table": "incident",
    "audience": {"path": "customerid.primarycontactid"},
    "operations": ["created"],
}
CREATION: dict[str, Any] = {
    "table": "incident",
    "record_id": "k9",
    "operation": "create",
    "version": 1,
    "values": {
        "title": "Scanner",
        "statuscode": 1,
        "customerid": {"table": "contact", "id": "ana"},
    },
}


async def test_a_creation_that_comes_late_is_explained_as_it_would_count(live: Asked) -> None:
    settle = {"id": "settle", "kind": "wait", "for": "P3D"}
    entry = {
        "trigger": "opened",
        "filter": {"field": "trigger.statuscode", "operator": "equals", "value": 1},
    }
    await live.put("/triggers/opened", OPENED)
    await live.post("/triggers/opened/ready")
    await live.put("/journeys/welcome", {"entry": entry, "tiles": [settle]})
    await live.post("/journeys/welcome/publish")
    update = {**CREATION, "operation": "update", "version": 2, "values": {"statuscode": 5}}
    await live.post("/changes", update)

    said = await explained(live, CREATION)
    await live.post("/changes", CREATION)
    again = await explained(live, CREATION)

    (opened,) = [each for each in said["triggers"] if each["trigger"] == "opened"]
    (welcome,) = [each for each in said["journeys"] if each["journey"] == "welcome"]
    assert (said["operation"], said["reason"]) == ("create", None)
    assert (opened["fires"], welcome["enters"]) == (True, True)
    assert [each["journey"] for each in (await live.get("/instances"))["items"]] == ["welcome"]
    assert again["reason"] == "out of order"


async def test_a_record_that_is_deleted_is_not_deleted_again(live: Asked) -> None:
    deletion = {**RESOLVES, "operation": "delete", "values": {}}
    await live.post("/changes", deletion)

    assert (await explained(live, deletion))["reason"] == "deleted before"


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        pytest.param({**RESOLVES, "values": {"a": 1, "b": 2}}, ["/values/a", "/values/b"], id="columns nobody knows"),
        pytest.param({**RESOLVES, "table": "planet"}, ["/table"], id="a table nobody declared"),
        pytest.param({"table": "incident"}, ["/record_id", "/operation"], id="half a change"),
        pytest.param({**SENT, "attributes": {"x": 1}}, ["/attributes/x"], id="an attribute nobody knows"),
        pytest.param(
            {"trigger": "case-resolved", "person": {"table": "account", "id": "a"}},
            ["/trigger", "/person/table"], id="neither a custom trigger nor a person",
        ),
        pytest.param([], [""], id="a list"),
    ],
)  # fmt: skip
async def test_bad_input_is_said_at_once(listening: Asked, body: Any, paths: list[str]) -> None:
    found = await listening.refused("POST", "/changes/explain", body)

    assert [path for path, _ in found] == paths
