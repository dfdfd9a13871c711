"""When it is a local time next, and when a window opens, on both sides of every boundary."""
# ruff: noqa: E501 - one case of a table is one line

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from journeys.localtime import LocalTime, Window, zone_named
from journeys.moments import WEEKDAYS, Calendar, instant
from journeys.problem import problems_of_shape

PARIS, NEW_YORK, LORD_HOWE = "Europe/Paris", "America/New_York", "Australia/Lord_Howe"
TOKYO, APIA, ST_JOHNS, SCORESBYSUND = "Asia/Tokyo", "Pacific/Apia", "America/St_Johns", "America/Scoresbysund"  # fmt: skip


def moment(text: str, zone: str = "UTC") -> datetime:
    """Return the moment *text* by the clock of *zone*; `~` marks the second of two alike."""
    local = datetime.fromisoformat(text.rstrip("~"))
    return local.replace(tzinfo=ZoneInfo(zone), fold=int(text.endswith("~"))).astimezone(UTC)


def shown(at: datetime, zone: str) -> str:
    """Return *at* as the clock of *zone* shows it; the inverse of `moment`."""
    local = at.astimezone(ZoneInfo(zone))
    second = local.fold and local.utcoffset() != local.replace(fold=0).utcoffset()
    return f"{local:%Y-%m-%d %H:%M}{'~' if second else ''}"


def window(drawn: str, *weekdays: str) -> Window:
    opens, closes = drawn.split("-")
    return Window.model_validate({"from": opens, "to": closes, "weekdays": weekdays})


def local_time(at: str, *weekdays: str) -> LocalTime:
    return LocalTime.model_validate({"time": at, "weekdays": weekdays})


@pytest.mark.parametrize(
    ("zone", "local", "at"),
    [
        pytest.param(PARIS, "2026-03-29 01:59", "2026-03-29 01:59", id="the last minute before the clocks leap"),
        pytest.param(PARIS, "2026-03-29 02:00", "2026-03-29 03:00", id="the first minute they leap over"),
        pytest.param(PARIS, "2026-03-29 02:30", "2026-03-29 03:00", id="a time they leap over is the instant they do"),
        pytest.param(PARIS, "2026-03-29 02:59", "2026-03-29 03:00", id="the last minute they leap over"),
        pytest.param(PARIS, "2026-03-29 03:00", "2026-03-29 03:00", id="the first minute after"),
        pytest.param(PARIS, "2026-10-25 01:59", "2026-10-25 01:59", id="the last minute that is there once"),
        pytest.param(PARIS, "2026-10-25 02:00", "2026-10-25 02:00", id="the first minute that is there twice"),
        pytest.param(PARIS, "2026-10-25 02:59", "2026-10-25 02:59", id="the last minute that is there twice"),
        pytest.param(PARIS, "2026-10-25 03:00", "2026-10-25 03:00", id="the first minute that is there once again"),
        pytest.param(NEW_YORK, "2026-03-08 02:30", "2026-03-08 03:00", id="New York leaps on another day"),
        pytest.param(NEW_YORK, "2026-11-01 01:30", "2026-11-01 01:30", id="New York falls back on another day"),
        pytest.param(LORD_HOWE, "2026-10-04 02:15", "2026-10-04 02:30", id="Lord Howe leaps half an hour"),
        pytest.param(LORD_HOWE, "2026-04-05 01:45", "2026-04-05 01:45", id="Lord Howe falls back half an hour"),
        pytest.param(APIA, "2011-12-29 23:59", "2011-12-29 23:59", id="the last minute before the day Apia left out"),
        pytest.param(APIA, "2011-12-30 00:00", "2011-12-31 00:00", id="the midnight of a day that was left out"),
        pytest.param(APIA, "2011-12-30 09:00", "2011-12-31 00:00", id="a time of a day that was left out"),
        pytest.param("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 01:00", id="midnight itself is leapt over"),
        pytest.param("America/Toronto", "1919-03-31 00:00", "1919-03-31 00:30", id="midnight amid what is leapt over"),
        pytest.param(TOKYO, "2026-03-29 02:30", "2026-03-29 02:30", id="a zone whose clocks never change"),
    ],
)  # fmt: skip
def test_a_local_time_is_one_instant(zone: str, local: str, at: str) -> None:
    wanted = datetime.fromisoformat(local)

    assert shown(instant(wanted.date(), wanted.time(), ZoneInfo(zone)), zone) == at


