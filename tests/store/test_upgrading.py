"""Upgrading: whichever release made a store, what is in it is there after `upgrade`."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from store.database import Database
from store.schema import alembic_config, upgrade

RELEASED = {"0.1.0": "0001"}
"""The revision of each release's schema; a migration is never edited after its release."""

PROJECT = Path(__file__).parents[2] / "pyproject.toml"

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A database in which no table was ever made."""
    opened = Database(empty_url)
    yield opened
    opened.close()


def value(column: sa.Column[Any], number: int) -> Any:  # noqa: PLR0911 - a table
    """Return something to keep in the *number*th row of a column; the last row has what it must."""
    if column.nullable and number == 2:
        return None
    match column.type:
        case sa.Boolean():
            return bool(number % 2)
        case sa.Integer():
            return number + 1
        case sa.DateTime():
            return datetime(2027, 1, 1 + number, 12, tzinfo=UTC)
        case sa.LargeBinary():
            return bytes([number])
        case sa.Text():
            return f'{{"number": {number}}}'
        case _:
            return f"{column.name} {number}"


def tables(connection: sa.Connection) -> list[sa.Table]:
    """Return the tables there are, whatever the code of this release knows of them."""
    found = sa.MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def filled(database: Database, revision: str) -> Rows:
    """Bring an empty *database* to *revision*, fill each of its tables, and return what is in them."""
    with database.engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for table in tables(connection):
            connection.execute(
                table.insert(),
                [{each.name: value(each, number) for each in table.columns} for number in range(3)],
            )
    return kept(database)


def kept(database: Database) -> Rows:
    """Return all rows of all tables."""
    with database.engine.connect() as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
                .mappings()
                .all()
            ]
            for table in tables(connection)
        }


@pytest.mark.parametrize("release", RELEASED)
def test_a_store_that_a_release_made_keeps_what_is_in_it(database: Database, release: str) -> None:
    before = filled(database, RELEASED[release])

    upgrade(database)

    after = kept(database)
    assert before.keys() <= after.keys()
    for name, rows in before.items():
        assert len(rows) == 3
        for row, row_after in zip(rows, after[name], strict=True):
            assert {column: row_after[column] for column in row} == row


def test_every_release_is_among_them() -> None:
    version = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]

    assert version in RELEASED
