"""Waits: for a time, until a moment, until a date, until something happens."""

import pytest

from tests.story import Story
from tests.world import journey, message, wait, wait_for, when

JOINED = "Mon 09:00 entered: joined"


async def test_a_wait_holds_for_its_duration(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait("hello", **{"for": "P3DT2H"}), message("hello")),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Thu 11:00 arrived hello
        Thu 11:00 sent hello
        Thu 11:00 completed
        """,
    )


@pytest.mark.parametrize(
    ("until", "at"),
    [
        pytest.param("2031-03-05T12:00:00+01:00", "Wed 11:00", id="a moment to come"),
        pytest.param("2031-03-03T09:00:00Z", "Mon 09:00", id="this very moment"),
        pytest.param("2031-03-02T09:00:00Z", "Mon 09:00", id="a moment that has passed"),
    ],
)
async def test_a_wait_until_a_moment_ends_then(world: Story, until: str, at: str) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(until=until)), f"{JOINED}\nMon 09:00 arrived wait\n{at} completed"
    )


@pytest.mark.parametrize(
    ("birthday", "way", "line"),
    [
        pytest.param(None, "continue", "decided wait -> hello: no date", id="missing, continue"),
        pytest.param(None, "exit", "decided wait: no date", id="missing, exit"),
        pytest.param(None, "bye", "decided wait -> bye: no date", id="missing, another way"),
        pytest.param(
            "2031-03-02", "continue", "decided wait -> hello: date has passed", id="past, continue"
        ),
        pytest.param("2031-03-02", "exit", "decided wait: date has passed", id="past, exit"),
        pytest.param(
            "2031-03-02", "bye", "decided wait -> bye: date has passed", id="past, another way"
        ),
    ],
)
async def test_a_date_that_is_missing_or_past_on_arrival_goes_the_way_that_is_set(
    world: Story, birthday: str | None, way: str, line: str
) -> None:
    world.given("contact/ana", emailaddress1="ana@example.org", birthdate=birthday)
    world.fires("Mon 09:00", "joined", "contact/ana")
    missing, past = (way, "bye") if birthday is None else ("bye", way)
    tile = wait("hello", until_field="person.birthdate", if_missing=missing, if_past=past)
    reason = "no date" if birthday is None else "date has passed"
    goes_to = {"continue": "hello", "bye": "bye"}.get(way)
    onward = [f"arrived {goes_to}", f"sent {goes_to}", "completed"]
    after = onward if goes_to else [f"exited wait: {reason}"]

    await world.expect(
        journey(tile, message("hello"), message("bye")),
        "\n".join([JOINED, *(f"Mon 09:00 {each}" for each in ["arrived wait", line, *after])]),
    )


async def test_a_day_begins_at_midnight_in_the_journey_s_zone(world: Story) -> None:
    world.given("contact/ana", emailaddress1="ana@example.org", birthdate="2031-03-05")
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(until_field="person.birthdate"), time_zone="Asia/Tokyo"),
        f"{JOINED}\nMon 09:00 arrived wait\nTue 15:00 completed",
    )


async def test_a_date_that_appears_while_another_tile_is_stood_on_counts_on_arrival(
    world: Story,
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.change("Mon 12:00", "contact/ana", birthdate="2031-03-06")
    tiles = (wait("birthday"), wait(id="birthday", until_field="person.birthdate"))

    await world.expect(
        journey(*tiles),
        f"{JOINED}\nMon 09:00 arrived wait\nTue 09:00 arrived birthday\nThu 00:00 completed",
    )


async def test_a_date_that_moves_after_its_wait_is_over_changes_nothing(world: Story) -> None:
    world.given("contact/ana", emailaddress1="ana@example.org", birthdate="2031-03-04")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.change("Tue 12:00", "contact/ana", birthdate="2031-03-20")
    tiles = (wait("later", id="birthday", until_field="person.birthdate"), wait(id="later"))

    await world.expect(
        journey(*tiles),
        f"{JOINED}\nMon 09:00 arrived birthday\nTue 00:00 arrived later\nWed 00:00 completed",
    )


async def test_a_trigger_moves_the_participant_on_at_once(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Tue 10:30", "surveyed", "contact/ana", score=3)

    await world.expect(
        journey(wait_for("surveyed", "thanks", "bye"), message("thanks"), message("bye")),
        f"""
        {JOINED}
        Mon 09:00 arrived asked
        Tue 10:30 fulfilled asked -> thanks: surveyed
        Tue 10:30 arrived thanks
        Tue 10:30 sent thanks
        Tue 10:30 completed
        """,
    )


async def test_without_the_trigger_the_other_way_is_taken_at_the_limit(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Wed 09:01", "surveyed", "contact/ana", score=3)

    await world.expect(
        journey(
            wait_for("surveyed", "thanks", "bye", within="P2D"), message("thanks"), message("bye")
        ),
        f"""
        {JOINED}
        Mon 09:00 arrived asked
        Wed 09:00 timed_out asked -> bye
        Wed 09:00 arrived bye
        Wed 09:00 sent bye
        Wed 09:00 completed
        """,
    )


async def test_a_trigger_that_does_not_meet_the_filter_moves_nobody_on(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Tue 10:30", "surveyed", "contact/ana", score=2)
    world.fires("Wed 10:30", "surveyed", "contact/ana", score=4)

    await world.expect(
        journey(wait_for("surveyed", filter=when("event.score", "at_least", 3))),
        f"""
        {JOINED}
        Mon 09:00 arrived asked
        Wed 10:30 fulfilled asked: surveyed
        Wed 10:30 completed
        """,
    )


@pytest.mark.parametrize(
    ("since", "line"),
    [
        pytest.param("entry", "Tue 09:00 fulfilled asked: surveyed", id="since entry: it counts"),
        pytest.param("arrival", "Tue+1 09:00 timed_out asked", id="since arrival: it does not"),
    ],
)
async def test_a_trigger_from_before_the_arrival_on_the_tile(
    world: Story, since: str, line: str
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 15:00", "surveyed", "contact/ana", score=3)
    at = line.rsplit(" ", 3 if since == "entry" else 2)[0]

    await world.expect(
        journey(wait("asked"), wait_for("surveyed", since=since)),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Tue 09:00 arrived asked
        {line}
        {at} completed
        """,
    )


async def test_a_trigger_is_used_up_by_the_first_tile_it_meets(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 15:00", "surveyed", "contact/ana", score=3)
    again = wait_for("surveyed", id="asked-again", within="P1D")

    await world.expect(
        journey(wait_for("surveyed", "asked-again"), again),
        f"""
        {JOINED}
        Mon 09:00 arrived asked
        Mon 15:00 fulfilled asked -> asked-again: surveyed
        Mon 15:00 arrived asked-again
        Tue 15:00 timed_out asked-again
        Tue 15:00 completed
        """,
    )


async def test_two_triggers_meet_two_tiles(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 15:00", "surveyed", "contact/ana", score=3)
    world.fires("Mon 16:00", "surveyed", "contact/ana", score=4)
    first, second = wait_for("surveyed", "again", id="first"), wait_for("surveyed", id="again")

    await world.expect(
        journey(wait("first"), first, second),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Tue 09:00 arrived first
        Tue 09:00 fulfilled first -> again: surveyed
        Tue 09:00 arrived again
        Tue 09:00 fulfilled again: surveyed
        Tue 09:00 completed
        """,
    )


async def test_the_trigger_that_let_the_person_in_moves_them_nowhere(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait_for("joined", within="P1D")),
        f"{JOINED}\nMon 09:00 arrived asked\nTue 09:00 timed_out asked\nTue 09:00 completed",
    )
