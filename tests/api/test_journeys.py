"""Journeys are drafted, published, changed and stopped."""

from typing import Any

import pytest

from tests.api.conftest import JOURNEY, RESOLVED, Asked


async def test_a_trigger_begins_a_journey(asked: Asked) -> None:
    await asked.put("/triggers/case-resolved", RESOLVED)
    await asked.post("/triggers/case-resolved/ready")

    first = await asked.post("/journeys", {"trigger": "case-resolved"}, status=201)
    second = await asked.post("/journeys", {"trigger": "case-resolved"}, status=201)
    named = await asked.post(
        "/journeys", {"trigger": "case-resolved", "name": "other", "title": "Other"}, status=201
    )

    assert first["journey"] == {
        "name": "case-resolved", "title": "Case resolved", "entry": {"trigger": "case-resolved"}, "tiles": [],
    }  # fmt: skip
    assert (first["state"], first["version"], first["draft"]) == ("draft", None, True)
    assert (second["name"], named["name"], named["title"]) == ("case-resolved-2", "other", "Other")
    assert await asked.put("/journeys/case-resolved", first["journey"], status=200)


async def test_a_journey_begins_with_a_trigger_there_is_under_a_name_that_is_free(
    live: Asked,
) -> None:
    assert await live.refused("POST", "/journeys", {"trigger": "nothing"}) == [
        ("/trigger", "Expected a trigger, but there is none called 'nothing'.")
    ]
    assert await live.conflict(
        "POST", "/journeys", {"trigger": "case-resolved", "name": "follow-up"}
    ) == ("Expected a name that is free, but there is a journey called 'follow-up'.")


async def test_a_draft_is_saved_with_what_is_still_wrong_and_cannot_go_live(live: Asked) -> None:
    tiles = [
        {
            "id": "survey",
            "kind": "message",
            "channel": "email",
            "template": "nothing",
            "next": "gone",
        }
    ]
    entry = {
        "trigger": "case-resolved",
        "filter": {"field": "trigger.nonsense", "operator": "is_empty"},
    }

    saved = await live.put("/journeys/broken", JOURNEY | {"entry": entry, "tiles": tiles})
    problems = (await live.get("/journeys/broken/problems"))["problems"]
    refused = await live.ask("POST", "/journeys/broken/publish", status=409)

    assert {(each.get("tile"), each["path"]) for each in problems} == {
        (None, "/entry/filter/field"), ("survey", "/tiles/0/template"), ("survey", "/tiles/0/next"),
    }  # fmt: skip
    assert saved["problems"] == problems
    assert [each["message"] for each in refused["problems"]] == [
        each["message"] for each in problems
    ]
    assert (await live.get("/journeys/broken"))["state"] == "draft"


async def test_a_draft_without_the_shape_of_a_journey_is_not_saved(live: Asked) -> None:
    tiles = [{"id": "settle", "kind": "wait", "for": "three days"}, {"id": "x", "kind": "teleport"}]

    answer = await live.ask("PUT", "/journeys/follow-up", JOURNEY | {"tiles": tiles}, status=422)

    assert [(each["tile"], each["path"]) for each in answer["problems"]] == [
        ("settle", "/tiles/0/for"), ("x", "/tiles/1"),
    ]  # fmt: skip
    assert (await live.get("/journeys/follow-up"))["journey"]["tiles"] != tiles


async def test_a_change_is_live_once_it_is_published(live: Asked) -> None:
    before = await live.get("/journeys/follow-up")
    saved = await live.put("/journeys/follow-up", JOURNEY | {"title": "Other"}, status=200)
    published = await live.post("/journeys/follow-up/publish")
    versions = await live.get("/journeys/follow-up/versions")

    assert [before[name] for name in ("state", "version", "draft", "draft_version")] == [
        "live",
        1,
        False,
        1,
    ]
    assert [saved[name] for name in ("state", "version", "draft", "draft_version")] == [
        "live",
        1,
        True,
        2,
    ]
    assert published == {"name": "follow-up", "state": "live", "version": 2}
    assert [(each["number"], each["live"], each["journey"]["title"]) for each in versions["items"]] == [
        (2, True, "Other"), (1, False, "Survey"),
    ]  # fmt: skip
    assert await live.post("/journeys/follow-up/publish") == published  # nothing has changed


async def test_a_template_that_changed_is_sent_once_the_journey_is_published_again(
    live: Asked,
) -> None:
    await live.put("/templates/survey", {"subject": "New", "html": "<p>New</p>"}, status=200)

    assert (await live.get("/journeys"))["items"][0]["draft"] is True
    assert (await live.post("/journeys/follow-up/publish"))["version"] == 2


async def test_a_publication_holds_for_the_very_next_change(live: Asked) -> None:
    await live.post("/journeys/follow-up/stop")
    await live.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 5})
    await live.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 1})
    assert (await live.get("/instances"))["items"] == []

    await live.post("/journeys/follow-up/publish")
    await live.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 5})
    assert len((await live.get("/instances"))["items"]) == 1


async def test_a_journey_that_stops_tells_everybody_inside_to_leave(inside: Asked) -> None:
    del inside.woken[:]
    started = len(inside.commands())

    stopped = await inside.post("/journeys/follow-up/stop")

    assert stopped == {"name": "follow-up", "state": "stopped", "leaving": 1}
    (told,) = inside.commands()[started:]
    assert (told.kind, told.payload["leave"]) == ("tell", "stopped")
    assert inside.woken == [True]
    assert await inside.conflict("POST", "/journeys/follow-up/stop") == (
        "Expected a journey that is live, paused or completing, but follow-up is stopped."
    )


async def test_a_live_journey_is_not_deleted_and_a_later_one_of_its_name_counts_on(
    live: Asked,
) -> None:
    assert await live.conflict("DELETE", "/journeys/follow-up") == (
        "Expected a draft, a stopped or a completed journey, but follow-up is live."
    )
    await live.post("/journeys/follow-up/stop")
    await live.ask("DELETE", "/journeys/follow-up", status=204)
    assert (await live.get("/journeys/follow-up", status=404))["detail"] == (
        "Expected a journey, but there is none called 'follow-up'."
    )

    await live.put("/journeys/follow-up", JOURNEY)
    assert (await live.post("/journeys/follow-up/publish"))["version"] == 2


async def test_a_journey_whose_trigger_is_not_ready_cannot_go_live(live: Asked) -> None:
    await live.put("/triggers/order-ready", RESOLVED | {"table": "salesorder"})
    await live.put("/journeys/notice", {"entry": {"trigger": "order-ready"}})

    assert (
        "/entry/trigger", "Expected a trigger that is ready, but 'order-ready' is not.",
    ) in await live.refused("POST", "/journeys/notice/publish", status=409)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "", id="reading it"),
        pytest.param("DELETE", "", id="deleting it"),
        pytest.param("GET", "/problems", id="asking for its problems"),
        pytest.param("GET", "/versions", id="asking for its versions"),
        pytest.param("POST", "/publish", id="publishing it"),
        pytest.param("POST", "/stop", id="stopping it"),
    ],
)
async def test_a_journey_nobody_drafted_is_not_found(asked: Asked, method: str, path: str) -> None:
    answer: Any = await asked.ask(method, f"/journeys/nothing{path}", status=404)

    assert answer["detail"] == "Expected a journey, but there is none called 'nothing'."


async def test_a_draft_is_drawn_as_a_picture(live: Asked) -> None:
    answer = await live.http.get("/v1/journeys/follow-up/drawing.svg")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg ")
    assert ">survey</text>" in answer.text
    await live.get("/journeys/nothing/drawing.svg", status=404)
