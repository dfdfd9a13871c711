"""What is said about a draft that is not even shaped like a journey."""
# ruff: noqa: E501 - one case of a table is one line

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from docs.generate import kinds
from journeys.journey import Journey
from journeys.operators import Operator
from journeys.problem import Problem, Problems, pointer, problems_of_shape

OPERATORS = ", ".join(repr(each) for each in get_args(Operator)[:-1]) + " or 'decreased'"

KINDS = ", ".join(repr(name) for name in kinds())


def wrong(body: Any) -> tuple[Problem, ...]:
    with pytest.raises(ValidationError) as refused:
        Journey.model_validate(body)
    return problems_of_shape(refused.value, body)


def draft(*tiles: Any, **settings: Any) -> dict[str, Any]:
    entry = {"trigger": "case-updated", **settings.pop("entry", {})}
    return {"name": "case-follow-up", "entry": entry, "tiles": list(tiles), **settings}


def branch(when: Any) -> dict[str, Any]:
    return {"kind": "attribute_branch", "id": "happy", "branches": [{"name": "yes", "when": when}]}


GOOD = {"field": "person.x", "operator": "is_empty"}


@pytest.mark.parametrize(
    ("body", "path", "tile", "sentence"),
    [
        pytest.param(draft({"kind": "pause", "id": "rest"}), "/tiles/0", "rest", f"Expected kind to be one of {KINDS}, but it is 'pause'.", id="a kind of tile there is not"),
        pytest.param(draft({"id": "rest"}), "/tiles/0", "rest", "Expected kind, but it is missing.", id="a tile without a kind"),
        pytest.param(draft({"kind": "wait", "for": "PT2H"}), "/tiles/0/id", "0", "Expected id, but it is missing.", id="a tile without an id is named by its place"),
        pytest.param(draft(7), "/tiles/0", "0", "Expected an object, but 0 is 7.", id="a number for a tile"),
        pytest.param(draft({"kind": "message", "id": "survey"}), "/tiles/0/template", "survey", "Expected template, but it is missing.", id="a missing setting"),
        pytest.param(draft({"kind": "exit", "id": "leave", "nxt": None}), "/tiles/0/nxt", "leave", "Expected only known settings, but 'nxt' is not one.", id="a misspelt setting"),
        pytest.param(draft({"kind": "wait", "id": "rest", "for": "two hours"}), "/tiles/0/for", "rest", "Expected a duration such as P3D or PT2H, but for is 'two hours'.", id="a duration in words"),
        pytest.param(draft({"kind": "wait", "id": "rest", "for": "-PT2H"}), "/tiles/0/for", "rest", "Expected greater than 0 seconds, but for is '-PT2H'.", id="a duration back in time"),
        pytest.param(draft({"kind": "wait", "id": "rest", "until": "2027-01-01T09:00:00"}), "/tiles/0/until", "rest", "Expected a moment with its offset such as 2026-11-24T09:00:00+01:00, but until is '2027-01-01T09:00:00'.", id="a moment without its offset"),
        pytest.param(draft({"kind": "wait", "id": "rest"}), "/tiles/0", "rest", "Expected one of for, until, until_field, until_local and window, but there are more or none.", id="a wait for nothing"),
        pytest.param(draft({"kind": "wait", "id": "a rest", "for": "PT2H"}), "/tiles/0/id", "a rest", "Expected the id of a tile: letters and digits with hyphens, such as cool-off, but it is 'a rest'.", id="an id with a space"),
        pytest.param(draft({"kind": "wait", "id": "rest", "until_field": "record.x", "if_past": "go on"}), "/tiles/0/if_past", "rest", "Expected one of 'continue' or 'exit' or the id of a tile: letters and digits with hyphens, such as cool-off, but if_past is 'go on'.", id="a way out that is none of several things is one problem"),
        pytest.param(draft({"kind": "wait_for_trigger", "id": "asked", "trigger": "x", "within": "P1D", "match": "people"}), "/tiles/0/match", "asked", "Expected an object or one of 'person' or 'record', but match is 'people'.", id="a match that is none of several things"),
        pytest.param(draft({"kind": "attribute_branch", "id": "happy", "branches": []}), "/tiles/0/branches", "happy", "Expected at least 1, but branches is [].", id="no branch"),
        pytest.param(draft(branch({"field": "x", "operator": "is_bigger"})), "/tiles/0/branches/0/when/operator", "happy", f"Expected one of {OPERATORS}, but operator is 'is_bigger'.", id="an operator nobody knows"),
        pytest.param(draft(branch({"all": [GOOD, {"any": [GOOD, {"not": {"field": "x", "operator": "is_bigger"}}]}]})), "/tiles/0/branches/0/when/all/1/any/1/not/operator", "happy", f"Expected one of {OPERATORS}, but operator is 'is_bigger'.", id="an operator nobody knows, deep inside"),
        pytest.param(draft(branch({"field": "x"})), "/tiles/0/branches/0/when/operator", "happy", "Expected operator, but it is missing.", id="no operator"),
        pytest.param(draft(branch({"all": [{"operator": "is_empty"}]})), "/tiles/0/branches/0/when/all/0/field", "happy", "Expected field, but it is missing.", id="no field"),
        pytest.param(draft(branch({"field": "", "operator": "is_empty"})), "/tiles/0/branches/0/when/field", "happy", "Expected some text, but field is ''.", id="an empty field"),
        pytest.param(draft(branch({"any": GOOD})), "/tiles/0/branches/0/when/any", "happy", f"Expected a list, but any is {str(GOOD)[:80]}.", id="one condition for several"),
        pytest.param(draft(branch(5)), "/tiles/0/branches/0/when", "happy", "Expected an object, but when is 5.", id="a number for a condition"),
        pytest.param(draft(entry={"filter": [GOOD]}), "/entry/filter", None, f"Expected an object, but filter is {str([GOOD])[:80]}.", id="a list for a condition"),
        pytest.param(draft(entry={"repeat": {"policy": "after"}}), "/entry/repeat", None, 'Expected a duration with policy "after" and none with the others.', id="a repeat after no time"),
        pytest.param(draft(time_zone="Mars/Olympus"), "/time_zone", None, "Expected a time zone such as Europe/Paris, but it is 'Mars/Olympus'.", id="a time zone there is not"),
        pytest.param(draft(time_zone="../etc/passwd"), "/time_zone", None, "Expected a time zone such as Europe/Paris, but it is '../etc/passwd'.", id="a path for a time zone"),
        pytest.param(draft(name="Case follow-up"), "/name", None, "Expected lower-case words with hyphens such as case-resolved, but it is 'Case follow-up'.", id="a name with capitals"),
        pytest.param(draft(goal={"trigger": "x", "target": {"percent": "many"}}), "/goal/target/percent", None, "Expected a number, but percent is 'many'.", id="a word for a number"),
        pytest.param({"name": "x", "entry": {}, "tiles": []}, "/entry/trigger", None, "Expected trigger, but it is missing.", id="an entry by nothing"),
        pytest.param({"name": "x", "tiles": []}, "/entry", None, "Expected entry, but it is missing.", id="no entry"),
        pytest.param({**draft(), "tiles": {}}, "/tiles", None, "Expected a list, but tiles is {}.", id="an object for the tiles"),
        pytest.param([], "", None, "Expected an object, but the body is [].", id="a list for a journey"),
        pytest.param(None, "", None, "Expected an object, but the body is None.", id="nothing for a journey"),
    ],
)  # fmt: skip
def test_what_is_not_shaped_like_a_journey(
    body: Any, path: str, tile: str | None, sentence: str
) -> None:
    assert wrong(body) == (Problem(path=path, tile=tile, message=sentence),)


