"""The schema: brings a database to the tables that the rows of this release have.

A new migration is a module in `migrations/versions` that names the one before it; a test says
what the rows have and the migrations do not.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from settings import CannotStart
from store import (
    awaited,
    brought,
    catalogue,
    commands,
    drafts,
    fired,
    heard,
    inbox,
    instances,
    journeys,
    keys,
    links,
    matches,
    messages,
    partings,
    records,
    refused,
    sources,
    timeline,
    tracking,
)
from store.database import OUT_OF_REACH, Database

METADATA = SQLModel.metadata
"""What the rows of all modules have; importing a module adds its own."""

MODULES = (
    awaited, brought, catalogue, commands, drafts, fired, heard, inbox, instances, journeys, keys,
    links, matches, messages, partings, records, refused, sources, timeline, tracking,
)  # fmt: skip


class NotAnswering(CannotStart):
    """The database is on a server that does not answer, or not yet, and *why*."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Expected the database to answer (SOJOURN_DATABASE_URL), but: {why}")
        self.why = why


def upgrade(database: Database) -> None:
    """Bring *database* to the schema of this release, whole or not at all; again changes nothing.

    Of several processes that do so at once, one does it: they are writers, one at a time.

    Raises CannotStart where it cannot be opened, or a newer release has been there; NotAnswering
    where its server may only be away.
    """
    try:
        with (
            database.engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            _upgrade(connection)
    except DBAPIError as error:
        if isinstance(error, OUT_OF_REACH) and database.engine.dialect.name != "sqlite":
            raise NotAnswering(" ".join(str(error.orig).split())) from error
        raise CannotStart(
            "Expected a database that can be opened and is Sojourn's (SOJOURN_DATABASE_URL, "
            f"SOJOURN_DATA_DIR), but: {error.orig}."
        ) from error


def revision(database: Database) -> str | None:
    """Return the revision that the schema of *database* is at, or None without any."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    here = set(MigrationContext.configure(connection).get_current_heads())
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    known = {each.revision for each in scripts.walk_revisions()}
    if unknown := here - known:
        raise CannotStart(
            f"Expected a database of this release or an older one, but it is at revision "
            f"{', '.join(sorted(unknown))}, which a newer release made: run that release."
        )
    if here != set(scripts.get_heads()):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Return what Alembic has to know of our migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    return config
