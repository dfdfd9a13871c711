"""Journeys are paused, resumed, completed, copied and moved; drafts that are stale are refused."""

from typing import Any

import pytest
from sqlmodel import select

from store.commands import CommandRow
from store.instances import instances
from tests.api.conftest import JOURNEY, Asked

FOLLOW_UP = "/journeys/follow-up"


async def resolves_a_case(asked: Asked, name: str) -> None:
    """Let somebody's case be resolved: they enter the journey."""
    await asked.put(f"/tables/contact/records/{name}", {"emailaddress1": f"{name}@example.org"})
    case = {"statuscode": 1, "customerid": {"table": "contact", "id": name}}
    await asked.put(f"/tables/incident/records/{name}", case)
    await asked.ask("PATCH", f"/tables/incident/records/{name}", {"statuscode": 5})


def outcomes(asked: Asked) -> list[tuple[str, str | None]]:
    with asked.database.reading() as session:
        rows = session.exec(select(CommandRow).order_by(CommandRow.id))  # type: ignore[arg-type]
        return [(row.kind, row.outcome) for row in rows]


@pytest.mark.parametrize(
    ("before", "route", "expected", "state"),
    [
        pytest.param([], "resume", "paused", "live", id="resuming a live one"),
        pytest.param(["pause"], "pause", "live", "paused", id="pausing a paused one"),
        pytest.param(["pause"], "complete", "live", "paused", id="completing a paused one"),
        pytest.param(["complete"], "stop", "live, paused or completing", "completed", id="stopping one"),
        pytest.param(["stop"], "pause", "live", "stopped", id="pausing a stopped one"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(
    live: Asked, before: list[str], route: str, expected: str, state: str
) -> None:
    for each in before:
        await live.post(f"{FOLLOW_UP}/{each}")

    assert await live.conflict("POST", f"{FOLLOW_UP}/{route}") == (
        f"Expected a journey that is {expected}, but follow-up is {state}."
    )


async def test_entries_of_a_paused_journey_queue_until_it_is_resumed(live: Asked) -> None:
    await live.post(f"{FOLLOW_UP}/pause")
    await resolves_a_case(live, "bo")
    [queued] = (await live.get("/instances"))["items"]
    held = outcomes(live)

    resumed = await live.post(f"{FOLLOW_UP}/resume")

    assert (queued["status"], queued["held"], queued["tile"]) == ("active", "journey paused", None)
    assert held == [("start", "held")]
    assert resumed == {"name": "follow-up", "state": "live", "resumed": 1}
    assert outcomes(live) == [("start", None)]
    [started] = (await live.get("/instances"))["items"]
    assert started["held"] is None


async def test_one_who_queues_leaves_without_starting(live: Asked) -> None:
    await live.post(f"{FOLLOW_UP}/pause")
    await resolves_a_case(live, "bo")
    [queued] = (await live.get("/instances"))["items"]

    ejected = await live.post(f"/instances/{queued['id']}/eject", {"reason": "asked us to"})

    assert (ejected["status"], ejected["reason"]) == ("exited", "asked us to")
    assert outcomes(live) == [("start", "gone")]
    notes = (await live.get(f"/instances/{queued['id']}/timeline"))["items"]
    assert [note["what"] for note in notes] == ["entered", "held", "exited"]


async def test_those_who_queue_when_a_journey_stops_leave_at_once(live: Asked) -> None:
    await resolves_a_case(live, "cy")
    await live.post(f"{FOLLOW_UP}/pause")
    await resolves_a_case(live, "bo")

    stopped = await live.post(f"{FOLLOW_UP}/stop")

    assert stopped["leaving"] == 2
    assert outcomes(live) == [("start", None), ("start", "gone"), ("tell", None)]


async def test_a_rate_limit_still_holds_after_a_pause(live: Asked) -> None:
    limited = JOURNEY["entry"] | {"rate_limit": {"count": 1, "per": "hour"}}
    await live.put(FOLLOW_UP, JOURNEY | {"entry": limited}, status=200)
    await live.post(f"{FOLLOW_UP}/publish")
    await live.post(f"{FOLLOW_UP}/pause")
    for name in ("bo", "cy", "di"):
        await resolves_a_case(live, name)

    await live.post(f"{FOLLOW_UP}/resume")

    with live.database.reading() as session:
        moments = sorted(row.entered_at for row in instances(session))
        dues = sorted(row.due_at for row in session.exec(select(CommandRow)) if row.due_at)
    assert dues == moments
    assert [(later - moments[0]).total_seconds() for later in moments] == [0, 3600, 7200]


async def test_a_journey_that_runs_out_is_completed_at_once_where_nobody_is_inside(
    live: Asked,
) -> None:
    done = await live.post(f"{FOLLOW_UP}/complete")

    assert done == {"name": "follow-up", "state": "completed", "inside": 0}
    assert (await live.get(FOLLOW_UP))["state"] == "completed"
    await live.put(FOLLOW_UP, JOURNEY | {"title": "Again"}, status=200)
    assert (await live.post(f"{FOLLOW_UP}/publish"))["version"] == 2


async def test_a_journey_that_runs_out_lets_nobody_in_and_is_not_published(inside: Asked) -> None:
    await inside.post(f"{FOLLOW_UP}/complete")
    await resolves_a_case(inside, "bo")

    shown = await inside.get(FOLLOW_UP)

    assert (shown["state"], shown["entered"], shown["inside"]) == ("completing", 1, 1)
    assert "is completing" in await inside.conflict("POST", f"{FOLLOW_UP}/publish")
    assert "is completing" in await inside.conflict("DELETE", FOLLOW_UP)


async def test_a_copy_is_a_draft_of_its_own(live: Asked) -> None:
    await live.post(f"{FOLLOW_UP}/stop")

    copy = await live.post(f"{FOLLOW_UP}/copy", {"name": "second"}, status=201)

    original = await live.get(FOLLOW_UP)
    assert (copy["state"], copy["version"]) == ("draft", None)
    assert copy["journey"] == original["journey"] | {"name": "second"}
    assert await live.conflict("POST", f"{FOLLOW_UP}/copy", {"name": "second"}) == (
        "Expected a name that is free, but there is a journey called 'second'."
    )


async def test_a_dry_run_says_who_would_go_where_and_touches_nobody(inside: Asked) -> None:
    tiles: list[dict[str, Any]] = [{"id": "survey", "kind": "message", "template": "survey"}]
    await inside.put(FOLLOW_UP, JOURNEY | {"tiles": tiles}, status=200)
    before = outcomes(inside)

    shown = await inside.post(f"{FOLLOW_UP}/publish", {"move": True, "dry_run": True})

    assert shown == {"stays": 1, "moves": {}}  # they stand on no tile yet
    assert (await inside.get(FOLLOW_UP))["version"] == 1
    assert outcomes(inside) == before


@pytest.mark.parametrize(
    ("said", "headers"),
    [
        pytest.param({"draft_version": 1}, {}, id="by draft_version"),
        pytest.param({}, {"If-Match": '"1"'}, id="by If-Match"),
    ],
)
async def test_a_draft_made_from_an_old_one_is_refused_with_what_changed(
    live: Asked, said: dict[str, int], headers: dict[str, str]
) -> None:
    await live.put(FOLLOW_UP, JOURNEY | {"title": "Theirs"}, status=200)

    answer = await live.ask(
        "PUT", FOLLOW_UP, JOURNEY | said | {"title": "Ours"}, status=409, headers=headers
    )

    assert answer["detail"] == (
        "Expected a draft made from the newest draft_version of follow-up, which is 2, "
        "but it was made from 1."
    )
    assert answer["changes"] == [{"path": "/title", "from": "Survey", "to": "Theirs"}]
    assert (await live.get(FOLLOW_UP))["title"] == "Theirs"


async def test_a_draft_made_from_the_newest_is_saved(live: Asked) -> None:
    shown = await live.http.get(f"/v1{FOLLOW_UP}")

    saved = await live.ask(
        "PUT", FOLLOW_UP, JOURNEY | {"version": 1}, headers={"If-Match": shown.headers["etag"]}
    )

    assert saved["draft_version"] == 2


async def test_a_draft_made_from_an_old_version_is_refused_with_what_was_published(
    live: Asked,
) -> None:
    await live.put(FOLLOW_UP, JOURNEY | {"title": "Theirs"}, status=200)
    await live.post(f"{FOLLOW_UP}/publish")

    answer = await live.ask("PUT", FOLLOW_UP, JOURNEY | {"version": 1}, status=409)

    assert answer["changes"] == [{"path": "/title", "from": "Survey", "to": "Theirs"}]


async def test_an_erased_person_is_gone_and_a_later_change_makes_them_anew(inside: Asked) -> None:
    await inside.post("/changes", {"table": "contact", "record_id": "ana", "operation": "no"})

    await inside.ask("DELETE", "/people/contact/ana", status=204)
    await inside.ask("DELETE", "/people/contact/ana", status=204)

    [instance] = (await inside.get("/instances"))["items"]
    notes = (await inside.get(f"/instances/{instance['id']}/timeline"))["items"]
    assert [note["values"] for note in notes] == [{}]
    assert [each["change"] for each in (await inside.get("/refused"))["items"]] == [None]
    assert [kind for kind, _ in outcomes(inside)] == ["start", "tell"]
    await inside.put("/tables/contact/records/ana", {"firstname": "New"})
    assert (await inside.get("/people/contact/ana"))["values"]["firstname"] == "New"


async def test_an_instance_that_does_not_wait_has_no_wait_to_skip(inside: Asked) -> None:
    [instance] = (await inside.get("/instances"))["items"]

    assert (await inside.conflict("POST", f"/instances/{instance['id']}/skip-wait")).startswith(
        "Expected an instance that waits, but"
    )
