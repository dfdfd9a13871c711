"""Operators see who stands where and why, who was refused and what was sent, and may step in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.database import Database
from store.messages import MessageRow
from store.refused import RefusedRow
from tests.api.conftest import JOURNEY, Asked


async def test_an_instance_tells_who_where_and_since_when(inside: Asked) -> None:
    (instance,) = (await inside.get("/instances"))["items"]

    assert await inside.get(f"/instances/{instance['id']}") == instance
    assert datetime.fromisoformat(instance.pop("entered_at")) <= datetime.now(UTC)  # noqa: TID251
    assert instance.pop("id")
    assert instance.pop("workflow_id").startswith("follow-up/contact/ana/1")
    assert instance == {
        "journey": "follow-up", "version": 1, "person": {"table": "contact", "id": "ana"},
        "binding": "incident/k1", "status": "active", "reason": None, "tile": None,
        "next_wake_at": None, "held": None, "goal_reached_at": None, "ended_at": None,
    }  # fmt: skip


async def test_a_timeline_begins_with_the_values_that_let_the_person_in(inside: Asked) -> None:
    (instance,) = (await inside.get("/instances"))["items"]

    (entered,) = (await inside.get(f"/instances/{instance['id']}/timeline"))["items"]

    assert (entered["what"], entered["why"]) == ("entered", "case-resolved")
    assert entered["values"] == {"trigger.statuscode": 5, "trigger.before.statuscode": 1}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("journey=follow-up", 1, id="its journey"),
        pytest.param("journey=other", 0, id="another journey"),
        pytest.param("person=contact/ana", 1, id="its person"),
        pytest.param("person=contact/bo", 0, id="another person"),
        pytest.param("status=active", 1, id="its status"),
        pytest.param("status=exited", 0, id="another status"),
        pytest.param("tile=settle", 0, id="a tile it is not on"),
    ],
)
async def test_instances_are_found_by(inside: Asked, query: str, count: int) -> None:
    assert len((await inside.get(f"/instances?{query}"))["items"]) == count


@pytest.mark.parametrize("path", ["/instances", "/messages", "/refused"])
async def test_a_filter_that_names_no_person_is_refused(asked: Asked, path: str) -> None:
    assert await asked.refused("GET", f"{path}?person=ana") == [
        ("/query/person", "Expected a person as table/id, but it is 'ana'.")
    ]


async def test_an_entry_that_was_refused_tells_why(live: Asked) -> None:
    await live.ask("PATCH", "/tables/incident/records/k1", {"statuscode": 1000})

    (refusal,) = (await live.get("/refused?what=entry&journey=follow-up&person=contact/ana"))[
        "items"
    ]

    assert (refusal["reason"], refusal["trigger"]) == ("unmet filter", "case-resolved")
    assert refusal["problem"].startswith("Expected trigger.statuscode ")
    assert refusal["values"] == {"trigger.statuscode": 1000, "trigger.before.statuscode": 1}
    assert (await live.get("/refused?what=change"))["items"] == []


async def test_a_change_whose_audience_is_nobody_is_on_record(live: Asked) -> None:
    await live.put("/tables/incident/records/k2", {"title": "Nobody's", "statuscode": 1})
    await live.ask("PATCH", "/tables/incident/records/k2", {"statuscode": 5})

    (refusal,) = (await live.get("/refused"))["items"]

    assert (refusal["reason"], refusal["change"]["binding"]) == ("no audience", "incident/k2")


async def test_newer_refusals_come_first_page_by_page(live: Asked) -> None:
    for value in ("a", "b", "c"):
        await live.post("/changes", {"table": value})

    first = await live.get("/refused?limit=2")
    second = await live.get(f"/refused?limit=2&cursor={first['next']}")

    seen = [each["change"]["table"] for page in (first, second) for each in page["items"]]
    assert sorted(seen) == ["a", "b", "c"]
    assert (len(first["items"]), second["next"]) == (2, None)


@pytest.fixture
def refusals(asked: Asked) -> Asked:
    """Refusals of every kind, in pairs: of two journeys, two people and two sources."""
    at = datetime(2027, 3, 1, 9, tzinfo=UTC)
    ana = "contact/ana"
    with asked.database.writing() as session:
        for number in range(8):
            which = ("one", "other")[number % 2]
            of: dict[str, Any] = [
                {"what": "entry", "reason": "unmet filter", "journey": which, "person": ana},
                {"what": "entry", "reason": "excluded", "journey": "one", "person": "lead/ben"},
                {"what": "change", "reason": "bad input", "source": which},
                {"what": "command", "reason": "set aside", "journey": which, "person": ana},
            ][number // 2]
            session.add(RefusedRow(id=f"r{number}", at=at, problem="Expected more.", **of))
    return asked


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", "76543210", id="all, the newest first"),
        pytest.param("what=entry", "3210", id="entries"),
        pytest.param("what=change", "54", id="changes"),
        pytest.param("what=command", "76", id="commands"),
        pytest.param("journey=one", "6320", id="of a journey"),
        pytest.param("person=contact/ana", "7610", id="of a person"),
        pytest.param("source=other", "5", id="of a source"),
        pytest.param("what=entry&journey=one", "320", id="entries of a journey"),
        pytest.param("what=command&journey=one&person=contact/ana", "6", id="all that is asked"),
        pytest.param("what=change&person=contact/ana", "", id="what there is not"),
        pytest.param("journey=nowhere", "", id="of a journey there is not"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_refusals_are_found_by(refusals: Asked, query: str, found: str, limit: int) -> None:
    page = await refusals.get(f"/refused?{query}&limit={limit}")
    pages = [page]
    while page["next"]:
        page = await refusals.get(f"/refused?{query}&limit={limit}&cursor={page['next']}")
        pages.append(page)

    assert [each["id"] for page in pages for each in page["items"]] == [f"r{at}" for at in found]
    assert [len(page["items"]) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert len(pages) == max(1, -(-len(found) // limit))


async def test_who_is_refused_between_two_pages_is_on_neither(refusals: Asked) -> None:
    first = await refusals.get("/refused?limit=4")
    await refusals.post("/changes", {"table": "planet"})

    second = await refusals.get(f"/refused?limit=4&cursor={first['next']}")

    assert [each["id"] for each in second["items"]] == ["r3", "r2", "r1", "r0"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        pytest.param("what=nothing", "/query/what", id="no kind of refusal"),
        pytest.param("person=ana", "/query/person", id="no person"),
        pytest.param("limit=0", "/query/limit", id="a page of nothing"),
        pytest.param("cursor=nonsense", "/query/cursor", id="no cursor"),
    ],
)
async def test_a_question_for_refusals_that_makes_no_sense_is_refused(
    asked: Asked, query: str, path: str
) -> None:
    assert [where for where, _ in await asked.refused("GET", f"/refused?{query}")] == [path]


def keep(database: Database, count: int) -> None:
    """Write *count* messages to Ana into the log, a minute apart."""
    monday = datetime(2027, 3, 1, 9, tzinfo=UTC)
    with database.writing() as session:
        session.add_all(
            MessageRow(
                id=f"m{number}", instance="i1", journey="follow-up", version=1, tile="survey",
                person_table="contact", person_id="ana", channel="email", template="survey",
                purpose="commercial", to="ana@example.org", status="sent", subject=f"No. {number}",
                text="Hello", html="<p>Hello</p>", at=monday + timedelta(minutes=number // 2),
            )
            for number in range(count)
        )  # fmt: skip


async def test_messages_are_listed_newest_first_in_pages(asked: Asked) -> None:
    keep(asked.database, 5)

    first = await asked.get("/messages?person=contact/ana&limit=3")
    second = await asked.get(f"/messages?person=contact/ana&limit=3&cursor={first['next']}")

    assert [each["id"] for page in (first, second) for each in page["items"]] == [
        "m4", "m3", "m2", "m1", "m0",
    ]  # fmt: skip
    assert second["items"][-1] == {
        "id": "m0", "instance": "i1", "journey": "follow-up", "version": 1, "tile": "survey",
        "person": {"table": "contact", "id": "ana"}, "channel": "email", "template": "survey",
        "to": "ana@example.org", "purpose": "commercial", "status": "sent", "reason": None,
        "subject": "No. 0", "text": "Hello", "html": "<p>Hello</p>", "at": "2027-03-01T09:00:00Z",
        "opens": 0, "clicks": 0,
    }  # fmt: skip
    assert (await asked.get("/messages?journey=other"))["items"] == []
    assert len((await asked.get("/messages?instance=i1"))["items"]) == 5


async def test_a_cursor_of_another_list_is_refused(asked: Asked) -> None:
    for name in ("a", "b"):
        await asked.put(f"/tables/lead/records/{name}", {})
    cursor = (await asked.get("/tables/lead/records?limit=1"))["next"]

    ((path, _),) = await asked.refused("GET", f"/messages?cursor={cursor}")

    assert path == "/query/cursor"


async def test_a_person_is_shown_with_their_instances_and_messages(inside: Asked) -> None:
    keep(inside.database, 1)

    ana = await inside.get("/people/contact/ana")

    assert ana["values"]["firstname"] == "Ana"
    assert [each["journey"] for each in ana["instances"]] == ["follow-up"]
    assert [each["id"] for each in ana["messages"]] == ["m0"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        pytest.param("/people/contact/bo", "Expected a person, but there is no contact/bo.", id="nobody"),
        pytest.param("/people/incident/k1", "Expected a table of people, but incident holds none.", id="a case"),
        pytest.param("/instances/x", "Expected an instance, but there is none called 'x'.", id="no instance"),
        pytest.param("/instances/x/timeline", "Expected an instance, but there is none called 'x'.", id="its timeline"),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(live: Asked, path: str, detail: str) -> None:
    assert (await live.get(path, status=404))["detail"] == detail


async def test_clocks_stand_where_the_server_cannot_move_them(inside: Asked) -> None:
    (instance,) = (await inside.get("/instances"))["items"]
    path = f"/instances/{instance['id']}/fast-forward"

    assert await inside.conflict("POST", path, {"by": "P3D"}) == (
        "Expected a Temporal server that can move clocks, but this one cannot."
    )
    assert [path for path, _ in await inside.refused("POST", path, {"by": "backwards"})] == ["/by"]
    assert [path for path, _ in await inside.refused("POST", path, {"by": "-P1D"})] == ["/by"]


async def test_two_people_enter_by_one_change_each(inside: Asked) -> None:
    await inside.put("/journeys/other", JOURNEY)
    await inside.post("/journeys/other/publish")
    await inside.put("/tables/contact/records/bo", {"firstname": "Bo"})
    case = {"statuscode": 1, "customerid": {"table": "contact", "id": "bo"}}
    await inside.put("/tables/incident/records/k2", case)

    await inside.ask("PATCH", "/tables/incident/records/k2", {"statuscode": 5})

    first = await inside.get("/instances?limit=2")
    second = await inside.get(f"/instances?limit=2&cursor={first['next']}")
    people = [each["person"]["id"] for page in (first, second) for each in page["items"]]
    assert people == ["bo", "bo", "ana"]