def test_a_day_whose_midnight_is_leapt_over_begins_when_the_clocks_do() -> None:
    calendar = Calendar(moment("1919-03-01"), ZoneInfo("America/Toronto"))

    assert shown(calendar.moment(date(1919, 3, 31)), "America/Toronto") == "1919-03-31 00:30"


@pytest.mark.parametrize(
    ("zone", "at", "weekdays", "arrived", "goes_on"),
    [
        pytest.param(TOKYO, "09:00", "", "2026-11-24 08:59", "2026-11-24 09:00", id="a minute before"),
        pytest.param(TOKYO, "09:00", "", "2026-11-24 09:00", "2026-11-25 09:00", id="at the very time: the next day's"),
        pytest.param(TOKYO, "09:00", "", "2026-11-24 09:01", "2026-11-25 09:00", id="a minute after"),
        pytest.param(TOKYO, "00:00", "", "2026-11-24 23:59", "2026-11-25 00:00", id="midnight, a minute before"),
        pytest.param(TOKYO, "00:00", "", "2026-11-24 00:00", "2026-11-25 00:00", id="midnight, at midnight"),
        pytest.param(TOKYO, "23:59", "", "2026-11-24 00:00", "2026-11-24 23:59", id="the last minute of a day"),
        pytest.param(TOKYO, "09:00", "tue", "2026-11-24 08:59", "2026-11-24 09:00", id="on its weekday, before"),
        pytest.param(TOKYO, "09:00", "tue", "2026-11-24 09:00", "2026-12-01 09:00", id="on its weekday, at the very time: in a week"),
        pytest.param(TOKYO, "09:00", "mon tue", "2026-11-24 10:00", "2026-11-30 09:00", id="after the last of its weekdays"),
        pytest.param(TOKYO, "09:00", "sat sun", "2026-11-24 10:00", "2026-11-28 09:00", id="at the weekend"),
        pytest.param(TOKYO, "09:00", "", "2026-12-31 10:00", "2027-01-01 09:00", id="over the end of a year"),
        pytest.param(TOKYO, "09:00", "", "2028-02-28 10:00", "2028-02-29 09:00", id="on a leap day"),
        pytest.param(TOKYO, "09:00", "", "2027-02-28 10:00", "2027-03-01 09:00", id="in a year without one"),
        pytest.param(TOKYO, "09:00", "tue", "2028-02-24 10:00", "2028-02-29 09:00", id="a weekday that is a leap day"),
        pytest.param(PARIS, "09:00", "", "2026-03-28 10:00", "2026-03-29 09:00", id="23 hours over the night the clocks leap"),
        pytest.param(PARIS, "09:00", "", "2026-10-24 08:00", "2026-10-24 09:00", id="before the night they fall back"),
        pytest.param(PARIS, "09:00", "", "2026-10-24 10:00", "2026-10-25 09:00", id="over the night they fall back"),
        pytest.param(PARIS, "02:30", "", "2026-03-29 01:59", "2026-03-29 03:00", id="a time that does not exist: when the clocks leap"),
        pytest.param(PARIS, "02:30", "sun", "2026-03-29 03:00", "2026-04-05 02:30", id="having gone on then, not again that day"),
        pytest.param(PARIS, "02:30", "", "2026-10-25 02:29", "2026-10-25 02:30", id="a time that is there twice: the first"),
        pytest.param(PARIS, "02:30", "", "2026-10-25 02:30", "2026-10-26 02:30", id="at the first of them: not the second"),
        pytest.param(PARIS, "02:30", "", "2026-10-25 02:10~", "2026-10-26 02:30", id="before the second of them: not that one"),
        pytest.param(PARIS, "02:30", "", "2026-10-25 02:30~", "2026-10-26 02:30", id="at the second of them"),
        pytest.param(PARIS, "03:00", "", "2026-10-25 02:59~", "2026-10-25 03:00", id="at the end of the hour that is there twice"),
        pytest.param(NEW_YORK, "02:30", "", "2026-03-08 00:00", "2026-03-08 03:00", id="New York leaps"),
        pytest.param(NEW_YORK, "01:30", "", "2026-11-01 01:15~", "2026-11-02 01:30", id="New York falls back"),
        pytest.param(LORD_HOWE, "02:15", "", "2026-10-04 01:00", "2026-10-04 02:30", id="Lord Howe leaps half an hour"),
        pytest.param(LORD_HOWE, "01:45", "", "2026-04-05 01:40", "2026-04-05 01:45", id="Lord Howe falls back half an hour"),
        pytest.param(LORD_HOWE, "01:45", "", "2026-04-05 01:40~", "2026-04-06 01:45", id="Lord Howe, in the half hour that is there twice"),
        pytest.param(ST_JOHNS, "00:00", "", "2010-11-06 23:30~", "2010-11-08 00:00", id="a midnight that was, before the clocks fell back over it"),
        pytest.param(APIA, "09:00", "", "2011-12-29 08:00", "2011-12-29 09:00", id="Apia, before the day it left out"),
        pytest.param(APIA, "09:00", "", "2011-12-29 09:00", "2011-12-31 00:00", id="the time of a day left out: when the next begins"),
        pytest.param(APIA, "09:00", "fri", "2011-12-29 09:00", "2011-12-31 00:00", id="a Friday left out is not lost"),
        pytest.param(APIA, "09:00", "fri", "2011-12-31 00:00", "2012-01-06 09:00", id="having gone on then, the Friday after"),
        pytest.param(APIA, "09:00", "sat", "2011-12-29 09:00", "2011-12-31 09:00", id="the Saturday after the day left out"),
    ],
)  # fmt: skip
def test_a_local_time_comes_next(
    zone: str, at: str, weekdays: str, arrived: str, goes_on: str
) -> None:
    wanted = local_time(at, *weekdays.split())

    assert shown(wanted.after(moment(arrived, zone), ZoneInfo(zone)), zone) == goes_on


