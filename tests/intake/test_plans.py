"""What a change costs does not grow with the records, links and instances that it does not concern."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from api.intake import Intake
from store.database import Database
from tests.durable import write_down
from tests.story import MONDAY, changed, sent
from tests.virtual import VirtualStory
from tests.world import WORLD, journey, when

GROW = (
    "records",
    "links",
    "instances",
    "fired_triggers",
    "timeline",
    "messages",
    "commands",
    "matches",
    "heard",
)
"""The tables that grow with the people and records of a gateway."""

Statement = tuple[str, Any]


@contextmanager
def asked_of(database: Database) -> Iterator[list[Statement]]:
    """Gather what is asked of *database* meanwhile."""
    asked: list[Statement] = []

    def gather(*said: Any) -> None:
        _, _, statement, parameters, _, many = said
        if not many and statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", gather)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", gather)


def plan(session: Session, statement: Statement) -> str:
    """Return how the database would answer *statement*, were its tables large."""
    connection = session.connection()
    on_sqlite = connection.dialect.name == "sqlite"
    if not on_sqlite:  # a small table it would rather read whole
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{explain} {statement[0]}", statement[1])
    return "\n".join(str(row[-1]) for row in rows)


def searched_through(plan_: str) -> set[str]:
    """Return those of the tables that grow of which *plan_* reads every row."""
    lines = [line.strip() for line in plan_.splitlines()]
    found = set()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        words = line.split()
        if words[0] == "SCAN":  # SQLite
            found.add(words[1])
        elif "Scan" in words and "on" in words and "Cond:" not in following:  # PostgreSQL
            found.add(words[words.index("on") + 1])
    return found & set(GROW)


@pytest.fixture
def store_url(either_url: str) -> str:
    """Both kinds of store have to find by an index."""
    return either_url


OPEN = {"each": "incident.primarycontactid", "where": when("each.statecode", "equals", 0)}


@pytest.mark.parametrize(
    "waits",
    [
        pytest.param(
            {"condition": when("related.open.count", "equals", 0)}, id="a condition on related records"
        ),
        pytest.param(
            {"condition": when("related.open.first.title", "equals", "Scanner")},
            id="a condition on the first of them",
        ),
        pytest.param({"trigger": "case-changed", "match": "person"}, id="a trigger of the person"),
        pytest.param(
            {"trigger": "case-changed", "match": {"event.title": "trigger.case"}},
            id="a trigger that names another record",
        ),
    ],
)  # fmt: skip
def test_a_change_is_decided_on_by_indexes_alone(database: Database, waits: dict[str, Any]) -> None:
    world = VirtualStory()
    world.tells_of(WORLD)
    asked_for = {"id": "asked", "kind": "wait_for_trigger", "within": "P7D", **waits}
    drawn = journey(asked_for, goal={"trigger": "case-rated"}, related={"open": OPEN})
    write_down(database, world, world.published(drawn))
    intake = Intake(database, lambda: MONDAY, lambda: None)
    intake.take([sent("joined", "contact/ana")])

    with asked_of(database) as asked:
        taken = intake.take([changed("incident/printer", statecode=1, customersatisfactioncode=5)])

    assert not taken.refused
    assert asked
    with database.reading() as session:
        plans = {statement: plan(session, (statement, given)) for statement, given in asked}
    assert {statement: found for statement, found in plans.items() if searched_through(found)} == {}


def test_a_table_that_is_read_whole_would_show(database: Database) -> None:
    with asked_of(database) as asked, database.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM records WHERE source = 'crm'")
    with database.reading() as session:
        [statement] = [each for each in asked if "crm" in each[0]]

        assert searched_through(plan(session, statement)) == {"records"}
