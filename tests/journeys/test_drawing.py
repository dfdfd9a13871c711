"""Drawings: every tile and every way is in the picture, whatever they are called and however many."""

import re
from collections.abc import Iterator
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pytest

from journeys.drawing import drawing
from journeys.journey import Journey
from journeys.layout import lay_out
from journeys.tile import BaseTile
from journeys.tiles import Tile
from tests.examples import EXAMPLES, example

EVERY_KIND = [
    pytest.param(each, id=each.model_fields["kind"].default) for each in get_args(get_args(Tile)[0])
]
SVG = "{http://www.w3.org/2000/svg}"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
WHEN = {"field": "person.city", "operator": "equals", "value": "Oslo & <Bergen>"}


def journey(*tiles: dict[str, Any], **settings: Any) -> Journey:
    whole = {"name": "survey", "entry": {"trigger": "resolved"}, "tiles": tiles, **settings}
    return Journey.model_validate(whole)


def message(id_: str, next_: str | None = None) -> dict[str, Any]:
    return {"kind": "message", "id": id_, "template": "hello", "next": next_}


def drawn(journey: Journey) -> ET.Element:
    return ET.fromstring(drawing(journey))  # noqa: S314 - it is ours


def texts(picture: ET.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


def ways(picture: ET.Element) -> list[ET.Element]:
    return [each for each in picture.iter(f"{SVG}path") if "way" in each.get("class", "").split()]


def boxes(picture: ET.Element) -> Iterator[tuple[float, float, float, float]]:
    for each in picture.iter(f"{SVG}rect"):
        if each.get("class") == "box":
            x, y, wide, high = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
            yield x, y, x + wide, y + high


def overlapping(picture: ET.Element) -> list[Any]:
    there = list(boxes(picture))
    return [
        (one, other)
        for index, one in enumerate(there)
        for other in there[index + 1 :]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_tile_and_way_of_an_example_is_there(name: str) -> None:
    there = example(name).journeys[0]

    picture = drawn(there)

    assert {tile.id for tile in there.tiles} <= set(texts(picture))
    assert len(ways(picture)) == 1 + sum(len(tile.targets) for tile in there.tiles)
    assert not overlapping(picture)


def test_ways_are_named_as_they_are_drawn() -> None:
    picture = drawn(example("case-follow-up").journeys[0])

    assert {"yes", "no", "unhappy", "other"} <= set(texts(picture))


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_each_kind_is_drawn_with_its_ways_without_being_known_here(kind: type[BaseTile]) -> None:
    for settings in (kind.example, *kind.more_examples):
        tile = kind.model_validate(settings)
        picture = drawn(journey(settings))

        assert {tile.id, tile.kind.replace("_", " ")} <= set(texts(picture))
        assert len(ways(picture)) == 1 + len(tile.targets)
        pointers = [each for each in texts(picture) if re.fullmatch(r"\w+(/\w+)+", each)]
        assert not pointers  # each way has a name


def test_the_goal_and_the_exits_are_said() -> None:
    said = " ".join(texts(drawn(example("case-follow-up").journeys[0])))

    assert "Goal: case-satisfaction-given, filter event.customersatisfactioncode at least 4" in said
    assert "Leaves on: case-status-changed" in said


def test_the_picture_is_told_to_those_who_do_not_see_it() -> None:
    picture = drawn(example("order-ready").journeys[0])
    ids = {each.get("id"): each.text or "" for each in picture.iter()}

    title, described = (ids[name] for name in picture.attrib["aria-labelledby"].split())
    assert picture.get("role") == "img"
    assert title == "Notice that an order is ready"
    assert "message notice: template order-ready-notice" in described
    assert "notice leads to the end" in described


def test_the_same_journey_is_the_same_picture() -> None:
    there = example("case-follow-up").journeys[0]
    assert drawing(there) == drawing(Journey.model_validate_json(there.model_dump_json(by_alias=True)))  # fmt: skip


def test_what_people_write_is_text_and_never_markup() -> None:
    hostile = '</text><script>alert("1")</script>&\x00'
    branch = {"kind": "attribute_branch", "id": "b", "branches": [{"name": hostile, "when": WHEN}]}
    picture = drawn(journey(branch, {"kind": "exit", "id": "e", "reason": hostile}, title=hostile))

    assert not list(picture.iter(f"{SVG}script"))
    assert any(each.startswith("</text><script>") for each in texts(picture))


def test_a_long_name_is_cut_and_said_whole_where_it_is_pointed_at() -> None:
    picture = drawn(journey(message("m" * 60)))
    titles = [each.text or "" for each in picture.iter(f"{SVG}title")]

    assert f"message {'m' * 60}: template hello" in titles
    assert any(re.fullmatch("m{20,30}…", each) for each in texts(picture))


def test_ways_that_meet_again_meet_at_one_tile_under_where_they_parted() -> None:
    branch = {
        "kind": "attribute_branch",
        "id": "city",
        "branches": [{"name": "north", "when": WHEN, "next": "a"}],
        "other": "b",
    }
    picture = drawn(journey(branch, message("a", "z"), message("b", "z"), message("z")))
    there = list(boxes(picture))

    _, city, a, b, z = there
    assert (a[1], a[0] < b[0]) == (b[1], True)
    assert (z[0], z[1] > a[1]) == (city[0], True)


def test_a_loop_back_is_drawn_beside_what_it_passes() -> None:
    wait = {"kind": "wait", "id": "later", "for": "P1D", "next": "a"}
    picture = drawn(journey(message("a", "b"), message("b", "later"), wait))

    (back,) = [each for each in ways(picture) if "back" in each.attrib["class"].split()]
    lane = float(re.findall(r"H(-?[\d.]+)", back.attrib["d"])[0])
    assert all(not left <= lane <= right for left, _, right, _ in boxes(picture))


def test_a_draft_is_drawn_with_what_is_missing_and_what_nobody_reaches() -> None:
    picture = drawn(journey(message("a", "nowhere"), message("lonely"), message("a")))

    assert {"a", "lonely", "nowhere", "no such tile"} <= set(texts(picture))
    assert not overlapping(picture)


def test_a_journey_without_tiles_is_its_entry() -> None:
    assert "resolved" in texts(drawn(journey()))


def test_a_thousand_tiles_are_all_there() -> None:
    row = [message(f"m{number}", f"m{number + 1}") for number in range(999)]
    picture = drawn(journey(*row, message("m999")))

    assert {f"m{number}" for number in range(1000)} <= set(texts(picture))
    assert len(ways(picture)) == 1001


def test_fifty_branches_in_one_another_do_not_cover_each_other() -> None:
    nested = [
        {
            "kind": "attribute_branch",
            "id": f"b{number}",
            "branches": [{"name": f"way {number}", "when": WHEN, "next": f"m{number}"}],
            "other": f"b{number + 1}" if number < 49 else None,
        }
        for number in range(50)
    ]
    ends = [message(f"m{number}", "end") for number in range(50)]
    picture = drawn(journey(*nested, *ends, {"kind": "exit", "id": "end"}))

    assert {f"way {number}" for number in range(50)} <= set(texts(picture))
    assert "→ end" in texts(picture)  # from too far away to be drawn through
    assert not overlapping(picture)


def test_more_loops_than_can_be_followed_are_signs() -> None:
    ways = [(step, step + 1) for step in range(40)] + [(step, 0) for step in range(1, 40)]
    routes = lay_out([100.0] * 41, ways).routes

    loops = [route.loop for route in routes if route.loop is not None]
    assert len(loops) == len(set(loops)) == 12
    assert sum(route.jump is not None for route in routes) == 39 - 12
