"""Where people go on when a journey is published anew under them, and what has changed between drafts."""

from typing import Any

import pytest

from journeys.difference import differences
from journeys.journey import Journey, Version
from journeys.moving import MovedTo, Moving, destination, moving_to
from tests.world import Drawn, journey, message, wait, wait_for


def drawn(*tiles: Drawn) -> Journey:
    return Journey.model_validate(journey(*tiles))


BEFORE = drawn(
    wait_for("surveyed", "near", "far", id="asked"),
    wait("end", id="near"),
    wait("further", id="far"),
    wait("end", id="further"),
    message("hello", None) | {"id": "end"},
)


@pytest.mark.parametrize(
    ("after", "tile", "to"),
    [
        pytest.param(BEFORE, "asked", "asked", id="the same tile where it is still there"),
        pytest.param(drawn(wait(id="near"), wait(id="far")), "asked", "near", id="the first way first"),
        pytest.param(drawn(wait(id="far"), wait(id="end")), "asked", "far", id="the nearer one"),
        pytest.param(drawn(wait(id="further"), wait(id="end")), "asked", "end", id="of two, the one by the first way"),
        pytest.param(drawn(wait(id="end")), "asked", "end", id="over several that are gone"),
        pytest.param(drawn(wait(id="asked")), "near", None, id="never back"),
        pytest.param(drawn(wait(id="other")), "asked", None, id="nowhere"),
        pytest.param(drawn(wait(id="other")), None, "other", id="not on a tile yet"),
    ],
)  # fmt: skip
def test_one_goes_on_at(after: Journey, tile: str | None, to: str | None) -> None:
    assert destination(BEFORE, after, tile) == to


def test_a_cycle_that_is_gone_leads_round_once() -> None:
    before = drawn(wait("b", id="a"), wait("a", id="b"))

    assert destination(before, drawn(wait(id="c")), "a") is None


def test_those_who_move_are_counted_by_the_tile_they_leave_and_by_where_it_leads() -> None:
    to_near = drawn(wait("near", id="asked"), wait("lost", id="near"), wait(id="lost"))
    to_far = drawn(wait("far", id="asked"), wait(id="far"))
    first, second, third = (
        Version(number=number, journey=each)
        for number, each in enumerate((to_near, to_far, to_near), start=1)
    )
    new = Version(number=4, journey=drawn(wait("far", id="near"), wait(id="far")))

    moving = moving_to(
        new,
        [
            (first, None, 1),
            (first, "near", 2),
            (first, "asked", 3),
            (second, "asked", 4),
            (third, "asked", 5),
            (third, "lost", 6),
        ],
    )

    assert moving == Moving(
        stays=3,
        moves={
            "asked": MovedTo(to="near", count=8),
            "asked of version 2": MovedTo(to="far", count=4),
            "lost": MovedTo(to=None, count=6),
        },
    )


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="nothing"),
        pytest.param({"a": 1}, {"a": 2}, [("/a", 1, 2)], id="a value"),
        pytest.param({}, {"a": 1}, [("/a", None, 1)], id="one that is new"),
        pytest.param({"a": 1}, {}, [("/a", 1, None)], id="one that is gone"),
        pytest.param({"a": [1, 2]}, {"a": [1]}, [("/a/1", 2, None)], id="the end of a list"),
        pytest.param({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, [("/a~1b/~0", 1, 2)], id="odd names"),
        pytest.param({"a": {"b": 1}}, {"a": 2}, [("/a", {"b": 1}, 2)], id="another shape"),
    ],
)
def test_drafts_differ_in(before: Any, after: Any, changed: list[Any]) -> None:
    found = [(each.path, each.before, each.after) for each in differences(before, after)]

    assert found == changed
