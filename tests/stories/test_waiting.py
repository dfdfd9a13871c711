"""Waits: for a time, until a moment, until a date, until something happens."""

from typing import Any

import pytest

from tests.story import Story
from tests.world import ZONED_WORLD, Drawn, journey, message, wait, wait_for, when

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


@pytest.mark.parametrize(
    ("birthdate", "offset", "at"),
    [
        pytest.param("2031-03-06", "-P1D", "Wed 00:00", id="a day before"),
        pytest.param("2031-03-06", "P1D", "Fri 00:00", id="a day after"),
        pytest.param("2031-03-06", "-PT15H", "Wed 09:00", id="hours before"),
        pytest.param("2031-03-06", "PT9H", "Thu 09:00", id="hours after"),
        pytest.param("2031-03-06", "-P1DT15H", "Tue 09:00", id="a day and hours before"),
        pytest.param("2031-03-03", "PT9H1M", "Mon 09:01", id="a minute from now"),
        pytest.param(
            "2031-03-02", "P7D", "Sun 00:00", id="a date that has passed, a moment to come"
        ),
    ],
)
async def test_an_offset_is_counted_from_the_date(
    world: Story, birthdate: str, offset: str, at: str
) -> None:
    world.given("contact/ana", birthdate=birthdate)
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(until_field="person.birthdate", offset=offset)),
        f"{JOINED}\nMon 09:00 arrived wait\n{at} completed",
    )


@pytest.mark.parametrize(
    ("birthdate", "offset"),
    [
        pytest.param("2031-03-03", "PT9H", id="this very moment"),
        pytest.param("2031-03-03", "PT8H59M", id="a minute ago"),
        pytest.param("2031-03-09", "-P7D", id="a date to come, a moment that has passed"),
        pytest.param("0001-01-01", "-P1D", id="a day before the first there is"),
    ],
)
async def test_with_its_offset_a_date_has_passed_on_arrival(
    world: Story, birthdate: str, offset: str
) -> None:
    world.given("contact/ana", birthdate=birthdate)
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(until_field="person.birthdate", offset=offset, if_past="exit")),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Mon 09:00 decided wait: date has passed
        Mon 09:00 exited wait: date has passed
        """,
    )


@pytest.mark.parametrize(
    ("birthdate", "offset", "at"),
    [
        pytest.param(
            "2031-03-31", "-P1D", "Sat+3 23:00", id="a day before is a day on the calendar"
        ),
        pytest.param("2031-03-30", "P1D", "Sun+3 22:00", id="and so is a day after"),
        pytest.param("2031-03-30", "PT9H", "Sun+3 08:00", id="but nine hours are nine hours"),
    ],
)
async def test_whole_days_of_an_offset_are_counted_on_the_journey_s_calendar(
    world: Story, birthdate: str, offset: str, at: str
) -> None:
    """In Paris the clocks leap on Sunday, 30 March."""
    world.given("contact/ana", birthdate=birthdate)
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(until_field="person.birthdate", offset=offset), time_zone="Europe/Paris"),
        f"{JOINED}\nMon 09:00 arrived wait\n{at} completed",
    )


@pytest.mark.parametrize(
    ("birthdate", "line"),
    [
        pytest.param("2031-03-20", "Wed+2 00:00 arrived hello", id="later"),
        pytest.param("2031-03-06", "Wed 00:00 arrived hello", id="earlier"),
        pytest.param(
            "2031-03-05", "Tue 12:00 arrived hello", id="so early that it has passed: on at once"
        ),
        pytest.param("2031-03-10", "Sun 00:00 arrived hello", id="to the same day: as it was"),
        pytest.param(None, "Tue 12:00 decided wait -> bye: no date", id="cleared"),
    ],
)
async def test_a_date_that_moves_is_planned_anew_with_its_offset(
    world: Story, birthdate: str | None, line: str
) -> None:
    world.given("contact/ana", emailaddress1="ana@example.org", birthdate="2031-03-10")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.change("Tue 12:00", "contact/ana", birthdate=birthdate)
    tile = wait("hello", until_field="person.birthdate", offset="-P1D", if_missing="bye")
    at, to = line[: -len(line.split(" ", 2)[2]) - 1], "bye" if birthdate is None else "hello"
    decided = [line, f"{at} arrived bye"] if birthdate is None else [line]

    await world.expect(
        journey(tile, message("hello"), message("bye")),
        "\n".join(
            [JOINED, "Mon 09:00 arrived wait", *decided, f"{at} sent {to}", f"{at} completed"]
        ),
    )


async def test_a_date_may_move_again_and_again(world: Story) -> None:
    world.given("contact/ana", birthdate="2031-03-06")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.change("Mon 12:00", "contact/ana", birthdate="2031-03-20")
    world.change("Tue 12:00", "contact/ana", birthdate="2031-03-08")
    world.change("Wed 12:00", "contact/ana", firstname="Anna")
    world.change("Thu 12:00", "contact/ana", birthdate="2031-03-07")

    await world.expect(
        journey(wait(until_field="person.birthdate")),
        f"{JOINED}\nMon 09:00 arrived wait\nFri 00:00 completed",
    )


LONGEST = "Sun+521 09:00"
"""3653 days after Monday at nine."""


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"until": "2100-01-01T00:00:00Z"}, id="a moment"),
        pytest.param({"until_field": "person.birthdate"}, id="the last date there is"),
        pytest.param({"until_field": "person.birthdate", "offset": "P1D"}, id="a day after it"),
    ],
)
async def test_a_wait_ends_after_ten_years_and_says_so(world: Story, how: dict[str, Any]) -> None:
    world.given("contact/ana", birthdate="9999-12-31")
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(**how)),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        {LONGEST} decided wait: waited 3653 days, the longest wait
        {LONGEST} completed
        """,
    )


