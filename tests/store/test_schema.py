"""The schema: what a database becomes, whatever it was."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from settings import CannotStart
from store.catalogue import catalogue_changed, catalogue_version
from store.database import Database
from store.schema import METADATA, upgrade

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """An empty database, without a table."""
    opened = Database(empty_url)
    yield opened
    opened.close()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_an_empty_database_gets_what_the_rows_have(database: Database) -> None:
    upgrade(database)

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    assert set(METADATA.tables) <= tables(database)


def test_an_up_to_date_database_keeps_what_is_in_it(database: Database) -> None:
    upgrade(database)
    with database.writing() as session:
        catalogue_changed(session)

    upgrade(database)

    with database.reading() as session:
        assert catalogue_version(session) == 1


def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    upgrade(database)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(CannotStart, match=r"^Expected .* but it is at revision 9999.*\.$"):
        upgrade(database)


def test_a_migration_that_fails_leaves_nothing(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE versions (somebody_elses INTEGER)"))

    with pytest.raises(Exception, match=r'"?versions"? already exists'):
        upgrade(database)

    assert tables(database) == {"versions"}


def test_two_processes_that_upgrade_at_once_make_one_schema(empty_url: str) -> None:
    program = (
        "import sys; from store.database import Database; from store.schema import upgrade; "
        "upgrade(Database(sys.argv[1]))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=ROOT) for _ in range(2)
    ]

    assert [process.wait(timeout=60) for process in both] == [0, 0]
    opened = Database(empty_url)
    assert set(METADATA.tables) <= tables(opened)
    opened.close()


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_a_table_can_be_made_on_postgresql(name: str) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statement = str(CreateTable(METADATA.tables[name]).compile(dialect=dialect))

    assert statement.strip().startswith("CREATE TABLE")
    assert "DATETIME" not in statement


def test_a_file_that_is_no_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "sojourn.db"
    file.write_bytes(b"half-written" * 1000)

    with pytest.raises(
        CannotStart, match=r"^Expected a database that can be opened .* not a database"
    ):
        upgrade(Database(f"sqlite:///{file}"))


def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"^Expected a database .* unable to open database file"):
        upgrade(Database(f"sqlite:///{tmp_path}/nowhere/sojourn.db"))
