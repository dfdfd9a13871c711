"""Records that live in Dataverse: a journey writes them there, once, and the mirror follows."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from journeys.changes import RecordRef
from journeys.trace import Note
from store.records import RecordRow, record
from store.sources import SourceRow
from tests.durable import DurableStory
from tests.environment.server import Environment, running
from tests.operated import gateway_of
from tests.stories.test_record import CREATE, UPDATE
from tests.story import MONDAY
from tests.world import WORLD, journey, message

pytestmark = pytest.mark.slow

ANA = "1a2b3c4d-0000-4000-8000-00000000a11a"
CALL = {
    **CREATE,
    "values": {
        "title": "Call {{ person.firstname }}",
        "prioritycode": "High",
        "primarycontactid": {"field": "person"},
    },
}
RAISE = {**UPDATE, "record": "tiles.call", "values": {"prioritycode": "Normal"}}


@pytest.fixture
async def environment() -> AsyncIterator[Environment]:
    """An environment that knows Ana."""
    async with running() as it:
        it.rows.put("contacts", None, {"contactid": ANA, "firstname": "Ana"}, new=True)
        yield it


@pytest.fixture
def world(durable_story: DurableStory, environment: Environment) -> DurableStory:
    """The small world, whose cases live in the environment; Ana, who joins, does too."""
    durable_story.tells_of(WORLD)
    durable_story.given(f"contact/{ANA}", firstname="Ana", emailaddress1="ana@example.org")
    connection = {**environment.connection, "tables": ["incident"]}
    with durable_story.database.writing() as session:
        session.add(
            SourceRow(
                name="dataverse",
                format="dataverse",
                settings={"connection": connection},
                created_at=MONDAY,
            )
        )
    durable_story.fires("Mon 09:00", "joined", f"contact/{ANA}")
    return durable_story


def cases(environment: Environment) -> list[dict[str, Any]]:
    return [row for (there, _), row in environment.rows.rows.items() if there == "incidents"]


def mirrored(world: DurableStory, case: dict[str, Any]) -> RecordRow:
    with world.database.reading() as session:
        found = record(session, RecordRef("incident", case["incidentid"]))
    assert found is not None
    return found


async def played(world: DurableStory, *tiles: dict[str, Any]) -> list[tuple[str, str | None]]:
    [notes] = await world.play(world.published(journey(*tiles)))
    return [_said(note) for note in notes if note.what in {"wrote", "failed", "sent"}]


def _said(note: Note) -> tuple[str, str | None]:
    return note.what, note.why


async def test_a_case_is_created_and_updated_where_it_lives(
    world: DurableStory, environment: Environment
) -> None:
    said = await played(world, {**CALL, "next": "raise"}, RAISE)

    assert said == [("wrote", "created incident"), ("wrote", "updated tiles.call")]
    [case] = cases(environment)
    assert (case["title"], case["prioritycode"]) == ("Call Ana", 2)
    assert case["_primarycontactid_value"] == ANA
    row = mirrored(world, case)
    assert row.values["prioritycode"] == 2
    assert row.values["modifiedon"] == case["modifiedon"]


@pytest.mark.parametrize("status", [429, 503])
async def test_what_is_not_taken_now_is_tried_again(
    world: DurableStory, environment: Environment, status: int
) -> None:
    environment.fail(status, "incidents(", times=4, retry_after="0")

    assert await played(world, CALL) == [("wrote", "created incident")]
    assert len(cases(environment)) == 1


async def test_what_was_created_and_not_answered_is_not_created_twice(
    world: DurableStory, environment: Environment
) -> None:
    environment.lose("incidents(")

    assert await played(world, CALL) == [("wrote", "created incident")]
    [case] = cases(environment)
    assert mirrored(world, case).values["title"] == "Call Ana"
    assert [method for method, path in environment.asked if "incidents(" in path] == [
        "PATCH",
        "PATCH",
        "GET",
    ]


async def test_what_dataverse_refuses_leads_down_the_failed_way(
    world: DurableStory, environment: Environment
) -> None:
    environment.rows.delete("contacts", ANA)

    said = await played(world, {**CALL, "if_failed": "hello"}, message("hello"))

    assert said == [
        (
            "failed",
            f"Expected Dataverse to do it, but it says: contact With Id = {ANA} Does Not Exist.",
        ),
        ("sent", None),
    ]
    assert cases(environment) == []


async def test_what_its_values_find_there_is_updated_however_often_it_is_tried(
    world: DurableStory, environment: Environment
) -> None:
    there = environment.rows.put("incidents", None, {"title": "Call Ana"}, new=True)
    found = {**CALL, "operation": "upsert", "found_by": ["title"]}
    environment.lose("incidents(")

    said = await played(world, {**found, "next": "raise"}, RAISE)

    assert said == [("wrote", "created or updated incident"), ("wrote", "updated tiles.call")]
    [case] = cases(environment)
    assert (case["incidentid"], case["prioritycode"]) == (there, 2)
    assert case["_primarycontactid_value"] == ANA
    assert mirrored(world, case).values["prioritycode"] == 2


async def test_what_is_gone_there_is_not_created_by_an_update(
    world: DurableStory, environment: Environment
) -> None:
    gone = {"kind": "wait", "id": "wait", "for": "P1D", "next": "raise"}
    version = world.published(journey({**CALL, "next": "wait"}, gone, RAISE))
    world.begin(version)
    await world.happens(*[what for _, what in world.happenings])
    [case] = cases(environment)
    environment.rows.delete("incidents", case["incidentid"])

    await world.go_on(None)

    [notes] = world.timelines()
    assert [_said(note) for note in notes if note.what == "failed"] == [
        ("failed", "Expected incident to be a record that is there, but it is gone.")
    ]
    assert cases(environment) == []


async def test_what_a_journey_wrote_is_no_news_when_its_webhook_comes(
    world: DurableStory, environment: Environment
) -> None:
    async with gateway_of(world) as http:
        registered = await http.post(
            "/v1/sources/dataverse/register",
            json={"tables": ["incident"], "url": "http://localhost/v1/sources/dataverse/in"},
        )
        assert registered.is_success, registered.text
        await played(world, {**CALL, "next": "raise"}, RAISE)
        [case] = cases(environment)
        before = mirrored(world, case)
        fired = (await http.get("/v1/triggers/case-changed")).json()["fired_count"]

        posted = [body for _, body in environment.registry.posted]
        answers = await environment.registry.post(http)

        after = (await http.get("/v1/triggers/case-changed")).json()["fired_count"]
    assert [each["SharedVariables"] for each in posted] == [
        [{"key": "tag", "value": "journey/story~1"}]
    ] * 2
    assert [answer.json()["accepted"] for answer in answers] == [1, 1]
    assert mirrored(world, case).values == before.values
    assert (fired, after) == (1, 1)
