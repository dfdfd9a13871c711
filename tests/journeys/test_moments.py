"""How long a duration is on a calendar, and how it is written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.moments import Calendar, Duration, Relative, anniversary

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("P30D", "P30D", id="days"),
        pytest.param("P2W", "P14D", id="weeks are days"),
        pytest.param("P1Y6M", "P1Y6M", id="years and months"),
        pytest.param("P18M", "P1Y6M", id="twelve months are a year"),
        pytest.param("PT90M", "PT1H30M", id="sixty minutes are an hour"),
        pytest.param("PT36H", "PT36H", id="but 24 hours are no day"),
        pytest.param("P1DT12H", "P1DT12H", id="a day and hours"),
        pytest.param("P0D", "PT0S", id="no time at all"),
    ],
)
def test_a_duration_is_written_in_one_way(text: str, written: str) -> None:
    assert str(Duration.parse(text)) == written


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "1D", "P1H", "PT1D", "P-1D", "P1.5D", "p1d", None, 5]
)
def test_what_is_no_duration_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="Expected a duration such as P30D or PT2H, but it is"):
        Duration.parse(text)


@given(st.integers(0, 500), st.integers(0, 5000), st.integers(0, 10**6))
def test_a_duration_is_read_as_it_is_written(months: int, days: int, seconds: int) -> None:
    duration = Duration(months, days, timedelta(seconds=seconds))

    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("today", "today", id="today"),
        pytest.param(" now ", "now", id="now, with space around it"),
        pytest.param("today+P1W", "today + P7D", id="without space"),
        pytest.param("now -  PT2H", "now - PT2H", id="with much space"),
        pytest.param("today + P0D", "today", id="no time from today"),
    ],
)
def test_a_relative_day_is_written_in_one_way(text: str, written: str) -> None:
    assert str(Relative.parse(text)) == written


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        pytest.param("2026-03-28T12:00", "P1D", "2026-03-29T12:00", id="a day over the night that loses an hour"),
        pytest.param("2026-03-28T12:00", "PT24H", "2026-03-29T13:00", id="24 hours over that night"),
        pytest.param("2026-10-24T12:00", "P1D", "2026-10-25T12:00", id="a day over the night that gains one"),
        pytest.param("2026-10-24T12:00", "PT24H", "2026-10-25T11:00", id="24 hours over that night"),
        pytest.param("2026-03-28T02:30", "P1D", "2026-03-29T03:00", id="to a time that does not exist"),
        pytest.param("2027-01-31T09:00", "P1M", "2027-02-28T09:00", id="a month from the 31st"),
        pytest.param("2028-02-29T09:00", "P1Y", "2029-02-28T09:00", id="a year from a leap day"),
        pytest.param("2028-02-29T09:00", "P4Y", "2032-02-29T09:00", id="four years from a leap day"),
        pytest.param("2026-12-31T23:30", "PT1H", "2027-01-01T00:30", id="over midnight at New Year"),
    ],
)  # fmt: skip
def test_days_are_moved_on_the_clock_of_the_zone(start: str, duration: str, end: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=PARIS).astimezone(UTC)
    moved = Calendar(begin, PARIS).shift(begin, Duration.parse(duration))

    assert isinstance(moved, datetime)
    assert moved.astimezone(PARIS).replace(tzinfo=None) == datetime.fromisoformat(end)


def test_a_month_back_from_the_31st_is_the_last_of_a_shorter_month() -> None:
    calendar = Calendar(datetime(2027, 3, 31, 12, tzinfo=UTC), PARIS)

    assert calendar.shift(date(2027, 3, 31), -Duration.parse("P1M")) == date(2027, 2, 28)


def test_hours_from_today_are_counted_from_its_midnight() -> None:
    calendar = Calendar(datetime(2026, 11, 24, 12, tzinfo=UTC), PARIS)

    assert calendar.point("today + PT8H") == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_what_leads_out_of_the_calendar_is_no_day() -> None:
    calendar = Calendar(datetime(2026, 11, 24, 12, tzinfo=UTC), PARIS)

    assert calendar.point("today + P9999Y") is None
    assert calendar.point("now - P9999Y") is None


@pytest.mark.parametrize(("year", "day"), [(2027, 28), (2028, 29), (2100, 28), (2000, 29)])
def test_a_leap_days_anniversary_is_the_last_of_february(year: int, day: int) -> None:
    assert anniversary(date(1996, 2, 29), year) == date(year, 2, day)
