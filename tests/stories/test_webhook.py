"""Webhooks: called once per visit, with values in their place, and their answers read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from journeys.journey import Journey
from journeys.publishing import problems
from tests.durable import DurableStory
from tests.endpoint import Endpoint, listening
from tests.story import Story
from tests.virtual import VirtualStory
from tests.world import WORLD, journey, message, when


@pytest.fixture
def endpoint(story: Story) -> Iterator[Endpoint]:
    with listening() as there:
        story.reply = there.reply
        yield there


def call(endpoint: Endpoint, path: str = "/hook", **settings: Any) -> dict[str, Any]:
    return {"kind": "webhook", "id": "call", "url": endpoint.url + path, **settings}


def branch(condition: dict[str, Any]) -> dict[str, Any]:
    branches = [{"name": "yes", "when": condition, "next": "hello"}]
    return {"kind": "attribute_branch", "id": "which", "branches": branches, "other": None}


async def test_an_answer_can_be_branched_on(world: Story, endpoint: Endpoint) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    endpoint.answer(201, {"score": {"value": 80}})
    good = when("tiles.call.body.score.value", "at_least", 50)
    created = when("tiles.call.status", "equals", 201)

    await world.expect(
        journey(call(endpoint, next="which"), branch({"all": [good, created]}), message("hello")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived call
        Mon 09:00 called call -> which: 127.0.0.1 answered 201
        Mon 09:00 arrived which
        Mon 09:00 decided which -> hello: yes
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """,
    )


async def test_values_stand_in_the_path_the_query_and_the_body(
    world: Story, endpoint: Endpoint
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", plan="a/b?c=d&e#f ü", seats=3)
    body = {
        "seats": {"field": "trigger.seats"},
        "deep": [{"text": "Dear {{ person.firstname }}"}],
        "nothing": {"field": "person.jobtitle"},
    }
    path = "/people/{{ trigger.plan }}?name={{ person.firstname | downcase }}"

    await world.play(world.published(journey(call(endpoint, path, method="PUT", body=body))))

    [(method, called, _, content)] = endpoint.requests
    assert (method, called) == ("PUT", "/people/a%2Fb%3Fc%3Dd%26e%23f%20%C3%BC?name=ana")
    assert json.loads(content) == {"seats": 3, "deep": [{"text": "Dear Ana"}], "nothing": None}


@pytest.mark.parametrize("status", [302, 400, 404])
async def test_an_answer_that_is_no_success_leads_down_the_failed_way(
    world: Story, endpoint: Endpoint, status: int
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    endpoint.answer(status, {}, location="/elsewhere")

    await world.expect(
        journey(call(endpoint, if_failed="hello"), message("hello")),
        f"""
        Mon 09:00 entered: joined
        Mon 09:00 arrived call
        Mon 09:00 failed call -> hello: 127.0.0.1 answered {status}
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """,
    )
    assert len(endpoint.requests) == 1


async def test_a_value_that_would_climb_the_path_calls_nobody(
    world: Story, endpoint: Endpoint
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", plan="..")

    [played] = await world.play(
        world.published(journey(call(endpoint, "/people/{{ trigger.plan }}/delete")))
    )

    assert [note.what for note in played] == ["entered", "arrived", "failed", "completed"]
    assert endpoint.requests == []


@pytest.mark.slow
async def test_a_call_is_tried_again_with_the_same_id_until_it_is_taken(
    durable_story: DurableStory,
) -> None:
    durable_story.tells_of(WORLD)
    durable_story.fires("Mon 09:00", "joined", "contact/ana")
    with listening() as endpoint:
        for status in (500, 503, 429, 200):
            endpoint.answer(status, {})
        [played] = await durable_story.play(durable_story.published(journey(call(endpoint))))

    assert [note.what for note in played] == ["entered", "arrived", "called", "completed"]
    ids = [headers["webhook-id"] for _, _, headers, _ in endpoint.requests]
    assert len(ids) == 4
    assert len(set(ids)) == 1


@pytest.mark.slow
async def test_a_call_that_is_never_taken_is_given_up(durable_story: DurableStory) -> None:
    durable_story.tells_of(WORLD)
    durable_story.fires("Mon 09:00", "joined", "contact/ana")
    with listening() as endpoint:
        endpoint.answer(500)
        [played] = await durable_story.play(durable_story.published(journey(call(endpoint))))

    assert [note.what for note in played] == ["entered", "arrived", "failed", "completed"]
    assert 10 < len(endpoint.requests) < 20


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        pytest.param({"url": "https://{{ trigger.plan }}/x"}, "/url", id="a host from a value"),
        pytest.param({"url": "https://ex{{ trigger.plan }}.com/x"}, "/url", id="part of a host"),
        pytest.param({"url": "https://user@example.com/x"}, "/url", id="a name before the host"),
        pytest.param({"url": "ftp://example.com/x"}, "/url", id="not HTTP"),
        pytest.param({"url": "https://example.com/{{ trigger.plam }}"}, "/url", id="an unknown field"),
        pytest.param({"url": "https://example.com/{% if x %}{% endif %}"}, "/url", id="a tag"),
        pytest.param({"url": "https://example.com/{{ trigger.plan"}, "/url", id="unfinished"),
        pytest.param({"body": {"a": [{"field": "trigger.plam"}]}}, "/body/a", id="a field in the body"),
        pytest.param({"method": "GET", "body": {}}, "/body", id="a body with GET"),
        pytest.param({"time_limit": "PT2M"}, "/time_limit", id="too long"),
    ],
)  # fmt: skip
def test_what_keeps_a_webhook_from_going_live(settings: dict[str, Any], path: str) -> None:
    story = VirtualStory()
    story.tells_of(WORLD)
    drawn = {"kind": "webhook", "id": "call", "url": "https://example.com/x", **settings}

    found = problems(Journey.model_validate(journey(drawn)), story.catalogue)

    assert [each.path for each in found] == [f"/tiles/0{path}"]
    assert all(each.message.startswith("Expected ") for each in found)