async def test_a_wait_of_ten_years_is_waited(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(**{"for": "P3653D"})),
        f"{JOINED}\nMon 09:00 arrived wait\n{LONGEST} completed",
    )


@pytest.mark.parametrize(
    ("how", "at"),
    [
        pytest.param({"time": "09:01"}, "Mon 09:01", id="a minute from now"),
        pytest.param({"time": "09:00"}, "Tue 09:00", id="at that very time: tomorrow"),
        pytest.param({"time": "08:59"}, "Tue 08:59", id="a minute ago: tomorrow"),
        pytest.param({"time": "09:00", "weekdays": ["mon"]}, "Mon+1 09:00", id="in a week"),
        pytest.param(
            {"time": "12:00", "weekdays": ["wed", "fri"]}, "Wed 12:00", id="the next of two"
        ),
    ],
)
async def test_a_wait_until_a_local_time_ends_when_it_is_that_time_next(
    world: Story, how: dict[str, Any], at: str
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(until_local=how)), f"{JOINED}\nMon 09:00 arrived wait\n{at} completed"
    )


async def test_a_local_time_that_the_clocks_leap_over_is_when_they_do(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    until = {"time": "02:30", "weekdays": ["sun"]}

    await world.expect(
        journey(
            wait(**{"for": "P25D"}, next="night"),
            wait(id="night", until_local=until, next="again"),
            wait(id="again", until_local=until),
            time_zone="Europe/Paris",
        ),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Fri+3 09:00 arrived night
        Sun+3 01:00 arrived again
        Sun+4 00:30 completed
        """,
    )


async def test_a_loop_over_a_local_time_turns_once_a_day(world: Story) -> None:
    world.given("contact/ana", emailaddress1="ana@example.org")
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Wed 09:00", "cancelled", "contact/ana")

    await world.expect(
        journey(
            wait("hello", id="morning", until_local={"time": "09:00"}),
            message("hello", "morning"),
            time_zone="Asia/Tokyo",
            exits=[{"trigger": "cancelled"}],
        ),
        f"""
        {JOINED}
        Mon 09:00 arrived morning
        Tue 00:00 arrived hello
        Tue 00:00 sent hello -> morning
        Tue 00:00 arrived morning
        Wed 00:00 arrived hello
        Wed 00:00 sent hello -> morning
        Wed 00:00 arrived morning
        Wed 09:00 exited morning: cancelled
        """,
    )


@pytest.mark.parametrize(
    ("opens", "closes", "weekdays", "at"),
    [
        pytest.param("09:00", "17:00", [], "Mon 09:00", id="it opens now: on at once"),
        pytest.param("08:00", "09:01", [], "Mon 09:00", id="it is open for a minute yet"),
        pytest.param("08:00", "09:00", [], "Tue 08:00", id="it has just ended: tomorrow"),
        pytest.param("09:01", "17:00", [], "Mon 09:01", id="it opens in a minute"),
        pytest.param("08:00", "17:00", ["tue", "wed"], "Tue 08:00", id="not on this weekday"),
        pytest.param("22:00", "06:00", [], "Mon 22:00", id="overnight, before it"),
        pytest.param("22:00", "10:00", [], "Mon 09:00", id="overnight, since yesterday"),
        pytest.param("22:00", "10:00", ["sun"], "Mon 09:00", id="overnight, since Sunday"),
        pytest.param("22:00", "10:00", ["mon"], "Mon 22:00", id="overnight, but not since Sunday"),
    ],
)
async def test_a_wait_for_a_window_ends_when_it_is_open(
    world: Story, opens: str, closes: str, weekdays: list[str], at: str
) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(wait(window={"from": opens, "to": closes, "weekdays": weekdays})),
        f"{JOINED}\nMon 09:00 arrived wait\n{at} completed",
    )


@pytest.fixture
def zoned(story: Story) -> Story:
    """The small world, in which contacts have a time zone, and so have members."""
    story.tells_of(ZONED_WORLD)
    return story


IN_THE_MORNING = wait(until_local={"time": "09:00", "zone": "participant"})
AT_NIGHT = wait(window={"from": "22:00", "to": "06:00", "zone": "participant"})


@pytest.mark.parametrize(
    ("zone", "tile", "at"),
    [
        pytest.param("Asia/Tokyo", IN_THE_MORNING, "Tue 00:00", id="morning in Tokyo"),
        pytest.param("America/New_York", IN_THE_MORNING, "Mon 14:00", id="morning in New York"),
        pytest.param("Asia/Tokyo", AT_NIGHT, "Mon 13:00", id="night in Tokyo"),
        pytest.param("America/New_York", AT_NIGHT, "Mon 09:00", id="night in New York, right now"),
    ],
)
@pytest.mark.parametrize("who", ["contact/ana", "member/mia"])
async def test_a_local_time_may_be_the_participant_s(
    zoned: Story, who: str, zone: str, tile: Drawn, at: str
) -> None:
    zoned.given("contact/ana", new_timezone=zone)
    zoned.given("member/mia", **{"home.zone": zone})
    zoned.fires("Mon 09:00", "joined", who)

    await zoned.expect(
        journey(tile, time_zone="Europe/Paris"),
        f"{JOINED}\nMon 09:00 arrived wait\n{at} completed",
    )


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        pytest.param({"new_timezone": "Mars/Olympus"}, "unknown time zone", id="none there is"),
        pytest.param({"new_timezone": None}, "no time zone", id="null"),
        pytest.param({"new_timezone": ""}, "no time zone", id="no text"),
        pytest.param({}, "no time zone", id="never sent"),
    ],
)
async def test_without_a_zone_of_the_participant_the_journey_s_holds_and_that_is_noted(
    zoned: Story, columns: dict[str, Any], why: str
) -> None:
    zoned.given("contact/ana", **columns)
    zoned.fires("Mon 09:00", "joined", "contact/ana")

    await zoned.expect(
        journey(IN_THE_MORNING, time_zone="Europe/Paris"),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Mon 09:00 decided wait: {why}, so the journey's holds
        Tue 08:00 completed
        """,
    )


async def test_people_whose_table_has_no_time_zone_go_by_the_journey_s(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(AT_NIGHT, time_zone="Europe/Paris"),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Mon 09:00 decided wait: no time zone, so the journey's holds
        Mon 21:00 completed
        """,
    )


async def test_the_participant_s_zone_is_the_one_on_arrival(zoned: Story) -> None:
    zoned.given("contact/ana", new_timezone="Asia/Tokyo")
    zoned.fires("Mon 09:00", "joined", "contact/ana")
    zoned.change("Mon 12:00", "contact/ana", new_timezone="America/New_York")

    await zoned.expect(
        journey({**IN_THE_MORNING, "next": "again"}, {**IN_THE_MORNING, "id": "again"}),
        f"""
        {JOINED}
        Mon 09:00 arrived wait
        Tue 00:00 arrived again
        Tue 14:00 completed
        """,
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
