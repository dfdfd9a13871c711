"""Splits, by percentage and by number."""

from typing import Any

import pytest

from journeys.chance import number_of
from journeys.problem import Problems
from journeys.routing import Routes
from journeys.simulate import Simulation
from tests.story import MONDAY, Story, sent
from tests.virtual import VirtualStory
from tests.world import WORLD, journey, message, wait


def split(*ways: dict[str, Any], by: str = "percentage", **settings: Any) -> dict[str, Any]:
    return {"kind": "split", "id": "half", "by": by, "ways": ways, **settings}


def way(name: str, to: str | None = None, **share: Any) -> dict[str, Any]:
    return {"name": name, "next": to or name, **share}


async def test_a_way_of_all_percents_is_everybodys(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(
            split(way("hello", percent=0), way("bye", percent=100)),
            message("hello"),
            message("bye"),
        ),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived half
        Mon 09:00 decided half -> bye: bye
        Mon 09:00 arrived bye
        Mon 09:00 sent bye
        Mon 09:00 completed
        """,
    )


async def test_who_comes_again_takes_the_same_way_again(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    tiles = [
        split(way("a", "again", percent=50), way("b", "again", percent=50)),
        wait("half", id="again") | {"visits": {"at_most": 3, "then": None}},
    ]

    [played] = await world.play(world.published(journey(*tiles)))

    decided = [note for note in played if note.tile == "half" and note.what == "decided"]
    assert len(decided) == 4
    assert len({(note.why, note.values["number"]) for note in decided}) == 1


async def test_the_first_who_come_get_the_places_and_the_rest_go_another_way(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:01", "joined", "contact/ben")
    tiles = [
        split(way("thanks", count=1), by="number", other="bye"),
        message("thanks"),
        message("bye"),
    ]

    await world.expect(
        journey(*tiles),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived half
        Mon 09:00 decided half -> thanks: thanks, place 1 of 1
        Mon 09:00 arrived thanks
        Mon 09:00 sent thanks
        Mon 09:00 completed
        """,
        """
        Mon 09:01 entered: joined
        Mon 09:01 arrived half
        Mon 09:01 decided half -> bye: other, all places are taken
        Mon 09:01 arrived bye
        Mon 09:01 sent bye
        Mon 09:01 completed
        """,
    )


async def test_who_comes_again_has_their_place_still(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    tiles = [
        split(way("first", "again", count=1), by="number"),
        wait("half", id="again") | {"visits": {"at_most": 1, "then": None}},
    ]

    await world.expect(
        journey(*tiles),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived half
        Mon 09:00 decided half -> again: first, place 1 of 1
        Mon 09:00 arrived again
        Tue 09:00 arrived half
        Tue 09:00 decided half -> again: first, as before
        Tue 09:00 arrived again
        Tue 09:00 decided again: came 1 times before
        Tue 09:00 completed
        """,
    )


def simulation(choices: dict[str, str]) -> Simulation:
    story = VirtualStory()
    story.tells_of(WORLD)
    halves = split(way("a", "hello", percent=50), way("b", "bye", percent=50))
    version = story.published(journey(halves, message("hello"), message("bye")))
    routes = Routes(story.catalogue, entered=[version], published=[version])
    return Simulation(routes, MONDAY, story.records, choices=choices)


@pytest.mark.parametrize(("choice", "reached"), [("a", "hello"), ("b", "bye")])
def test_a_simulation_may_choose_the_way(choice: str, reached: str) -> None:
    played = simulation({"half": choice})

    played.happens(sent("joined", "contact/ana"), MONDAY)
    played.run()

    assert number_of("story/contact/ana/1", "half") < 100
    assert [note.tile for note in played.instances[0].trace if note.what == "sent"] == [reached]


@pytest.mark.parametrize("choices", [{"half": "c"}, {"hello": "a"}, {"nowhere": "a"}])
def test_a_choice_that_is_none_is_said(choices: dict[str, str]) -> None:
    with pytest.raises(Problems, match="Expected a way that a tile"):
        simulation(choices)