NOW = None
"""Inside the window: on at once."""


@pytest.mark.parametrize(
    ("zone", "drawn", "weekdays", "arrived", "goes_on"),
    [
        pytest.param(TOKYO, "09:00-17:00", "", "2026-11-24 08:59", "2026-11-24 09:00", id="a minute before it opens"),
        pytest.param(TOKYO, "09:00-17:00", "", "2026-11-24 09:00", NOW, id="as it opens"),
        pytest.param(TOKYO, "09:00-17:00", "", "2026-11-24 16:59", NOW, id="in its last minute"),
        pytest.param(TOKYO, "09:00-17:00", "", "2026-11-24 17:00", "2026-11-25 09:00", id="as it ends"),
        pytest.param(TOKYO, "09:00-17:00", "mon fri", "2026-11-23 17:00", "2026-11-27 09:00", id="until its next weekday"),
        pytest.param(TOKYO, "09:00-17:00", "mon", "2026-11-23 16:59", NOW, id="on its weekday"),
        pytest.param(TOKYO, "09:00-17:00", "mon", "2026-11-23 17:00", "2026-11-30 09:00", id="after its weekday: in a week"),
        pytest.param(TOKYO, "09:00-17:00", "tue", "2026-11-23 12:00", "2026-11-24 09:00", id="at its time on another weekday"),
        pytest.param(TOKYO, "22:00-06:00", "", "2026-11-24 21:59", "2026-11-24 22:00", id="overnight, a minute before it opens"),
        pytest.param(TOKYO, "22:00-06:00", "", "2026-11-24 22:00", NOW, id="overnight, as it opens"),
        pytest.param(TOKYO, "22:00-06:00", "", "2026-11-24 23:59", NOW, id="overnight, before midnight"),
        pytest.param(TOKYO, "22:00-06:00", "", "2026-11-25 00:00", NOW, id="overnight, at midnight"),
        pytest.param(TOKYO, "22:00-06:00", "", "2026-11-25 05:59", NOW, id="overnight, in its last minute"),
        pytest.param(TOKYO, "22:00-06:00", "", "2026-11-25 06:00", "2026-11-25 22:00", id="overnight, as it ends"),
        pytest.param(TOKYO, "22:00-06:00", "mon", "2026-11-24 05:59", NOW, id="Monday's night on Tuesday morning"),
        pytest.param(TOKYO, "22:00-06:00", "mon", "2026-11-23 05:59", "2026-11-23 22:00", id="Sunday's night is not Monday's"),
        pytest.param(TOKYO, "22:00-06:00", "mon", "2026-11-24 06:00", "2026-11-30 22:00", id="after Monday's night: in a week"),
        pytest.param(TOKYO, "22:00-06:00", "sun", "2026-11-23 00:00", NOW, id="Sunday's night on Monday"),
        pytest.param(TOKYO, "18:00-00:00", "", "2026-11-24 23:59", NOW, id="until midnight, before it"),
        pytest.param(TOKYO, "18:00-00:00", "", "2026-11-25 00:00", "2026-11-25 18:00", id="until midnight, at it"),
        pytest.param(TOKYO, "00:00-06:00", "wed", "2026-11-24 23:59", "2026-11-25 00:00", id="from midnight, before it"),
        pytest.param(TOKYO, "00:00-06:00", "wed", "2026-11-25 00:00", NOW, id="from midnight, at it"),
        pytest.param(TOKYO, "10:00-09:00", "", "2026-11-25 09:30", "2026-11-25 10:00", id="all but an hour of the day, in that hour"),
        pytest.param(TOKYO, "10:00-09:00", "", "2026-11-25 08:30", NOW, id="all but an hour of the day, before it"),
        pytest.param(TOKYO, "22:00-06:00", "", "2027-01-01 00:30", NOW, id="over New Year"),
        pytest.param(TOKYO, "22:00-06:00", "thu", "2027-01-01 05:59", NOW, id="the last night of a year, on the first day of the next"),
        pytest.param(TOKYO, "22:00-06:00", "tue", "2028-03-01 05:00", NOW, id="the night of a leap day"),
        pytest.param(PARIS, "02:00-03:00", "", "2026-03-29 01:59", "2026-03-29 03:00", id="leapt over: the instant the clocks leap"),
        pytest.param(PARIS, "02:00-03:00", "", "2026-03-29 03:00", NOW, id="leapt over, at that instant"),
        pytest.param(PARIS, "02:00-03:00", "", "2026-03-29 03:01", "2026-03-30 02:00", id="leapt over, after that instant"),
        pytest.param(PARIS, "02:30-04:00", "", "2026-03-29 01:30", "2026-03-29 03:00", id="opens at a time that does not exist"),
        pytest.param(PARIS, "01:00-02:30", "", "2026-03-29 01:59", NOW, id="ends at a time that does not exist, before the leap"),
        pytest.param(PARIS, "01:00-02:30", "", "2026-03-29 03:00", "2026-03-30 01:00", id="ends at a time that does not exist, after the leap"),
        pytest.param(PARIS, "22:00-06:00", "", "2026-03-29 05:59", NOW, id="a short night"),
        pytest.param(PARIS, "22:00-06:00", "", "2026-10-25 05:59", NOW, id="a long night"),
        pytest.param(PARIS, "02:15-02:45", "", "2026-10-25 02:14", "2026-10-25 02:15", id="in the hour that is there twice: the first"),
        pytest.param(PARIS, "02:15-02:45", "", "2026-10-25 02:44", NOW, id="in it"),
        pytest.param(PARIS, "02:15-02:45", "", "2026-10-25 02:45", "2026-10-26 02:15", id="as it ends the first time: no second"),
        pytest.param(PARIS, "02:15-02:45", "", "2026-10-25 02:10~", "2026-10-26 02:15", id="before the second: there is none"),
        pytest.param(PARIS, "02:15-02:45", "", "2026-10-25 02:30~", "2026-10-26 02:15", id="in the second: there is none"),
        pytest.param(PARIS, "02:30-04:00", "", "2026-10-25 02:10~", NOW, id="opened the first time, still open as the clocks fall back"),
        pytest.param(PARIS, "01:00-02:30", "", "2026-10-25 02:10~", "2026-10-26 01:00", id="ended the first time, not open again"),
        pytest.param(NEW_YORK, "01:15-01:45", "", "2026-11-01 01:30~", "2026-11-02 01:15", id="New York falls back"),
        pytest.param(LORD_HOWE, "02:00-02:30", "", "2026-10-04 01:30", "2026-10-04 02:30", id="Lord Howe leaps half an hour"),
        pytest.param(LORD_HOWE, "01:30-02:00", "", "2026-04-05 01:45~", NOW, id="Lord Howe falls back half an hour, the window ends after it"),
        pytest.param(ST_JOHNS, "00:00-06:00", "sun", "2010-11-06 23:30~", NOW, id="a day that began before the clocks fell back to the last"),
        pytest.param(SCORESBYSUND, "22:00-06:00", "sat", "2026-03-29 00:30", NOW, id="the clocks leap near midnight"),
        pytest.param(APIA, "22:00-06:00", "thu", "2011-12-29 23:00", NOW, id="Apia, the night before the day left out"),
        pytest.param(APIA, "22:00-06:00", "thu", "2011-12-31 00:00", "2012-01-05 22:00", id="a night that ends on the day left out ends with it"),
        pytest.param(APIA, "22:00-06:00", "fri", "2011-12-31 05:59", NOW, id="the night of a day left out is not lost"),
        pytest.param(APIA, "09:00-17:00", "fri", "2011-12-29 18:00", "2011-12-31 00:00", id="a window of a day left out opens as the next begins"),
    ],
)  # fmt: skip
def test_a_window_is_open_or_opens_next(
    zone: str, drawn: str, weekdays: str, arrived: str, goes_on: str | None
) -> None:
    within = window(drawn, *weekdays.split()).within(moment(arrived, zone), ZoneInfo(zone))

    assert shown(within, zone) == (goes_on or arrived)


