"""The turn to do what only one does at a time: of all processes on one store, one has it until it is gone."""

import fcntl
import threading
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, NullPool
from sqlalchemy.exc import DBAPIError
from sqlmodel import create_engine

from store.database import Database

THE_RELAY = 0x52_65_6C_61_79
"""The PostgreSQL advisory lock of whoever has the turn; it ends with its holder's connection."""

REPAIRING = 0x52_65_70_61_69_72
"""The same of whoever asks connected systems for what changed."""

_SURE_FOR = 10.0
"""Seconds: nobody who was frozen for longer takes the turn for theirs without asking again."""

_NOTICED_IF_CUT_OFF = {
    "connect_timeout": 5,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4_000,
}
_NOTICED_BY_THE_SERVER = (
    "SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3"
)
_GIVEN_UP_AFTER = timedelta(seconds=15)
"""The server ends the session of a relay that asks no more: one that is frozen keeps nobody waiting."""


class Turn(ABC):
    """One process's turn, or its wish for it. `take` asks, and is to be called again and again.

    A turn that was lost without our knowing does no harm: see ADR 12. Safe to share between
    threads.
    """

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._closed = False

    def take(self) -> bool:
        """Say whether the turn is ours, taking it where it is nobody's.

        Raises OperationalError where the database does not answer; then it is ours no more.
        """
        with self._asking:
            return not self._closed and self._take()

    def give_up(self) -> None:
        """Let somebody else have the turn."""
        with self._asking:
            self._let_go()

    def close(self) -> None:
        """Give the turn up and never take it again."""
        with self._asking:
            self._closed = True
            self._let_go()

    @property
    @abstractmethod
    def is_sure(self) -> bool:
        """Whether the turn was ours a moment ago."""

    @abstractmethod
    def _take(self) -> bool: ...

    @abstractmethod
    def _let_go(self) -> None: ...


def turn_of(database: Database, what: int = THE_RELAY) -> Turn:
    """Return what takes the turn to do *what*, a lock of ours, among all who share *database*."""
    url = database.engine.url
    if database.engine.dialect.name == "sqlite":
        named = "relay" if what == THE_RELAY else "repairing"
        return _LockedFile(Path(f"{url.database}-{named}"))
    return _LockedSession(database, what)


class _LockedFile(Turn):
    """On SQLite, a lock on a file beside the database; the system frees it when its holder is gone."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._held: IO[bytes] | None = None

    def _take(self) -> bool:
        if self._held is None:
            file = self._path.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                self._held = file
        return self._held is not None

    @property
    def is_sure(self) -> bool:
        return self._held is not None

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
        self._held = None


class _LockedSession(Turn):
    """On PostgreSQL, a lock of a session of its own; the server frees it when the session ends."""

    def __init__(self, database: Database, lock: int) -> None:
        super().__init__()
        self._lock = lock
        self._engine = create_engine(
            database.engine.url,
            poolclass=NullPool,  # a session that was closed must not live on with its lock
            isolation_level="AUTOCOMMIT",
            connect_args=_NOTICED_IF_CUT_OFF,
        )
        self._session: Connection | None = None
        self._sure_until: float | None = None

    def _take(self) -> bool:
        asked_at = time.monotonic()
        try:
            if self._session is None:
                self._session = self._engine.connect()
                self._session.exec_driver_sql(_NOTICED_BY_THE_SERVER)
                if self._lock == THE_RELAY:  # others ask every few minutes
                    given_up = _GIVEN_UP_AFTER // timedelta(milliseconds=1)
                    self._session.exec_driver_sql(f"SET idle_session_timeout = {given_up}")
            if self._sure_until is not None:
                self._session.exec_driver_sql("SELECT 1")  # a session that answers has its lock
                ours = True
            else:
                question = f"SELECT pg_try_advisory_lock({self._lock})"
                ours = bool(self._session.exec_driver_sql(question).scalar_one())
        except DBAPIError:
            self._let_go()
            raise
        self._sure_until = asked_at + _SURE_FOR if ours else None
        return ours

    @property
    def is_sure(self) -> bool:
        return self._sure_until is not None and time.monotonic() < self._sure_until

    def _let_go(self) -> None:
        if self._session is not None:
            with suppress(DBAPIError):  # it is gone already
                self._session.close()
        self._session = self._sure_until = None
