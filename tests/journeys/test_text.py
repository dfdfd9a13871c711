"""Bundles as text: written in one way only, and read without a surprise."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from journeys.bundle import Bundle
from journeys.problem import Problems
from journeys.text import plain, read, to_json, to_yaml
from tests.examples import EXAMPLES, example

Written = Callable[[Bundle], str]

EVERY_EXAMPLE = [pytest.param(path.stem, id=path.stem) for path in sorted(EXAMPLES.glob("*.json"))]
BOTH = [pytest.param(to_yaml, id="YAML"), pytest.param(to_json, id="JSON")]

letters = some.text(some.characters(exclude_categories=["Cs"]))
odd = some.sampled_from(
    ["{{ a }}", "on", "no", "Yes", "~", "null", "1e3", "007", "0x1f", "1_000", "12:30:45", "2026-11-24", "=", "<<",
     "- a", "a: b", "# a", " a", "a ", "a\nb", "\na", "a\n\n", " a\n b", "a \nb", "a\r\nb", "a\tb",
     "\x85", "a\u2028b", "\ufeff", "%a", "@a", "&a", "*a", "!a", "|", "'", '"', "\\", "\x00", "é", "日本", "🎉",
     "\U0010ffff"]
)  # fmt: skip
texts = letters | odd | some.lists(odd | letters, max_size=4).map("\n".join)
values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**63 - 1)
    | some.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
names = some.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
targets = names | some.none()
conditions: some.SearchStrategy[dict[str, Any]] = some.recursive(
    some.builds(dict, field=texts.filter(bool), operator=some.just("equals"), value=values),
    lambda inner: some.builds(dict, all=some.lists(inner, max_size=2)) | some.builds(lambda each: {"not": each}, inner),
    max_leaves=3,
)  # fmt: skip
durations = some.timedeltas(timedelta(seconds=1), timedelta(days=400))
tiles = some.one_of(
    some.builds(dict, kind=some.just("exit"), id=names, reason=texts.filter(bool)),
    some.builds(dict, kind=some.just("message"), id=names, template=names, next=targets),
    some.builds(lambda id_, for_: {"kind": "wait", "id": id_, "for": for_}, names, durations),
    some.builds(
        lambda id_, name, when: {"kind": "attribute_branch", "id": id_, "branches": [{"name": name, "when": when}]},
        names, texts.filter(bool), conditions,
    ),
)  # fmt: skip
bundles = some.builds(
    dict,
    templates=some.lists(some.builds(dict, name=names, subject=texts, html=texts, text=texts), max_size=2),
    journeys=some.lists(
        some.builds(
            dict, name=names, title=texts, tiles=some.lists(tiles, max_size=4),
            entry=some.builds(dict, trigger=names, filter=conditions | some.none()),
        ),
        max_size=2,
    ),
    records=some.lists(
        some.builds(dict, table=texts, id=texts, values=some.dictionaries(texts, values, max_size=3)), max_size=2
    ),
).map(Bundle.model_validate)  # fmt: skip


def bundle(**journey: Any) -> dict[str, Any]:
    return {
        "journeys": [{"name": "survey", "entry": {"trigger": "resolved"}, "tiles": [], **journey}]
    }


@given(bundle=bundles)
def test_what_is_written_is_read_as_it_was(bundle: Bundle) -> None:
    for written in (to_yaml, to_json):
        text = written(bundle)
        there = read(text.encode())

        assert written(there) == text
        assert to_json(there) == to_json(bundle)


@given(bundle=bundles)
def test_another_reader_of_yaml_sees_the_same(bundle: Bundle) -> None:
    """What is text here must be text to tools that take `on` or a date for something else."""
    assert yaml.safe_load(to_yaml(bundle)) == json.loads(to_json(bundle))


@pytest.mark.parametrize("name", EVERY_EXAMPLE)
@pytest.mark.parametrize("written", BOTH)
def test_an_example_written_anew_means_the_same(name: str, written: Written) -> None:
    there = example(name)

    again = read(written(there).encode())

    for part in ("tables", "triggers", "templates", "journeys", "records"):
        before, after = getattr(there, part), getattr(again, part)
        assert len(before) == len(after)
        assert all(each in after for each in before)


@pytest.mark.parametrize("written", BOTH)
def test_the_order_in_which_parts_were_put_together_is_not_told(written: Written) -> None:
    there = example("case-follow-up")
    turned = there.model_copy(
        update={
            part: tuple(reversed(getattr(there, part)))
            for part in ("triggers", "templates", "records")
        }
    )

    assert written(turned) == written(there)


def test_settings_that_are_as_they_are_anyway_are_left_out_and_kinds_are_not() -> None:
    tile = {"id": "bye", "kind": "exit", "reason": "exit"}
    trigger = {"kind": "custom", "name": "resolved", "title": "", "attributes": {}}
    there = Bundle.model_validate({"triggers": [trigger], **bundle(time_zone="UTC", tiles=[tile])})

    assert plain(there) == {
        "triggers": [{"kind": "custom", "name": "resolved"}],
        "journeys": [
            {
                "name": "survey",
                "entry": {"trigger": "resolved"},
                "tiles": [{"kind": "exit", "id": "bye"}],
            }
        ],
    }


def test_the_lines_of_a_template_are_lines_in_yaml() -> None:
    html = "<p>Dear {{ person.firstname }},</p>\n<p>on: yes</p>\n"
    there = Bundle.model_validate({"templates": [{"name": "hi", "subject": "Grüß Gott", "html": html}]})  # fmt: skip

    assert to_yaml(there) == (
        "templates:\n- name: hi\n  subject: Grüß Gott\n  html: |\n"
        "    <p>Dear {{ person.firstname }},</p>\n    <p>on: yes</p>\n"
    )


@pytest.mark.parametrize(
    "word",
    ["on", "off", "yes", "no", "y", "2026-11-24", "2026-11-24T09:00:00Z", "12:30", "0x1F", "007", "1_000", ".5", ".inf",
     "<<", "="],
)  # fmt: skip
def test_a_word_of_another_yaml_stays_text(word: str) -> None:
    text = f"journeys: [{{name: survey, title: {word}, entry: {{trigger: resolved}}}}]"

    assert read(text.encode(), ".yaml").journeys[0].title == word


def test_the_names_of_settings_are_text_whatever_they_look_like() -> None:
    text = "records: [{table: t, id: a, values: {1: a, yes: b, null: c}}]"

    assert read(text.encode()).records[0].values == {"1": "a", "yes": "b", "null": "c"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            "journeys: []\ntables: []\njourneys: []",
            "Expected each setting once, but line 3, column 1: 'journeys' is on line 1 already.",
            id="a setting twice",
        ),
        pytest.param(
            "journeys: &all []\ntables: *all",
            "Expected no anchors and aliases, but line 1, column 11: there is 'all'.",
            id="an anchor",
        ),
        pytest.param(
            "journeys: *all",
            "Expected no anchors and aliases, but line 1, column 11: there is 'all'.",
            id="an alias of nothing",
        ),
        pytest.param(
            "journeys: !!python/object/apply:os.getcwd []",
            "Expected no tags, but line 1, column 11: there is 'tag:yaml.org,2002:python/object/apply:os.getcwd'.",
            id="a tag that makes an object",
        ),
        pytest.param(
            "journeys: [1",
            "Expected YAML, but line 1, column 13: expected ',' or ']', but got '<stream end>'.",
            id="a list without an end",
        ),
        pytest.param(
            "journeys:\n\t- 1",
            "Expected YAML, but line 2, column 1: found character '\\t' that cannot start any token.",
            id="a tab",
        ),
        pytest.param(
            "a: 1\n---\nb: 2",
            "Expected YAML, but line 2, column 1: but found another document.",
            id="two documents",
        ),
        pytest.param(
            "a: 1\nb: \x00",
            "Expected YAML, but line 2, column 4: special characters are not allowed.",
            id="a character that is none",
        ),
        pytest.param("[" * 5000, "Expected YAML, but it is nested too deeply.", id="too deep"),
        pytest.param(
            "? [a]\n: 1",
            "Expected the name of a setting, but line 1, column 3: there is a list or pairs.",
            id="a list for a name",
        ),
        pytest.param(
            '"\\ud800"',
            "Expected Unicode, but line 1, column 1: half of a surrogate pair stands alone.",
            id="half a letter",
        ),
        pytest.param(
            "a: 1e999",
            "Expected a number that can be kept, but line 1, column 4: it is '1e999'.",
            id="a number too large",
        ),
        pytest.param(
            '{"a": 1,\n "b"}',
            "Expected JSON, but line 2, column 5: Expecting ':' delimiter.",
            id="no JSON",
        ),
        pytest.param(
            '{"a": 1, "a": 2}',
            "Expected each setting once, but 'a' is there twice.",
            id="a setting twice in JSON",
        ),
        pytest.param(
            '{"a": NaN}', "Expected a number, but NaN is none in JSON.", id="no number in JSON"
        ),
        pytest.param(
            '{"a": -1e999}',
            "Expected a number that can be kept, but there is '-1e999'.",
            id="a number too large in JSON",
        ),
        pytest.param(
            '{"a": "\\ud800"}',
            "Expected Unicode, but half of a surrogate pair stands alone.",
            id="half a letter in JSON",
        ),
    ],
)
def test_what_is_no_text_of_a_bundle_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="Expected") as said:
        read(text.encode())

    assert str(said.value) == sentence


def test_bytes_that_are_no_text_are_said() -> None:
    with pytest.raises(ValueError, match="Expected text in UTF-8, but byte 4 is "):
        read(b"a: \xff")


@pytest.mark.parametrize("text", ["", "# nothing", "survey", "- survey"])
def test_yaml_that_is_no_bundle_is_a_problem(text: str) -> None:
    with pytest.raises(Problems, match="Expected an object, but the body is"):
        read(text.encode())


def test_a_byte_order_mark_is_forgiven() -> None:
    assert read(b"\xef\xbb\xbfjourneys: []") == Bundle()
