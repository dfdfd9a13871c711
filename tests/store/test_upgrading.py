"""Upgrading: whichever release made a store, what is in it is there after `upgrade`."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

import store.migrations.versions
from store.database import Database
from store.schema import alembic_config, upgrade

RELEASED = {"0.1.0": "0001"}
"""The revision of each release's schema."""

FROZEN: dict[str, str] = {}
"""The SHA-256 of each migration that is out, by its revision: it is never edited any more."""

FOLDER = Path(store.migrations.versions.__file__).parent

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
CHANGELOG = PROJECT.with_name("CHANGELOG.md")

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


def edited(out: str, frozen: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """Return which migrations up to revision *out* are not as they are *frozen*, or are not frozen."""
    ours = {each for each in there if each <= out} | frozen.keys()
    return sorted(each for each in ours if frozen.get(each) != there.get(each))


def test_no_migration_that_is_out_was_edited_since() -> None:
    said = CHANGELOG.read_text(encoding="utf-8")
    out = re.findall(r"^## \[?(\d+\.\d+\.\d+)", said, re.MULTILINE)
    there = {
        file.name[1:5]: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in FOLDER.glob("r[0-9]*.py")
    }

    assert edited(max((RELEASED[each] for each in out), default=""), FROZEN, there) == []


@pytest.mark.parametrize(
    ("out", "frozen", "wrong"),
    [
        pytest.param("", {}, [], id="nothing is out: all may be edited"),
        pytest.param("0001", {"0001": "a"}, [], id="as it was, and one that is being made"),
        pytest.param("0001", {"0001": "b"}, ["0001"], id="edited"),
        pytest.param("0002", {"0001": "a"}, ["0002"], id="released, and not frozen"),
        pytest.param("0001", {"0001": "a", "0003": "c"}, ["0003"], id="taken away"),
    ],
)
def test_a_migration_that_was_edited_is_found(
    out: str, frozen: dict[str, str], wrong: list[str]
) -> None:
    assert edited(out, frozen, {"0001": "a", "0002": "b"}) == wrong


def test_every_release_is_among_them() -> None:
    version = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]

    assert version in RELEASED
