"""A store that another process writes to, for longer than anybody waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from store.database import Database


@contextmanager
def another_process_writing(database: Database) -> Iterator[None]:
    """Hold the one pen of *database* from outside; nobody waits for it long."""
    on_sqlite = database.engine.dialect.name == "sqlite"
    soon = "PRAGMA busy_timeout = 1" if on_sqlite else "SET lock_timeout = '1ms'"

    def impatient(connection: Any, _: object) -> None:
        connection.execute(soon)
        if not on_sqlite:
            connection.commit()

    database.engine.dispose()
    event.listen(database.engine, "connect", impatient)
    other = Database(database.engine.url.render_as_string(hide_password=False))
    try:
        with other.writing() as session:
            session.connection()  # a transaction begins with its first use
            yield
    finally:
        other.close()
        event.remove(database.engine, "connect", impatient)
        database.engine.dispose()
