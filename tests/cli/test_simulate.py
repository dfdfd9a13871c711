"""Trying a journey out from its file, without a gateway."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import sojourn
from tests.examples import EXAMPLES

BUNDLE = EXAMPLES / "case-follow-up.json"
SCENARIO = EXAMPLES / "scenarios" / "case-follow-up.json"
RESOLVED: dict[str, Any] = {
    "table": "incident", "record_id": "printer", "operation": "update", "values": {"statecode": 1},
}  # fmt: skip


SEEN = "trigger.before.statecode: 0, trigger.statecode: 1, person.donotbulkemail: empty"
TRACE = [
    "contact/ana, about incident/printer: completed",
    "Mon 2031-03-03 09:00 entered by case-status-changed",
    f"seeing {SEEN}",
    "Mon 2031-03-03 09:00 survey arrived",
    "Mon 2031-03-03 09:00 survey sent on to answered",
    "“How did we do with “Printer does not print”?” to ana@example.org",
    "Mon 2031-03-03 09:00 answered arrived",
    "Tue 2031-03-04 12:00 answered fulfilled by case-satisfaction-given, on to happy",
    "Tue 2031-03-04 12:00 happy arrived",
    "Tue 2031-03-04 12:00 happy decided unhappy, on to discount",
    "seeing tiles.answered.customersatisfactioncode: 2",
    "Tue 2031-03-04 12:00 discount arrived",
    "Tue 2031-03-04 12:00 discount sent “We are sorry, Ana” to ana@example.org",
    "Tue 2031-03-04 12:00 discount completed",
]


def written(folder: Path, body: Any, name: str = "scenario.json") -> Path:
    file = folder / name
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return file


async def test_a_trace_can_be_read_in_a_terminal() -> None:
    said = await sojourn("simulate", BUNDLE, SCENARIO)

    assert said.code == 0
    assert [" ".join(line.split()) for line in said.out.splitlines()] == TRACE
    columns = {
        line.index(word)
        for line in said.out.splitlines()
        for word in ("arrived", "sent ")
        if word in line
    }
    assert len(columns) == 1


async def test_as_json_it_is_what_the_gateway_answers() -> None:
    said = await sojourn("simulate", "--json", BUNDLE, SCENARIO)

    shown = json.loads(said.out)
    assert (said.code, shown["entered"], shown["status"]) == (0, True, "completed")
    assert shown["trace"][2]["message"]["subject"] == "How did we do with “Printer does not print”?"


async def test_a_change_alone_will_do_and_yaml_too(tmp_path: Path) -> None:
    lines = [f"{name}: {json.dumps(value)}" for name, value in RESOLVED.items()]

    said = await sojourn("simulate", BUNDLE, written(tmp_path, "\n".join(lines), "change.yaml"))

    assert said.code == 0
    assert said.out.startswith("contact/ana, about incident/printer: exited (no answer)\n")


async def test_who_does_not_enter_is_told_why_and_it_exits_with_2(tmp_path: Path) -> None:
    change = {"start": "2031-03-03T08:00:00Z", "change": {**RESOLVED, "values": {"statecode": 2}}}

    said = await sojourn("simulate", BUNDLE, written(tmp_path, change))

    assert said.code == 2
    heading, line = said.out.splitlines()
    assert heading == "contact/ana, about incident/printer: does not enter (unmet filter)"
    assert line.endswith("Expected trigger.statecode to change to 1, but it was 0 and is 2.")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param("{", "Expected JSON, but line 1, column 2", id="no JSON"),
        pytest.param({}, "Expected either change or event", id="nothing that happens"),
        pytest.param(
            {**RESOLVED, "values": {"statuscode": "odd", "nothing": 1}},
            "/change/values/nothing: Expected a column of incident",
            id="a column nobody knows",
        ),
    ],
)
async def test_a_scenario_that_is_none_exits_with_1(
    tmp_path: Path, body: Any, sentence: str
) -> None:
    said = await sojourn("simulate", BUNDLE, written(tmp_path, body))

    assert (said.code, said.out) == (1, "")
    assert sentence in said.err
    assert "Traceback" not in said.err


async def test_one_of_several_journeys_has_to_be_named(tmp_path: Path) -> None:
    bundle = json.loads(BUNDLE.read_bytes())
    bundle["journeys"].append({**bundle["journeys"][0], "name": "another"})
    file = written(tmp_path, bundle, "bundle.json")

    unnamed = await sojourn("simulate", file, SCENARIO)
    named = await sojourn("simulate", file, SCENARIO, "--journey", "another")

    assert (unnamed.code, named.code) == (1, 0)
    assert "but they are case-follow-up, another." in unnamed.err
