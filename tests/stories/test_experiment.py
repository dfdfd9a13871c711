"""Experiments: variants, the winner, and everybody after it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeys.parting import Score, Tally
from journeys.tiles.experiment import WinnerRule, decide_winner
from tests.story import Story
from tests.world import journey, message, wait

NOON = datetime(2031, 3, 3, 12, tzinfo=UTC)


def experiment(**settings: Any) -> dict[str, Any]:
    """Return an experiment in which the first comers all try the discount."""
    variants = [
        {"name": "discount", "weight": 1, "next": "wait"},
        {"name": "gift", "weight": 0, "next": "bye"},
    ]
    drawn = {"variants": variants, "winner": {"participants": 1}, "default": "gift", **settings}
    return {"kind": "experiment", "id": "offer", "metric": "goal", **drawn}


def drawn(**settings: Any) -> dict[str, Any]:
    tiles = [experiment(**settings), wait("thanks"), message("thanks"), message("bye")]
    return journey(*tiles, goal={"trigger": "surveyed"})


FIRST = """
    Mon 09:00 entered: joined
    Mon 09:00 arrived offer
    Mon 09:00 decided offer -> wait: discount
    Mon 09:00 arrived wait
    {goal}
    Tue 09:00 arrived thanks
    Tue 09:00 sent thanks
    Tue 09:00 completed
"""


async def test_a_variant_whose_people_reached_the_goal_wins(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "surveyed", "contact/ana")
    world.fires("Mon 11:00", "joined", "contact/ben")

    await world.expect(
        drawn(),
        FIRST.format(goal="Mon 10:00 goal wait: surveyed"),
        """
        Mon 11:00 entered: joined
        Mon 11:00 arrived offer
        Mon 11:00 decided offer -> wait: discount wins: 1 of 1 reached the goal
        Mon 11:00 arrived wait
        Tue 11:00 arrived thanks
        Tue 11:00 sent thanks
        Tue 11:00 completed
        """,
    )


async def test_where_nobody_reached_the_goal_the_default_wins(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 11:00", "joined", "contact/ben")
    world.fires("Mon 11:30", "surveyed", "contact/ana")
    world.fires("Mon 12:00", "joined", "contact/ben")

    played = await world.play(world.published(drawn()))

    said = [note.why for each in played for note in each if note.what == "decided"]
    assert said == ["discount", "gift wins by default: nobody reached the goal", "gift has won"]


async def test_the_winner_may_be_decided_after_a_time(world: Story) -> None:
    for moment in ("Mon 09:00", "Mon 10:59", "Mon 11:01"):
        world.fires(moment, "joined", "contact/ana")

    played = await world.play(world.published(drawn(winner={"after": "PT2H"})))

    said = [note.why for each in played for note in each if note.what == "decided"]
    assert said == ["discount", "discount", "gift wins by default: nobody reached the goal"]


@pytest.mark.parametrize(
    ("scores", "winner", "why"),
    [
        pytest.param({"a": (10, 1), "b": (10, 2)}, "b", "b wins: 2 of 10", id="more reached it"),
        pytest.param({"a": (10, 2), "b": (5, 2)}, "b", "b wins: 2 of 5", id="a larger share of fewer"),
        pytest.param({"a": (10, 2), "b": (5, 1)}, "c", "c wins by default: a tie between a and b", id="a tie"),
        pytest.param({"a": (10, 0), "b": (5, 0)}, "c", "c wins by default: nobody", id="nobody reached it"),
        pytest.param({}, "c", "c wins by default: nobody", id="nobody came"),
    ],
)  # fmt: skip
def test_the_highest_rate_wins(scores: dict[str, tuple[int, int]], winner: str, why: str) -> None:
    tally = Tally({name: Score(taken, {"goal": met}) for name, (taken, met) in scores.items()})

    way = decide_winner(tally, ("a", "b", "c"), "c")

    assert (way.name, way.wins) == (winner, True)
    assert way.why is not None
    assert way.why.startswith(why)


@pytest.mark.parametrize(
    ("rule", "taken", "hours", "due"),
    [
        pytest.param({"participants": 2}, 1, 99, False, id="too few"),
        pytest.param({"participants": 2}, 2, 0, True, id="enough"),
        pytest.param({"after": "PT2H"}, 1, 1, False, id="too early"),
        pytest.param({"after": "PT2H"}, 1, 2, True, id="late enough"),
        pytest.param({"after": "PT2H", "participants": 2}, 2, 1, True, id="whichever is first"),
        pytest.param({"after": "PT2H"}, 0, 9, False, id="time begins with the first who comes"),
    ],
)
def test_the_winner_is_due(rule: dict[str, Any], taken: int, hours: int, due: bool) -> None:
    tally = Tally({"a": Score(taken)}, since=NOON if taken else None)

    assert WinnerRule.model_validate(rule).is_due(tally, NOON + timedelta(hours=hours)) is due
