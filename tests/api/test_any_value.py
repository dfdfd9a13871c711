"""Whatever stands in a change, it is taken in or refused with a sentence, on either database alike."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Asked

MOST = 2**63 - 1
ANA = {"table": "contact", "record_id": "ana", "operation": "update"}
ATTRIBUTES = {"name": "text", "total": "number", "at": "datetime", "about": "lookup"}

texts = st.text(st.characters() | st.sampled_from("\0\ud800\udfff"), max_size=5) | st.just(
    "x" * 256
)
numbers = st.integers() | st.integers(MOST - 2, MOST + 2) | st.floats() | st.just(10**400)
moments = st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | moments,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts, inner, max_size=3)
        | st.fixed_dictionaries({"table": inner, "id": inner})
    ),
    max_leaves=8,
)
columns = st.sampled_from(["firstname", "anything", "donotemail", "parentcustomerid", "gendercode"])
fields = st.sampled_from(
    ["id", "source", "table", "record_id", "operation", "version", "occurred_at", "actor", "depth"]
)
changes = st.builds(
    lambda odd, **more: ANA | odd | more,
    st.dictionaries(fields, values, max_size=2),
    values=st.dictionaries(columns | texts, values, max_size=3),
    before=st.none() | st.dictionaries(columns | texts, values, max_size=2),
)
events = st.builds(
    lambda odd, **more: (
        {"trigger": "joined", "person": {"table": "contact", "id": "ana"}} | odd | more
    ),
    st.dictionaries(
        st.sampled_from(["event_id", "trigger", "person", "binding", "occurred_at", "depth"]),
        values,
        max_size=2,
    ),
    attributes=st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)) | texts, values, max_size=3),
)
ANYTHING = {
    "changes": changes | values,
    "events": events | values,
    "changes/dataverse": values,
}


@pytest.fixture
async def asked(asked: Asked) -> Asked:
    """A gateway with a journey that anybody enters who joins, a lookup to anything, and Ana."""
    extended = {
        "primary_id": "contactid",
        "columns": [{"name": "anything", "type": "json"}],
    }
    await asked.put("/tables/contact", extended, status=200)
    await asked.put("/tables/contact/records/ana", {"firstname": "Ana"})
    await asked.put("/triggers/joined", {"kind": "custom", "attributes": ATTRIBUTES})
    await asked.post("/triggers/joined/ready")
    await asked.put(
        "/journeys/welcome",
        {"entry": {"trigger": "joined"}, "tiles": [{"id": "rest", "kind": "wait", "for": "P1D"}]},
    )
    await asked.post("/journeys/welcome/publish")
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("route", sorted(ANYTHING))
@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
async def test_anything_is_taken_in_or_refused_with_a_sentence(
    asked: Asked, route: str, content_type: str, data: st.DataObject
) -> None:
    body = data.draw(ANYTHING[route])

    answer = await asked.http.post(
        f"/v1/{route}", content=json.dumps(body), headers={"content-type": content_type}
    )

    said = answer.json()
    if answer.status_code == 200:
        sent = len(body) if isinstance(body, list) and content_type == "application/json" else 1
        became = said["accepted"] + said["duplicates"] + len(said["refused"])
        assert became == (1 if route == "changes/dataverse" else sent) or "ignored" in said
        assert all(each["problem"] for each in said["refused"])
    else:
        assert answer.status_code == 400, said
        assert said["detail"].startswith("Expected ")
    kept = await asked.get("/refused?limit=500")
    assert all(each["problem"] for each in kept["items"])


TOO_LONG = "Expected at most 255 characters, but record_id is 'xxxxxx"
ODD: list[Any] = [
    pytest.param(
        {"values": {"firstname": "A\0na"}},
        "Expected text without U+0000, but 'firstname' has it.",
        id="U+0000 in a value",
    ),
    pytest.param(
        {"values": {"anything": [{"a\0": 1}]}},
        "Expected text without U+0000, but 'a\\x00' has it.",
        id="U+0000 in a name, deep inside",
    ),
    pytest.param(
        {"version": 2**63},
        "Expected less than 9223372036854775808, but version is 9223372036854775808.",
        id="a version of more than 64 bits",
    ),
    pytest.param(
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        "Expected a moment of the years 1 to 9999 in UTC, but it is 0001-01-01T00:00:00+14:00.",
        id="a moment before the first year",
    ),
    pytest.param(
        {"values": {"parentcustomerid": {"table": "account", "id": "x" * 256}}},
        'Expected a lookup such as {"table": "…", "id": "…"}, but parentcustomerid is',
        id="a lookup to what no record is called",
    ),
    pytest.param({"record_id": "x" * 256}, TOO_LONG, id="an id that fits into no index"),
]


@pytest.mark.parametrize(("odd", "sentence"), ODD)
async def test_what_no_store_can_hold_is_refused_and_kept(
    asked: Asked, odd: dict[str, Any], sentence: str
) -> None:
    bo = ANA | {"record_id": "bo", "operation": "create", "values": {"firstname": "Bo"}}

    answer = await asked.post("/changes", [ANA | odd, bo])

    assert answer["accepted"] == 1
    assert answer["refused"][0]["problem"].startswith(sentence)
    [kept] = (await asked.get("/refused"))["items"]
    assert kept["change"].items() >= (ANA | odd).items()


async def test_it_can_be_corrected_and_replayed(asked: Asked) -> None:
    await asked.post("/changes", ANA | {"values": {"firstname": "A\0na"}})
    [kept] = (await asked.get("/refused"))["items"]

    again = await asked.refused("POST", f"/refused/{kept['id']}/replay")
    await asked.post(f"/refused/{kept['id']}/replay", ANA | {"values": {"firstname": "Anna"}})

    assert again == [("/values/firstname", "Expected text without U+0000, but 'firstname' has it.")]
    assert (await asked.get("/tables/contact/records/ana"))["values"]["firstname"] == "Anna"


@pytest.mark.parametrize(
    ("literal", "sentence"),
    [
        pytest.param("NaN", "Expected JSON, but", id="not a number"),
        pytest.param("-Infinity", "Expected JSON, but", id="infinity by name"),
        pytest.param("1e999", "Expected JSON, but", id="infinity by size"),
        pytest.param('"\\ud800"', "Expected JSON, but", id="half of a surrogate pair"),
    ],
)
async def test_what_is_no_json_spoils_its_line_alone(
    asked: Asked, literal: str, sentence: str
) -> None:
    line = json.dumps(ANA | {"values": {"anything": 1}})

    answer = await asked.http.post(
        "/v1/changes",
        content=f"{line.replace(': 1}', f': {literal}}}')}\n{line}\n",
        headers={"content-type": "application/x-ndjson"},
    )

    assert answer.json()["accepted"] == 1
    assert answer.json()["refused"][0]["problem"].startswith(sentence)


@pytest.mark.parametrize("value", [MOST, -MOST - 1, 1.7e308, 5e-324, 1e16, [{"b": 1, "a": 2}], ""])
async def test_what_is_kept_is_what_was_sent(asked: Asked, value: Any) -> None:
    await asked.post("/changes", ANA | {"values": {"anything": value}})

    kept = (await asked.get("/tables/contact/records/ana"))["values"]["anything"]
    assert json.dumps(kept) == json.dumps(value)


@pytest.mark.parametrize(
    "path",
    [
        "/tables/contact/records/a%00",
        "/instances?journey=a%00",
        "/people/contact/a%00",
    ],
)
async def test_an_address_with_u_0000_names_nothing(asked: Asked, path: str) -> None:
    answer = await asked.get(path, status=400)

    assert answer["detail"] == "Expected an address without U+0000, but there is one in it."


async def test_a_draft_with_u_0000_is_not_saved(asked: Asked) -> None:
    title = {"title": "Wel\0come", "entry": {"trigger": "joined"}}

    assert await asked.refused("PUT", "/journeys/other", title) == [
        ("/title", "Expected text without U+0000, but 'title' has it.")
    ]