Place = tuple[ZoneInfo, datetime]

ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
MOMENTS = st.integers(0, 47 * 365 * 24 * 60).map(lambda minutes: moment("1990-01-01") + timedelta(minutes=minutes))  # fmt: skip
CHANGES = st.sampled_from(
    [
        (ZoneInfo(zone), moment(at, zone))
        for zone, at in [
            (PARIS, "2026-03-29 03:00"),
            (PARIS, "2026-10-25 03:00"),
            (NEW_YORK, "2026-03-08 03:00"),
            (NEW_YORK, "2026-11-01 02:00"),
            (LORD_HOWE, "2026-10-04 02:30"),
            (LORD_HOWE, "2026-04-05 02:00"),
            (ST_JOHNS, "2010-11-07 00:01"),
            (SCORESBYSUND, "2026-03-29 00:00"),
            (APIA, "2011-12-31 00:00"),
        ]
    ]
)
PLACES = st.tuples(ZONES, MOMENTS) | st.tuples(CHANGES, st.integers(-1800, 1800)).map(
    lambda near: (near[0][0], near[0][1] + timedelta(minutes=near[1]))
)
"""A zone and a moment in it: any, or one within thirty hours of a change of its clocks."""
TIMES = st.integers(0, 24 * 60 - 1).map(lambda minutes: time(*divmod(minutes, 60)))
SOME_DAYS = st.sets(st.sampled_from(WEEKDAYS)).map(tuple)
LOCAL_TIMES = st.builds(LocalTime, time=TIMES, weekdays=SOME_DAYS)
WINDOWS = (
    st.tuples(TIMES, TIMES)
    .filter(lambda ends: ends[0] != ends[1])
    .flatmap(lambda ends: st.builds(Window, from_=st.just(ends[0]), to=st.just(ends[1]), weekdays=SOME_DAYS))
)  # fmt: skip
A_WHILE = st.timedeltas(timedelta(0), timedelta(days=10))
LONGER_THAN_ANY = timedelta(days=9)
"""More than a week and a day: no weekday is further away."""