def test_everything_is_told_at_once_each_with_its_tile() -> None:
    found = wrong(
        draft(
            {"kind": "pause", "id": "rest"},
            {"kind": "wait", "id": "cool-off", "for": "soon", "nxt": None},
            branch({"all": [{"field": "x", "operator": "is_bigger"}, {"any": [{"foo": 1}]}]}),
            goal={"trigger": "Survey!"},
        )
    )

    assert [(problem.path, problem.tile) for problem in found] == [
        ("/goal/trigger", None),
        ("/tiles/0", "rest"),
        ("/tiles/1/for", "cool-off"),
        ("/tiles/1/nxt", "cool-off"),
        ("/tiles/2/branches/0/when/all/0/operator", "happy"),
        ("/tiles/2/branches/0/when/all/1/any/0/field", "happy"),
        ("/tiles/2/branches/0/when/all/1/any/0/operator", "happy"),
        ("/tiles/2/branches/0/when/all/1/any/0/foo", "happy"),
    ]


def test_what_is_not_json_says_so() -> None:
    with pytest.raises(ValidationError) as refused:
        Journey.model_validate_json('{"name": ')

    [problem] = problems_of_shape(refused.value)
    assert problem.message.startswith("Expected JSON, but EOF while parsing")


def test_a_long_value_is_not_repeated_whole() -> None:
    [problem] = wrong(draft(time_zone="x" * 10_000))

    assert len(problem.message) < 200


@pytest.mark.parametrize("depth", [300, 5000])
def test_what_is_nested_without_end_is_refused_and_not_repeated(depth: int) -> None:
    nested: Any = GOOD
    for _ in range(depth):
        nested = {"not": nested}

    [problem] = wrong(draft(entry={"filter": nested}))
    assert problem.message == "Expected what can be looked through, but it is nested too deeply."

    [other] = wrong(draft(entry={"filter": {"field": nested, "operator": "is_empty"}}))
    assert (other.path, len(other.message) < 200) == ("/entry/filter/field", True)


def test_a_pointer_escapes_what_would_be_read_as_a_step() -> None:
    assert pointer("match", "a/b~c", 0) == "/match/a~1b~0c/0"


def test_problems_raised_say_all_of_them() -> None:
    first, second = (
        Problem(path="/a", message="Expected a."),
        Problem(path="/b", message="Expected b."),
    )

    assert str(Problems([first, second])) == "/a: Expected a. /b: Expected b."


def test_a_problem_of_a_part_says_where_the_part_is() -> None:
    wrong_duration = Problem(path="/tiles/2/for", message="Expected a duration.", tile="rest")

    assert wrong_duration.below("a/b", 0) == Problem(
        path="/a~1b/0/tiles/2/for", message="Expected a duration.", tile="rest"
    )
