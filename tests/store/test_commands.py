"""What waits to be carried to Temporal: how journeys share, and how far the relay lags behind."""

from datetime import UTC, datetime, timedelta

import pytest

from store.commands import Backlog, CommandRow, backlog, settle, waiting
from store.database import Database

NOON = datetime(2031, 3, 3, 12, tzinfo=UTC)


def write(database: Database, *rows: tuple[str, str], at: datetime = NOON) -> list[int]:
    """Write commands for (journey, instance) in their order, and return their ids."""
    commands = [
        CommandRow(journey=journey, instance_id=instance, kind="tell", created_at=at)
        for journey, instance in rows
    ]
    with database.writing() as session:
        session.add_all(commands)
        session.flush()
        return [command.id or 0 for command in commands]


def next_up(database: Database, limit: int, *besides: str) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(row.journey, row.instance_id) for row in waiting(session, limit, besides)]


def test_commands_are_taken_up_in_the_order_they_were_written(database: Database) -> None:
    ids = write(database, ("survey", "ana"), ("survey", "ben"), ("survey", "ana"))

    with database.reading() as session:
        assert [row.id for row in waiting(session, 10)] == ids


def test_a_journey_with_very_many_commands_leaves_room_for_the_others(database: Database) -> None:
    many = [("stopped", f"instance-{number}") for number in range(1000)]
    write(database, *many, ("survey", "ana"), ("renewal", "ben"))

    found = next_up(database, 100)

    assert found == [*many[:33], ("survey", "ana"), ("renewal", "ben")]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        pytest.param(2, ["c", "a"], id="fewer than journeys: those that wait longest"),
        pytest.param(5, ["c", "a", "b", "b", "b"], id="more: what one does not need is another's"),
    ],
)
def test_however_many_journeys_there_are_each_has_its_turn(
    database: Database, limit: int, expected: list[str]
) -> None:
    write(database, ("c", "1"), ("a", "2"), *(("b", f"{number}") for number in range(3, 9)))

    assert [journey for journey, _ in next_up(database, limit)] == expected


def test_instances_whose_commands_are_on_their_way_are_passed_over(database: Database) -> None:
    write(database, ("survey", "ana"), ("survey", "ana"), ("survey", "ben"))

    assert next_up(database, 2, "ana") == [("survey", "ben")]


def test_the_lag_is_since_when_the_oldest_waits(database: Database) -> None:
    ids = write(database, ("survey", "ana"), ("survey", "ben"))
    write(database, ("renewal", "chi"), at=NOON + timedelta(minutes=1))
    with database.reading() as session:
        assert backlog(session) == Backlog(3, NOON)

    with database.writing() as session:
        settle(session, ids, "done")

    with database.reading() as session:
        assert backlog(session) == Backlog(1, NOON + timedelta(minutes=1))


def test_where_nothing_waits_there_is_no_lag(database: Database) -> None:
    with database.reading() as session:
        assert backlog(session) == Backlog(0, None)


def test_what_was_written_down_of_a_command_stands(database: Database) -> None:
    ids = write(database, ("survey", "ana"), ("survey", "ben"))

    with database.writing() as session:
        assert settle(session, ids[:1], "done") == {ids[0]}
        assert settle(session, ids, "gone") == {ids[1]}
