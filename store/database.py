"""The database: one connection pool, transactions for reading and for writing."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.session import JoinTransactionMode
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, create_engine

_SECONDS_TO_WAIT_FOR_THE_WRITER = 30

THE_WRITER = 0x50_6A_6F_75_72_6E
"""The PostgreSQL advisory lock of whoever writes; the database frees it when its holder is gone."""

OUT_OF_REACH = (OperationalError, InterfaceError, NoConnectionFree)
"""What is raised while the database cannot be had: it is away, full, or another writes too long.

Nothing was written, or nobody could say so; whatever is done with an id can be done again.
"""

T = TypeVar("T")


class Database:
    """Where everything is remembered; safe to share between threads.

    There is one writer at a time, on SQLite and on PostgreSQL alike: a writing transaction takes
    its place at once (BEGIN IMMEDIATE; an advisory lock) instead of failing half-way, sees all that
    was written before it, and is on the disk when it returns. Within a process writers queue on a
    lock, since SQLite's own waiting is by polling and starves some.
    """

    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            _with_driver(url),
            pool_size=10,
            hide_parameters=True,  # an error goes into logs and histories: no personal data there
        )
        self._writer = threading.Lock()
        self._waiting: deque[_Work[Any]] = deque()
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine)
            self._reader = self.engine
        else:
            _prepare_postgresql(self.engine)
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._writing = self.engine.execution_options(writing=True)
        self._closed = False
        event.listen(self.engine, "checkin", self._let_go_once_closed)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that sees one state of everything and writes nothing."""
        with Session(self._reader) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is written whole when the block ends, or not at all."""
        with (
            self._writer,
            self._writing.connect() as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session
            session.commit()

    def write(self, do: Callable[[Session], T]) -> T:
        """Do *do* in a transaction and return what it returns, once that is on the disk.

        What several threads write at the same time goes to the disk together, each whole or not
        at all: whoever holds the pen writes for all who wait.
        """
        work = _Work(do)
        self._waiting.append(work)
        with self._writer:
            if not work.done:
                self._write_together()
        return work.outcome()

    def _write_together(self) -> None:
        works = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            with (
                self._writing.connect() as connection,
                connection.begin(),
            ):
                for work in works:
                    work.run(connection, alone=len(works) == 1)
        except BaseException as error:
            for work in works:
                work.fail(error)
            raise

    def close(self) -> None:
        """Let all connections go, those in use as soon as they are free.

        A thread outlives the task that waits for it, and may only now be about to read or write.
        """
        self._closed = True
        self.engine.dispose()

    def _let_go_once_closed(self, _: Any, record: ConnectionPoolEntry) -> None:
        if self._closed:
            record.close()


class _Work(Generic[T]):
    """Something to write, and what became of it."""

    def __init__(self, do: Callable[[Session], T]) -> None:
        self._do = do
        self._returned: T | None = None
        self._error: BaseException | None = None
        self.done = False

    def run(self, connection: Connection, *, alone: bool) -> None:
        """Do it, unless *alone* in a savepoint, so that its failing spoils nothing beside it.

        Raises where the connection is gone, and with it what was written before.
        """
        self.done = True
        joining: JoinTransactionMode = "rollback_only" if alone else "create_savepoint"
        with Session(connection, expire_on_commit=False, join_transaction_mode=joining) as session:
            try:
                self._returned = self._do(session)
                session.commit()
            except Exception as error:
                session.rollback()
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    raise
                self._error = error  # it is raised where it belongs, in `outcome`

    def fail(self, error: BaseException) -> None:
        """Say that nothing of it was written."""
        self.done, self._error = True, self._error or error

    def outcome(self) -> T:
        """Return what it returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._returned  # type: ignore[return-value] # it has run, so this is its T


def _with_driver(url: str) -> URL:
    """Return *url* as people write it, with the driver we bring."""
    made = make_url(url)
    if made.drivername in {"postgres", "postgresql"}:
        return made.set(drivername="postgresql+psycopg")
    return made


_ON_THE_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'"
)
"""What was answered with success survives a crash, also of a server that would rather be quick."""


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            # A writer whose machine was cut off or put to sleep lets the others go on.
            for timeout in ("lock_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SET {timeout} = '{_SECONDS_TO_WAIT_FOR_THE_WRITER}s'")
            cursor.execute(_ON_THE_DISK)
            cursor.execute("SET timezone = 'UTC'")  # elsewhere the last moment there is is too late
        connection.commit()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        if connection.get_execution_options().get("writing"):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({THE_WRITER})")


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: see on_begin
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # what was answered with success survives a power failure
            # A change of one record amid a million costs little more than amid a thousand:
            "mmap_size = 1073741824",  # the file is read in place, by all connections alike
            "wal_autocheckpoint = 4000",  # pages written again meanwhile go into it once
            "foreign_keys = ON",
            f"busy_timeout = {_SECONDS_TO_WAIT_FOR_THE_WRITER * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
