"""What has come from a source is counted, and how much of it within the last hour."""

from datetime import datetime, timedelta

import pytest

from store.database import Database
from store.sources import Received, ReceivedRow, note_received, received
from tests.story import MONDAY

NINE = MONDAY.replace(hour=9, minute=0)


@pytest.fixture
def store_url(either_url: str) -> str:
    """It is counted alike on SQLite and on PostgreSQL."""
    return either_url


def came(database: Database, at: datetime, **count: int) -> ReceivedRow:
    database.write(lambda session: note_received(session, [("crm", Received(**count))], at))
    with database.reading() as session:
        return received(session)["crm"]


def test_things_are_added_up(database: Database) -> None:
    came(database, NINE, accepted=3, refused=1)

    row = came(database, NINE + timedelta(minutes=5), accepted=1, duplicates=2, ignored=4)

    assert (row.received, row.accepted, row.duplicates) == (11, 4, 2)
    assert (row.refused, row.ignored) == (1, 4)
    assert row.last_received_at == NINE + timedelta(minutes=5)
    assert row.in_the_last_hour(NINE + timedelta(minutes=6)) == 11


def test_several_sources_are_counted_by_themselves(database: Database) -> None:
    both = [("crm", Received(accepted=1)), ("shop", Received(accepted=2))]
    database.write(lambda session: note_received(session, both, NINE))

    with database.reading() as session:
        assert {name: row.accepted for name, row in received(session).items()} == {
            "crm": 1,
            "shop": 2,
        }


@pytest.mark.parametrize(
    ("minutes", "about"),
    [
        pytest.param(0, 60, id="just then"),
        pytest.param(59, 60, id="in the same hour"),
        pytest.param(75, 45, id="a quarter into the next hour"),
        pytest.param(119, 1, id="at its end"),
        pytest.param(120, 0, id="two hours later"),
        pytest.param(1_000, 0, id="much later"),
    ],
)
def test_what_came_an_hour_ago_counts_less_and_less(
    database: Database, minutes: int, about: int
) -> None:
    row = came(database, NINE, accepted=60)

    assert row.in_the_last_hour(NINE + timedelta(minutes=minutes)) == about


@pytest.mark.parametrize(
    ("hours", "about"),
    [
        pytest.param(1, 10 + 45, id="the hour before counts for the part that is not over"),
        pytest.param(2, 10, id="an hour without anything between them leaves nothing of it"),
    ],
)
def test_of_two_hours_the_last_sixty_minutes_count(
    database: Database, hours: int, about: int
) -> None:
    came(database, NINE, accepted=60)

    later = NINE + timedelta(hours=hours, minutes=15)
    row = came(database, later, accepted=10)

    assert row.received == 70
    assert row.in_the_last_hour(later) == about