@given(LOCAL_TIMES, PLACES)
def test_a_local_time_is_always_to_come_and_never_far(at: LocalTime, place: Place) -> None:
    zone, arrived = place
    assert arrived < at.after(arrived, zone) < arrived + LONGER_THAN_ANY


@given(LOCAL_TIMES, PLACES, A_WHILE)
@example(local_time("02:30"), (ZoneInfo(PARIS), moment("2026-10-25 00:00")), timedelta(hours=1))
def test_who_arrives_later_goes_on_no_earlier_and_none_is_skipped(
    at: LocalTime, place: Place, later: timedelta
) -> None:
    zone, arrived = place
    first, second = at.after(arrived, zone), at.after(arrived + later, zone)

    assert second >= first
    assert (second == first) == (arrived + later < first)


@given(LOCAL_TIMES, PLACES)
def test_every_local_time_of_a_month_is_met_once(at: LocalTime, place: Place) -> None:
    """Whoever waits again and again meets what a calendar, gone through day by day, says."""
    zone, arrived = place
    end = arrived + timedelta(days=30)
    days = [arrived.astimezone(zone).date() + timedelta(days=number) for number in range(-3, 34)]
    listed = {
        instant(day, at.time, zone)
        for day in days
        if not at.weekdays or WEEKDAYS[day.weekday()] in at.weekdays
    }

    met, here = [], arrived
    while (here := at.after(here, zone)) <= end:
        met.append(here)

    assert met == sorted(each for each in listed if arrived < each <= end)


