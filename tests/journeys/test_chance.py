"""Chance: an instance's own number, and where it falls."""

from collections import Counter

import pytest

from journeys.chance import fallen_on, number_of

PEOPLE = 100_000


@pytest.mark.parametrize(
    "percents",
    [
        pytest.param((50, 50), id="halves"),
        pytest.param((10, 20, 70), id="three ways"),
        pytest.param((33.3, 33.3, 33.4), id="decimals"),
        pytest.param((0.5, 99.5), id="a half percent"),
    ],
)
def test_a_split_over_a_hundred_thousand_people_is_within_half_a_percent(
    percents: tuple[float, ...],
) -> None:
    numbers = (number_of(f"story/contact/{person}/1", "half") for person in range(PEOPLE))
    taken = Counter(fallen_on(number, percents) for number in numbers)

    assert sum(taken.values()) == PEOPLE
    for index, percent in enumerate(percents):
        assert taken[index] / PEOPLE * 100 == pytest.approx(percent, abs=0.5)


def test_an_instance_has_the_same_number_whenever_it_is_asked_for() -> None:
    assert number_of("a", "half") == pytest.approx(20.578980275506208)


def test_tiles_are_independent_of_each_other() -> None:
    people = [f"story/contact/{person}/1" for person in range(10_000)]
    both = [number_of(each, "one") < 50 and number_of(each, "two") < 50 for each in people]

    assert sum(both) / len(both) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ("number", "weights", "way"),
    [
        pytest.param(0, (0, 100), 1, id="0 % is never drawn, though the number is 0"),
        pytest.param(0, (50, 50), 0, id="the lowest number"),
        pytest.param(49.999, (50, 50), 0, id="just below the border"),
        pytest.param(50, (50, 50), 1, id="on the border"),
        pytest.param(99.99999999999999, (33.3, 33.3, 33.4), 2, id="the highest number"),
        pytest.param(99.99999999999999, (50, 50, 0), 1, id="0 % is never drawn, though it is last"),
        pytest.param(99.99999999999999, (0.1,) * 10, 9, id="tenths add up to less than one"),
        pytest.param(70, (1, 1, 1), 2, id="weights need not add up to 100"),
    ],
)
def test_a_number_falls_on_a_way(number: float, weights: tuple[float, ...], way: int) -> None:
    assert fallen_on(number, weights) == way


def test_nothing_falls_where_there_is_no_way() -> None:
    with pytest.raises(ValueError, match="empty"):
        fallen_on(10, (0, 0))
