"""`sojourn migrate` and `sojourn prune` work on the store itself, no gateway running."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import text

from store.database import Database
from store.inbox import claim
from tests.command import sojourn
from tests.stores import upgrade_and_close


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the store is that the commands work on; there is none yet."""
    url = f"sqlite:///{tmp_path / 'sojourn.db'}"
    monkeypatch.setenv("SOJOURN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SOJOURN_DATABASE_URL", url)
    return url


async def test_migrating_makes_the_schema_and_again_changes_nothing() -> None:
    first, again = await sojourn("migrate"), await sojourn("migrate")

    assert (first.code, first.out) == (0, "The store is at revision 0001.\n")
    assert (again.code, again.out) == (0, first.out)


async def test_a_store_newer_than_the_release_is_said_in_a_sentence(url: str) -> None:
    upgrade_and_close(url)
    database = Database(url)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    said = await sojourn("migrate")

    assert said.code == 1
    assert " ".join(said.err.split()) == (
        "Expected a database of this release or an older one, but it is at revision 9999, "
        "which a newer release made: run that release."
    )


async def test_pruning_says_what_it_forgot(url: str) -> None:
    upgrade_and_close(url)
    database = Database(url)
    with database.writing() as session:
        claim(session, {"crm": ["1", "2"]}, datetime(2020, 1, 1, tzinfo=UTC))
    database.close()

    first, again = await sojourn("prune"), await sojourn("prune")

    assert first.out == "Forgotten: 2 event ids.\n"
    assert again.out == "Forgotten: nothing.\n"