@given(LOCAL_TIMES, PLACES)
def test_the_clock_shows_the_local_time_unless_it_leapt_over_it(
    at: LocalTime, place: Place
) -> None:
    zone, arrived = place
    reached = at.after(arrived, zone)
    local = reached.astimezone(zone)
    before = (reached - timedelta(microseconds=1)).astimezone(zone)

    assert local.fold == 0 or local.utcoffset() == local.replace(fold=0).utcoffset()
    if local.utcoffset() == before.utcoffset():
        assert local.time() == at.time
        assert not at.weekdays or WEEKDAYS[local.weekday()] in at.weekdays


@given(WINDOWS, PLACES)
def test_a_window_is_now_or_to_come_and_never_far(drawn: Window, place: Place) -> None:
    zone, arrived = place
    assert arrived <= drawn.within(arrived, zone) < arrived + LONGER_THAN_ANY


@given(WINDOWS, PLACES)
def test_who_is_in_a_window_stays(drawn: Window, place: Place) -> None:
    zone, arrived = place
    inside = drawn.within(arrived, zone)

    assert drawn.within(inside, zone) == inside


@given(WINDOWS, PLACES, A_WHILE)
def test_no_window_opens_between_an_arrival_and_going_on(
    drawn: Window, place: Place, later: timedelta
) -> None:
    zone, arrived = place
    first, second = drawn.within(arrived, zone), drawn.within(arrived + later, zone)

    assert second >= first
    assert second == first or arrived + later > first


@given(WINDOWS, st.tuples(ZONES, MOMENTS))
def test_a_window_is_what_the_clock_shows_where_no_clock_changes(
    drawn: Window, place: Place
) -> None:
    zone, arrived = place
    offsets = {(arrived + timedelta(hours=n)).astimezone(zone).utcoffset() for n in range(-60, 61)}
    assume(len(offsets) == 1)
    local = arrived.astimezone(zone)
    overnight, at = drawn.from_ > drawn.to, local.time()
    late, early = at >= drawn.from_, at < drawn.to
    opened = local.date() if late else local.date() - timedelta(days=1)
    on_its_day = not drawn.weekdays or WEEKDAYS[opened.weekday()] in drawn.weekdays
    inside = on_its_day and ((late or early) if overnight else (late and early))

    assert (drawn.within(arrived, zone) == arrived) == inside


