"""The `sojourn` command, as somebody types it."""

from pathlib import Path

import pytest

from tests.command import NOWHERE, sojourn
from tests.examples import EXAMPLES


async def test_help_names_every_command_without_colours() -> None:
    said = await sojourn("--help")

    assert said.code == 0
    for command in ("changes", "dev", "gateway", "journeys", "worker"):
        assert command in said.out
    assert "\x1b[" not in said.out


async def test_an_unknown_command_is_an_error() -> None:
    said = await sojourn("fly")

    assert said.code != 0
    assert "fly" in said.out + said.err


async def test_the_examples_have_no_problems() -> None:
    said = await sojourn("journeys", "validate", *sorted(EXAMPLES.glob("*.json")))

    assert said.code == 0
    assert said.out.splitlines() == [
        "case-follow-up: no problems",
        "order-ready: no problems",
        "webinar-invitation: no problems",
    ]


async def test_every_problem_of_a_journey_is_said_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(
        '{"journeys": [{"name": "lost", "entry": {"trigger": "unheard-of"}, "tiles": ['
        '{"id": "mail", "kind": "message", "template": "none", "next": "nowhere"}]}]}'
    )

    said = await sojourn("journeys", "validate", file)

    assert said.code == 1
    assert said.out.startswith("lost: 3 problems\n")
    for place in ("/entry/trigger", "/tiles/0/next", "/tiles/0/template"):
        assert f"  {place}: Expected " in said.out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "Expected a file that can be read, but", id="no such file"),
        pytest.param("{", "Expected JSON, but", id="a file that is no JSON"),
        pytest.param('{"journey": 1}', "is not a bundle as expected", id="another JSON"),
    ],
)
async def test_a_file_that_is_no_bundle_is_said_in_a_sentence(
    content: str | None, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    if content is not None:
        file.write_text(content)

    said = await sojourn("journeys", "validate", file)

    assert said.code == 1
    assert sentence in said.err
    assert "Traceback" not in said.err


async def test_without_a_gateway_one_sentence_says_so() -> None:
    said = await sojourn("journeys", "list")

    assert said.code == 1
    assert said.err == f"Expected a gateway at {NOWHERE}, but none answers: is it running?\n"


@pytest.mark.slow
async def test_published_twice_a_bundle_changes_nothing_the_second_time(gateway: str) -> None:
    file = EXAMPLES / "case-follow-up.json"

    first = await sojourn("journeys", "publish", file, url=gateway)
    second = await sojourn("journeys", "publish", file, url=gateway)
    listed = await sojourn("journeys", "list", url=gateway)

    assert (first.out, first.code) == ("case-follow-up is live, version 1\n", 0)
    assert second == first
    assert "case-follow-up" in listed.out
    assert "live" in listed.out


@pytest.mark.slow
async def test_what_the_gateway_refuses_is_said_with_every_problem(
    gateway: str, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(
        '{"journeys": [{"name": "lost", "entry": {"trigger": "unheard-of"}, "tiles": []}]}'
    )

    said = await sojourn("journeys", "publish", file, url=gateway)

    assert said.code == 1
    assert "/entry/trigger: Expected" in said.err
    assert "/tiles: Expected" in said.err


@pytest.mark.slow
async def test_sent_changes_are_counted_and_the_refused_one_is_named(gateway: str) -> None:
    changes = (
        b'[{"table": "contact", "record_id": "ana", "operation": "create", "values": {}},'
        b' {"table": "kontakt", "record_id": "ben", "operation": "create", "values": {}}]'
    )

    said = await sojourn("changes", "send", "-", url=gateway, given=changes)

    assert said.code == 1
    assert said.out == "1 accepted, 0 duplicates, 1 refused\n"
    assert said.err.startswith("item 1: Expected a table that is declared")
