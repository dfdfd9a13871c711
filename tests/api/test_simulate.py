"""Simulating over HTTP: a person is followed through a journey, and nobody is touched."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from store.database import Database
from tests.api.conftest import JOURNEY, RESOLVED, SURVEY, Asked

START = "2031-03-03T09:00:00Z"
RESOLVES = {
    "table": "incident", "record_id": "k1", "operation": "update", "values": {"statuscode": 5},
}  # fmt: skip
MADE_UP: list[dict[str, Any]] = [
    {
        "table": "contact",
        "id": "zoe",
        "values": {"firstname": "Zoe", "emailaddress1": "zoe@example.org"},
    },
    {
        "table": "incident",
        "id": "k9",
        "values": {
            "title": "Scanner",
            "statuscode": 1,
            "customerid": {"table": "contact", "id": "zoe"},
        },
    },
]
RATED: dict[str, Any] = {"kind": "custom", "attributes": {"score": "number"}}
MOMENT = (
    "Expected a moment with its offset such as 2026-11-24T09:00:00+01:00, "
    "but start is '2031-03-03T09:00:00'."
)
BRANCHING: dict[str, Any] = {
    "name": "rating",
    "entry": {"trigger": "rated"},
    "tiles": [
        {
            "id": "how",
            "kind": "attribute_branch",
            "branches": [
                {
                    "name": "unhappy",
                    "when": {"field": "trigger.score", "operator": "at_most", "value": 2},
                    "next": "sorry",
                },
                {
                    "name": "happy",
                    "when": {"field": "trigger.score", "operator": "at_least", "value": 4},
                    "next": None,
                },
            ],
            "other": None,
        },
        {"id": "sorry", "kind": "message", "channel": "email", "template": "sorry"},
    ],
}
OF_ITS_OWN: dict[str, Any] = {
    "start": START,
    "journey": BRANCHING,
    "triggers": [{"name": "rated", **RATED}],
    "templates": [{"name": "sorry", "subject": "Sorry", "html": "<p>{{ trigger.score }}</p>"}],
    "records": MADE_UP[:1],
    "event": {"trigger": "rated", "person": {"table": "contact", "id": "zoe"}},
}


@pytest.fixture
def database_kind() -> str:
    """A simulation is made in memory, whatever the store."""
    return "sqlite"


def told(shown: dict[str, Any]) -> list[str]:
    """Return a trace, line by line."""
    return [
        " ".join(each[part] for part in ("at", "tile", "what", "target") if each[part])
        for each in shown["trace"]
    ]


def counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


async def test_a_real_record_is_followed_through_the_draft(live: Asked) -> None:
    shown = await live.post("/journeys/follow-up/simulate", {"start": START, "change": RESOLVES})

    assert (shown["entered"], shown["status"], shown["person"]) == (
        True,
        "completed",
        "contact/ana",
    )
    assert told(shown) == [
        "2031-03-03T09:00:00Z entered",
        "2031-03-03T09:00:00Z settle arrived",
        "2031-03-06T09:00:00Z survey arrived",
        "2031-03-06T09:00:00Z survey sent",
        "2031-03-06T09:00:00Z survey completed",
    ]
    assert shown["trace"][0]["values"] == {
        "trigger.before.statuscode": 1,
        "trigger.statuscode": 5,
    }
    assert shown["trace"][3]["message"] == {
        "channel": "email",
        "to": "ana@example.org",
        "subject": "How did we do, Ana?",
        "html": "<p>Printer</p>",
        "text": "Printer\n",
    }


async def test_nothing_is_written_and_nobody_is_told(inside: Asked) -> None:
    before, commands = counts(inside.database), len(inside.commands())
    woken = len(inside.woken)

    entered = await inside.post(
        "/journeys/follow-up/simulate",
        {"start": START, "records": MADE_UP, "change": {**RESOLVES, "record_id": "k9"}},
    )
    refused = await inside.post(
        "/journeys/follow-up/simulate", {"change": {**RESOLVES, "values": {"statuscode": 1}}}
    )

    assert (entered["entered"], refused["entered"]) == (True, False)
    assert counts(inside.database) == before
    assert len(inside.commands()) == commands
    assert len(inside.woken) == woken
    assert (await inside.get("/tables/incident/records/k1"))["values"]["statuscode"] == 5


async def test_a_given_record_goes_before_the_real_one(live: Asked) -> None:
    ana = {"table": "contact", "id": "ana", "values": {"firstname": "Anabel"}}

    shown = await live.post("/journeys/follow-up/simulate", {"records": [ana], "change": RESOLVES})

    assert shown["trace"][3]["what"] == "blocked"
    assert shown["trace"][3]["why"] == "no email address"


async def test_real_records_can_be_left_out(live: Asked) -> None:
    shown = await live.post(
        "/journeys/follow-up/simulate",
        {"start": START, "records_from": "given", "change": RESOLVES},
    )

    assert (shown["entered"], shown["reason"]) == (False, "no audience")
    assert told(shown) == ["2031-03-03T09:00:00Z refused"]


async def test_a_refused_entry_says_which_condition_failed_on_which_values(live: Asked) -> None:
    change = {**RESOLVES, "values": {"statuscode": 2}}

    shown = await live.post("/journeys/follow-up/simulate", {"start": START, "change": change})

    assert (shown["entered"], shown["status"], shown["reason"]) == (False, None, "unmet filter")
    (line,) = shown["trace"]
    assert line["what"] == "refused"
    assert line["why"] == "Expected trigger.statuscode to change to 5, but it was 1 and is 2."
    assert line["values"] == {"trigger.before.statuscode": 1, "trigger.statuscode": 2}


async def test_a_change_that_fires_nothing_says_why(live: Asked) -> None:
    change = {**RESOLVES, "values": {"title": "Printers"}}

    shown = await live.post("/journeys/follow-up/simulate", {"change": change})

    assert shown["reason"] == "no watched column changed"
    assert shown["trace"][0]["why"] == (
        "Expected another value in statuscode, but only title changed."
    )


async def test_a_published_version_is_simulated_by_its_number(live: Asked) -> None:
    await live.put("/journeys/follow-up", {**JOURNEY, "tiles": JOURNEY["tiles"][1:]}, status=200)

    draft = await live.post("/journeys/follow-up/simulate", {"change": RESOLVES})
    first = await live.post("/journeys/follow-up/simulate?version=1", {"change": RESOLVES})

    assert [each["what"] for each in draft["trace"]] == ["entered", "arrived", "sent", "completed"]
    assert (draft["version"], first["version"]) == (2, 1)
    assert len(first["trace"]) == 5


async def test_what_happens_later_starts_and_ends_instances(live: Asked) -> None:
    again = {**RESOLVES, "record_id": "k2"}
    opened = {"statuscode": 1, "customerid": {"table": "contact", "id": "ana"}}
    later = [
        {"after": "P1D", "change": {**again, "operation": "create", "values": opened}},
        {"after": "P2D", "change": again},
        {"after": "PT60H", "change": {**RESOLVES, "operation": "delete", "values": {}}},
    ]

    shown = await live.post(
        "/journeys/follow-up/simulate", {"start": START, "change": RESOLVES, "later": later}
    )

    assert (shown["status"], shown["ended_reason"]) == ("exited", "record deleted")
    assert [each["binding"] for each in shown["instances"]] == ["incident/k1", "incident/k2"]
    assert shown["instances"][0]["trace"] == shown["trace"]
    assert told(shown["instances"][1])[-1] == "2031-03-08T09:00:00Z survey completed"


async def test_who_queues_for_the_rate_limit_is_held_and_enters_later(live: Asked) -> None:
    entry = {**JOURNEY["entry"], "rate_limit": {"count": 1, "per": "hour"}}
    await live.put("/journeys/follow-up", {**JOURNEY, "entry": entry}, status=200)
    later = [{"after": "PT1M", "change": {**RESOLVES, "record_id": "k9"}}]
    body = {"start": START, "records": MADE_UP, "change": RESOLVES, "later": later}

    shown = await live.post("/journeys/follow-up/simulate", body)
    early = await live.post(
        "/journeys/follow-up/simulate", {**body, "until": "2031-03-03T09:30:00Z"}
    )

    assert told(shown["instances"][1])[:2] == [
        "2031-03-03T09:01:00Z held",
        "2031-03-03T10:00:00Z entered",
    ]
    waiting = early["instances"][1]
    assert (waiting["entered"], waiting["reason"]) == (False, "entry rate limit")


async def test_the_clock_can_be_stopped(live: Asked) -> None:
    until = "2031-03-04T09:00:00Z"

    shown = await live.post(
        "/journeys/follow-up/simulate", {"start": START, "until": until, "change": RESOLVES}
    )

    assert (shown["status"], told(shown)[-1]) == ("active", "2031-03-03T09:00:00Z settle arrived")


@pytest.mark.parametrize(
    ("score", "branch", "considered", "last"),
    [
        pytest.param(1, "unhappy", [], "completed", id="the first"),
        pytest.param(
            5, "happy",
            [("unhappy", "Expected trigger.score to be at most 2, but it is 5.")],
            "completed", id="a later one, and why not the first",
        ),
        pytest.param(
            None, "other",
            [
                ("unhappy", "Expected trigger.score to be at most 2, but it is empty."),
                ("happy", "Expected trigger.score to be at least 4, but it is empty."),
            ],
            "completed", id="none, and why not each",
        ),
    ],
)  # fmt: skip
async def test_a_branch_is_explained_by_those_that_did_not_hold(
    asked: Asked, score: int | None, branch: str, considered: list[Any], last: str
) -> None:
    event = {**OF_ITS_OWN["event"], "attributes": {"score": score}}

    shown = await asked.post("/journeys/simulate", {**OF_ITS_OWN, "event": event})

    decided = next(each for each in shown["trace"] if each["what"] == "decided")
    assert (decided["why"], decided["values"]) == (branch, {"trigger.score": score})
    said = [(each["branch"], each["why"]) for each in decided.get("considered", ())]
    assert said == considered
    assert shown["trace"][-1]["what"] == last


async def test_a_journey_in_the_body_brings_what_it_is_made_with(asked: Asked) -> None:
    event = {**OF_ITS_OWN["event"], "attributes": {"score": 1}}

    shown = await asked.post("/journeys/simulate", {**OF_ITS_OWN, "event": event})

    assert [each["what"] for each in shown["trace"]] == [
        "entered", "arrived", "decided", "arrived", "sent", "completed",
    ]  # fmt: skip
    assert shown["trace"][4]["message"]["html"] == "<p>1</p>"
    assert (await asked.get("/journeys"))["items"] == []


async def test_a_journey_in_the_body_may_use_what_the_gateway_has(live: Asked) -> None:
    own = {**SURVEY, "name": "survey", "subject": "Another subject"}

    shown = await live.post(
        "/journeys/simulate",
        {"journey": {"name": "mine", **JOURNEY}, "templates": [own], "change": RESOLVES},
    )

    assert shown["journey"] == "mine"
    assert shown["trace"][3]["message"]["subject"] == "Another subject"


async def test_a_table_in_the_body_is_known_there_only(asked: Asked) -> None:
    parcel = {
        "name": "parcel",
        "primary_id": "parcelid",
        "columns": [
            {"name": "state", "type": "text"},
            {"name": "receiver", "type": "lookup", "targets": ["contact"]},
        ],
    }
    moved = {
        "name": "parcel-moved", "kind": "record_change", "table": "parcel",
        "audience": {"path": "receiver"}, "operations": ["created"],
    }  # fmt: skip
    body = {
        "tables": [parcel],
        "triggers": [moved],
        "journey": {"name": "parcels", "entry": {"trigger": "parcel-moved"}, "tiles": [{"id": "end", "kind": "exit"}]},
        "records": MADE_UP[:1],
        "change": {"table": "parcel", "record_id": "p1", "operation": "create", "values": {"receiver": "zoe"}},
    }  # fmt: skip

    shown = await asked.post("/journeys/simulate", body)

    assert (shown["entered"], shown["person"]) == (True, "contact/zoe")
    await asked.get("/tables/parcel", status=404)


async def test_a_trigger_need_not_be_ready_for_a_trial(live: Asked) -> None:
    await live.put("/triggers/reopened", RESOLVED)
    drawn = {**JOURNEY, "entry": {"trigger": "reopened"}}
    await live.put("/journeys/later", drawn)

    shown = await live.post("/journeys/later/simulate", {"change": RESOLVES})

    assert shown["entered"] is True


@pytest.mark.parametrize("way", ["a", "b"])
async def test_a_way_can_be_forced_where_chance_would_decide(asked: Asked, way: str) -> None:
    ways = [{"name": name, "percent": 50, "next": f"to-{name}"} for name in ("a", "b")]
    ends = [{"id": f"to-{name}", "kind": "exit", "reason": name} for name in ("a", "b")]
    drawn = {
        **BRANCHING,
        "tiles": [{"id": "half", "kind": "split", "by": "percentage", "ways": ways}, *ends],
    }

    shown = await asked.post(
        "/journeys/simulate", {**OF_ITS_OWN, "journey": drawn, "choices": {"half": way}}
    )

    assert (shown["status"], shown["ended_reason"]) == ("exited", way)


OFFERED: dict[str, Any] = {
    "name": "offered",
    "entry": {"trigger": "rated"},
    "tiles": [
        {
            "id": "offer",
            "kind": "experiment",
            "metric": "opens",
            "variants": [
                {"name": "first", "weight": 1, "next": "mail"},
                {"name": "other", "weight": 0, "next": "mail"},
            ],
            "winner": {"participants": 1},
            "default": "other",
        },
        {"id": "mail", "kind": "message", "template": "sorry"},
    ],
}


def rated_by(name: str) -> dict[str, Any]:
    event: dict[str, Any] = OF_ITS_OWN["event"]
    return {**event, "person": {**event["person"], "id": name}}


@pytest.mark.parametrize(
    ("kind", "metric", "person", "said"),
    [
        pytest.param("opened", "opens", None, "first wins: 1 of 1 opened a message", id="opened"),
        pytest.param("clicked", "clicks", None, "first wins: 1 of 1 clicked in a message", id="clicked"),
        pytest.param("opened", "opens", "contact/ana", "first wins: 1 of 1 opened a message", id="by whom got it"),
    ],
)  # fmt: skip
async def test_an_interaction_counts_for_an_experiment(
    asked: Asked, kind: str, metric: str, person: str | None, said: str
) -> None:
    interaction = {"tile": "mail", "kind": kind, "person": person}
    tiles = [{**OFFERED["tiles"][0], "metric": metric}, *OFFERED["tiles"][1:]]
    people = [
        {"table": "contact", "id": name, "values": {"emailaddress1": f"{name}@example.org"}}
        for name in ("ana", "ben")
    ]

    shown = await asked.post(
        "/journeys/simulate",
        {
            **OF_ITS_OWN,
            "journey": {**OFFERED, "tiles": tiles},
            "records": people,
            "event": rated_by("ana"),
            "later": [
                {"after": "PT1H", "interaction": interaction},
                {"after": "PT2H", "event": rated_by("ben")},
            ],
        },
    )

    lines = [line for each in shown["instances"] for line in each["trace"]]
    decided = [line["why"] for line in lines if line["what"] == "decided"]
    assert decided == ["first", said]
    assert "problems" not in shown


async def test_an_interaction_with_what_nobody_had_got_is_said(asked: Asked) -> None:
    later = [
        {"after": "PT0S", "interaction": {"tile": "mail", "kind": "opened", "person": "contact/ben"}},
        {"after": "P1D", "interaction": {"tile": "mail", "kind": "opened"}},
    ]  # fmt: skip

    shown = await asked.post(
        "/journeys/simulate", {**OF_ITS_OWN, "journey": OFFERED, "later": later}
    )

    assert shown["problems"] == [
        {
            "path": "/later/0/interaction",
            "message": "Expected contact/ben to have got the message of 'mail' by then, but it was not sent.",
        }
    ]


async def test_moments_are_in_utc_wherever_the_start_was_written(live: Asked) -> None:
    begun = {"start": "2031-03-05T13:00:00+04:00", "change": RESOLVES}

    shown = await live.post("/journeys/follow-up/simulate", begun)

    assert shown["trace"][0]["at"] == "2031-03-05T09:00:00Z"
    assert all(line["at"].endswith("Z") for line in shown["trace"])


async def test_the_journey_can_be_paused_and_resumed(live: Asked) -> None:
    later = [{"after": "P1D", "journey": "paused"}, {"after": "P9D", "journey": "resumed"}]

    shown = await live.post(
        "/journeys/follow-up/simulate", {"start": START, "change": RESOLVES, "later": later}
    )

    survey = [(line["what"], line["at"][:10]) for line in shown["trace"] if line["tile"] == "survey"]  # fmt: skip
    assert survey[1:3] == [("held", "2031-03-06"), ("sent", "2031-03-12")]


@pytest.mark.parametrize(
    ("journey", "ended"),
    [
        pytest.param("stopped", ("exited", "stopped"), id="stopped: they leave"),
        pytest.param("completing", ("completed", None), id="completing: they pass to the end"),
    ],
)
async def test_the_journey_can_be_stopped_or_run_out(
    live: Asked, journey: str, ended: tuple[str, str | None]
) -> None:
    later = [{"after": "P1D", "journey": journey}]

    shown = await live.post(
        "/journeys/follow-up/simulate", {"start": START, "change": RESOLVES, "later": later}
    )

    assert (shown["status"], shown["ended_reason"]) == ended


CALLS: dict[str, Any] = {
    "name": "calls",
    "entry": {"trigger": "rated"},
    "tiles": [
        {"id": "ask", "kind": "webhook", "url": "https://example.com/", "next": "how", "if_failed": "sad"},
        {
            "id": "how",
            "kind": "attribute_branch",
            "branches": [
                {"name": "vip", "when": {"field": "tiles.ask.body.vip", "operator": "equals", "value": True}}
            ],
            "other": "plain",
        },
        {"id": "plain", "kind": "exit", "reason": "plain"},
        {"id": "sad", "kind": "exit", "reason": "sad"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "ended"),
    [
        pytest.param({}, "plain", id="200 and nothing else, where none is scripted"),
        pytest.param({"ask": {"body": {"vip": True}}}, None, id="what it is branched on"),
        pytest.param({"ask": {"status": 500}}, "sad", id="a failure"),
    ],
)
async def test_what_an_endpoint_answers_is_scripted(
    asked: Asked, answers: dict[str, Any], ended: str | None
) -> None:
    shown = await asked.post(
        "/journeys/simulate", {**OF_ITS_OWN, "journey": CALLS, "answers": answers}
    )

    assert shown["ended_reason"] == ended


@pytest.mark.parametrize("outcome", ["blocked", "failed", "expired"])
async def test_what_becomes_of_a_message_can_be_forced(asked: Asked, outcome: str) -> None:
    mail = {**OFFERED["tiles"][1], "outcomes": {outcome: "out"}}
    drawn = {**OFFERED, "tiles": [mail, {"id": "out", "kind": "exit", "reason": "out"}]}

    shown = await asked.post(
        "/journeys/simulate", {**OF_ITS_OWN, "journey": drawn, "choices": {"mail": outcome}}
    )

    line = shown["trace"][2]
    assert (line["what"], line["why"], shown["ended_reason"]) == (
        outcome, "as the scenario says", "out",
    )  # fmt: skip


async def test_a_journey_that_goes_round_is_stopped_with_a_sentence(asked: Asked) -> None:
    drawn = {
        "name": "round",
        "entry": {"trigger": "rated"},
        "tiles": [{"id": "wait", "kind": "wait", "for": "PT1S", "next": "wait"}],
    }

    shown = await asked.post("/journeys/simulate", {**OF_ITS_OWN, "journey": drawn})

    assert (shown["status"], len(shown["trace"])) == ("active", 10_001)
    assert shown["stopped"] == (
        "Expected an end within 10,000 visits of tiles, but there are more."
    )


async def test_everything_wrong_with_a_scenario_is_said_at_once(live: Asked) -> None:
    body = {
        "start": START,
        "until": "2030-01-01T00:00:00Z",
        "records": [
            {"table": "contact", "id": "c", "values": {"firstname": 5}},
            {"table": "planet", "id": "p"},
        ],
        "change": {**RESOLVES, "values": {"nothing": 1}, "before": {"statuscode": "odd"}},
        "later": [
            {"after": "P1D", "event": {"trigger": "case-resolved", "person": {"table": "account", "id": "a"}}},
            {"after": "P2D", "interaction": {"tile": "settle", "kind": "opened"}},
            {"after": "P3D", "interaction": {"tile": "gone", "kind": "bounced"}},
            {"after": "P5D", "journey": "paused"},
            {"after": "P4D", "journey": "resumed"},
            {"after": "P6D", "journey": "paused"},
        ],
        "choices": {"gone": "b"},
        "answers": {"survey": {}},
    }  # fmt: skip

    found = dict(await live.refused("POST", "/journeys/follow-up/simulate", body))

    assert found == {
        "/until": "Expected an end after the start, but it is 2030-01-01T00:00:00+00:00.",
        "/records/0/values/firstname": "Expected text, but firstname is 5.",
        "/records/1/table": "Expected a table, but there is none called 'planet'.",
        "/change/values/nothing": "Expected a column of incident, but 'nothing' is none.",
        "/change/before/statuscode": found["/change/before/statuscode"],
        "/later/0/event/trigger": "Expected a custom trigger, but 'case-resolved' is none.",
        "/later/0/event/person/table": "Expected a table of people (an audience), but 'account' is none.",
        "/later/1/interaction/tile": "Expected a message, but 'settle' is of kind wait.",
        "/later/1/interaction/kind": (
            "Expected a journey with an experiment whose metric is opens, since nothing else "
            "follows from opened yet, but follow-up has none."
        ),
        "/later/2/interaction/tile": "Expected a tile, but there is none called 'gone'.",
        "/later/2/interaction/kind": "Expected opened or clicked, since nothing follows from bounced yet.",
        "/later/4/journey": "Expected a journey that is paused by then, but it is live.",
        "/later/5/journey": "Expected a journey that is live by then, but it is paused.",
        "/answers/survey": "Expected a webhook, but 'survey' is of kind message.",
        "/choices/gone": "Expected a way that a tile 'gone' leaves to choose, but 'b' is none.",
    }
    assert found["/change/before/statuscode"].startswith("Expected one of 1 (In Progress)")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param({}, ("", "Expected either change or event, but there are both or none."), id="nothing happens"),
        pytest.param(
            {"change": RESOLVES, "later": [{"after": "P1D"}]},
            ("/later/0", "Expected one of change, event, interaction and journey, but there are more or none."),
            id="nothing happens later",
        ),
        pytest.param(
            {"change": RESOLVES, "start": "2031-03-03T09:00:00"},
            (
                "/start",
                MOMENT,
            ),
            id="a moment without its offset",
        ),
        pytest.param(
            {"change": RESOLVES, "then": []},
            ("/then", "Expected only known settings, but 'then' is not one."),
            id="a setting nobody knows",
        ),
    ],
)  # fmt: skip
async def test_a_scenario_has_a_shape(
    live: Asked, body: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert await live.refused("POST", "/journeys/follow-up/simulate", body) == [problem]


async def test_everything_wrong_with_what_the_body_brings_is_said_at_once(asked: Asked) -> None:
    tiles = [{"id": "how", "kind": "wait", "for": "P1D", "next": "gone"}]
    body = {
        **OF_ITS_OWN,
        "journey": {**BRANCHING, "tiles": tiles},
        "triggers": [*OF_ITS_OWN["triggers"], {"name": "odd", **RESOLVED, "columns": ["nothing"]}],
        "templates": [{"name": "sorry", "subject": "{% if %}", "html": ""}],
        "event": {**OF_ITS_OWN["event"], "attributes": {"rating": 1}},
    }

    found = dict(await asked.refused("POST", "/journeys/simulate", body))

    assert found.keys() == {
        "/journey/tiles/0/next",
        "/triggers/1/columns/0",
        "/templates/0/subject",
        "/event/attributes/rating",
    }


async def test_a_tile_that_is_no_tile_is_named(asked: Asked) -> None:
    tiles = [{"id": "cool-off", "kind": "wait", "for": "a while"}]

    answer = await asked.post(
        "/journeys/simulate", {**OF_ITS_OWN, "journey": {**BRANCHING, "tiles": tiles}}, status=422
    )

    (problem,) = answer["problems"]
    assert (problem["path"], problem["tile"]) == ("/journey/tiles/0/for", "cool-off")


async def test_a_draft_with_problems_cannot_be_played(live: Asked) -> None:
    await live.put("/journeys/follow-up", {**JOURNEY, "entry": {"trigger": "gone"}}, status=200)

    found = await live.refused(
        "POST", "/journeys/follow-up/simulate", {"change": RESOLVES}, status=409
    )

    assert ("/entry/trigger", "Expected a trigger, but there is none called 'gone'.") in found


async def test_what_is_not_there_cannot_be_played(live: Asked) -> None:
    await live.post("/journeys/nothing/simulate", {"change": RESOLVES}, status=404)
    await live.post("/journeys/follow-up/simulate?version=7", {"change": RESOLVES}, status=404)