@pytest.mark.parametrize(
    ("drawn", "path", "sentence"),
    [
        pytest.param({"time": "9:00"}, "/time", "Expected a time of day such as \"09:00\", but it is '9:00'.", id="one digit"),
        pytest.param({"time": "24:00"}, "/time", "Expected a time of day such as \"09:00\", but it is '24:00'.", id="after the last minute"),
        pytest.param({"time": "23:60"}, "/time", "Expected a time of day such as \"09:00\", but it is '23:60'.", id="after the last minute of an hour"),
        pytest.param({"time": "09:00:00"}, "/time", "Expected a time of day such as \"09:00\", but it is '09:00:00'.", id="seconds"),
        pytest.param({"time": "09:00\n"}, "/time", "Expected a time of day such as \"09:00\", but it is '09:00\\n'.", id="a line end"),
        pytest.param({"time": "0\u0669:00"}, "/time", "Expected a time of day such as \"09:00\", but it is '0\u0669:00'.", id="other digits"),
        pytest.param({"time": 1320}, "/time", 'Expected a time of day such as "09:00", but it is 1320.', id="22:00 without quotes in YAML"),
        pytest.param({"time": None}, "/time", 'Expected a time of day such as "09:00", but it is None.', id="null"),
        pytest.param({}, "/time", "Expected time, but it is missing.", id="none"),
        pytest.param({"time": "09:00", "weekdays": ["monday"]}, "/weekdays", "Expected a list of weekdays (mon, tue, wed, thu, fri, sat, sun), but it is ['monday'].", id="a weekday that is none"),
        pytest.param({"time": "09:00", "weekdays": [1]}, "/weekdays", "Expected a list of weekdays (mon, tue, wed, thu, fri, sat, sun), but it is [1].", id="a number"),
        pytest.param({"time": "09:00", "weekdays": {"mon": True}}, "/weekdays", "Expected a list of weekdays (mon, tue, wed, thu, fri, sat, sun), but it is {'mon': True}.", id="an object"),
        pytest.param({"time": "09:00", "zone": "Europe/Paris"}, "/zone", "Expected one of 'journey' or 'participant', but zone is 'Europe/Paris'.", id="a zone of its own"),
        pytest.param({"time": "09:00", "every": "day"}, "/every", "Expected only known settings, but 'every' is not one.", id="an unknown setting"),
    ],
)  # fmt: skip
def test_a_wrong_local_time_is_refused(drawn: Any, path: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        LocalTime.model_validate(drawn)

    assert [(each.path, each.message) for each in problems_of_shape(refused.value, drawn)] == [
        (path, sentence)
    ]


def test_a_window_that_ends_as_it_opens_is_refused() -> None:
    drawn = {"from": "09:00", "to": "09:00"}

    with pytest.raises(ValidationError) as refused:
        Window.model_validate(drawn)

    [problem] = problems_of_shape(refused.value, drawn)
    assert problem.message == (
        "Expected a window that ends by another time than it opens, but from and to are both 09:00."
    )


def test_a_window_is_written_in_one_way() -> None:
    drawn = Window.model_validate({"from": "22:00", "to": "06:00", "weekdays": ["Tue", "mon", "TUE"]})  # fmt: skip

    assert drawn.model_dump(mode="json", by_alias=True) == {
        "from": "22:00",
        "to": "06:00",
        "weekdays": ["mon", "tue"],
        "zone": "journey",
    }


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "a\0b", "W. Europe Standard Time", "x" * 5000, "\ud800", 60, None, []]
)  # fmt: skip
def test_what_names_no_zone_is_none(name: Any) -> None:
    assert zone_named(name) is None


def test_a_zone_is_known_by_its_name() -> None:
    assert zone_named("Europe/Paris") == ZoneInfo("Europe/Paris")
