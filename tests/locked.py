"""A store that another process writes to, for longer than anybody waits."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import event

from store.database import Database


@contextmanager
def another_process_writing(database: Database) -> Iterator[None]:
    """Hold the one pen of *database*, a SQLite file, from outside; nobody waits for it long."""

    def impatient(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA busy_timeout = 1")

    database.engine.dispose()
    event.listen(database.engine, "connect", impatient)
    file = database.engine.url.database
    assert file is not None
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    finally:
        event.remove(database.engine, "connect", impatient)
        database.engine.dispose()
