"""Journeys that are published anew while people are inside."""

from tests.story import Story
from tests.world import Drawn, journey, message, wait, wait_for

EXIT: Drawn = {"exits": [{"trigger": "cancelled"}]}


async def test_those_inside_finish_their_version_and_new_ones_take_the_next(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.publishes("Mon 10:00", journey(wait("bye"), message("bye")))
    world.fires("Mon 11:00", "joined", "contact/ben")

    played = await world.play(world.published(journey(wait("hello"), message("hello"))))

    assert [each[-1].what for each in played] == ["completed", "completed"]
    assert world.letters == [("ana@example.org", "hello"), ("ben@example.org", "bye")]


async def test_those_who_move_go_on_where_they_stand_by_the_settings_of_the_new_version(
    world: Story,
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    longer = journey(wait("bye", **{"for": "P2D"}), message("bye"), **EXIT)
    world.publishes("Mon 12:00", longer, move=True)

    await world.expect(
        journey(wait("hello"), message("hello")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Mon 12:00 moved wait -> wait: version 2
        Wed 09:00 arrived bye
        Wed 09:00 sent bye
        Wed 09:00 completed
        """,
    )


async def test_what_concerns_those_who_moved_is_what_the_new_version_says(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.publishes(
        "Mon 12:00",
        journey(wait_for("case-rated"), goal={"trigger": "surveyed"}),
        move=True,
    )
    world.fires("Mon 13:00", "cancelled", "contact/ana")
    world.fires("Mon 14:00", "surveyed", "contact/ana")
    world.change("Mon 15:00", "incident/printer", customersatisfactioncode=1)

    await world.expect(
        journey(wait_for("surveyed"), **EXIT),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 12:00 moved asked -> asked: version 2
        Mon 14:00 goal asked: surveyed
        Mon 15:00 fulfilled asked: case-rated
        Mon 15:00 completed
        """,
    )


async def test_those_whose_tile_is_gone_go_on_at_the_nearest_that_is_there(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.publishes("Mon 12:00", journey(message("hello", "bye"), message("bye")), move=True)

    await world.expect(
        journey(wait_for("surveyed", "wait", "hello"), wait("hello"), message("hello")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 12:00 moved asked -> hello: version 2
        Mon 12:00 arrived hello
        Mon 12:00 sent hello -> bye
        Mon 12:00 arrived bye
        Mon 12:00 sent bye
        Mon 12:00 completed
        """,
    )


async def test_those_for_whom_no_tile_is_left_leave(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.publishes("Mon 12:00", journey(message("hello")), move=True)

    await world.expect(
        journey(wait()),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Mon 12:00 exited wait: moved
        """,
    )


async def test_one_who_is_held_moves_and_is_held_there(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.pauses("Mon 12:00")
    world.publishes("Tue 12:00", journey(wait("bye"), message("bye")), move=True)
    world.resumes("Wed 12:00")

    played = await world.play(
        world.published(journey(wait("hello"), message("hello", "bye"), message("bye")))
    )

    said = [(note.what, note.tile, note.target) for note in played[0] if note.what != "arrived"]
    assert said[1:] == [
        ("held", "hello", None),
        ("moved", "hello", "bye"),
        ("held", "bye", None),
        ("sent", "bye", None),
        ("completed", said[-1][1], None),
    ]
    assert world.letters == [("ana@example.org", "bye")]


async def test_who_queues_while_a_version_is_published_begins_with_it(world: Story) -> None:
    world.pauses("Mon 08:00")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.publishes("Mon 12:00", journey(message("bye")), move=True)
    world.resumes("Tue 09:00")

    await world.expect(
        journey(message("hello")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 held: journey paused
        Tue 09:00 arrived bye
        Tue 09:00 sent bye
        Tue 09:00 completed
        """,
    )


async def test_what_was_used_up_before_the_move_stays_so(world: Story) -> None:
    again = wait_for("surveyed", id="again", within="P1D")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 10:00", "surveyed", "contact/ana")
    world.publishes("Mon 12:00", journey(wait_for("surveyed", "again"), again), move=True)

    await world.expect(
        journey(wait_for("surveyed", "again"), again | {"within": "P2D"}),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived asked
        Mon 10:00 fulfilled asked -> again: surveyed
        Mon 10:00 arrived again
        Mon 12:00 moved again -> again: version 2
        Tue 10:00 timed_out again
        Tue 10:00 completed
        """,
    )
