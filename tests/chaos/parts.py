"""The parts of a system that can be killed, each a process that is ended by its id and started again."""

import asyncio
import os
import random
import signal
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from dev.folder import DataFolder
from dev.temporal import _watched, temporal_server
from tests.postgresql import PostgreSQL

ROOT = Path(__file__).parent.parent.parent


class Part:
    """One process of the system, in a session of its own, and how often it was killed."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._environment = environment
        self._log = log
        self._running = AsyncExitStack()
        self._wanted = False
        self.process: Process | None = None
        self.kills = 0

    async def start(self) -> None:
        """Start the process; it is ended even where we are killed."""
        with self._log.open("ab") as words:
            self.process = await asyncio.create_subprocess_exec(
                *self._command, stdin=DEVNULL, stdout=words, stderr=words,
                start_new_session=True, env=self._environment, cwd=ROOT,
            )  # fmt: skip
        self._wanted = True
        await self._running.enter_async_context(_watched(self.process))

    async def kill(self) -> None:
        """End the process where it stands, with everything it started."""
        self.kills += 1
        await self.end()

    async def end(self) -> None:
        """As `kill`, uncounted; one that has ended by itself is left in peace."""
        self._wanted = False
        if self.process is None:
            return
        await self._running.aclose()
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
        self.process = None

    @property
    def ended_by_itself(self) -> bool:
        return self._wanted and self.process is not None and self.process.returncode is not None

    @property
    def last_words(self) -> str:
        """The last line of its log."""
        return self._log.read_text(encoding="utf-8").rstrip().rpartition("\n")[2]

    async def stop(self) -> int:
        """Ask the process to end, as an operator would, and return what it ended with."""
        assert self.process is not None
        self._wanted = False
        self.process.terminate()
        code = await self.process.wait()
        await self.end()
        return code


class TemporalPart:
    """Temporal's dev server on its file, and how often it was killed."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._running = AsyncExitStack()
        self._process: Process | None = None
        self.port, self._ui_port = free_port(), free_port()
        self.kills = 0

    async def start(self) -> None:
        """Start the server and return once it serves."""
        server = await self._running.enter_async_context(
            temporal_server(self._folder, port=self.port, ui_port=self._ui_port)
        )
        self._process = server.process

    async def kill(self) -> None:
        """End the server where it stands."""
        self.kills += 1
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        await process.wait()
        await self.end()

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """Keep the server from doing anything, its connections open, until the block is left."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        """Let the server end, where it runs."""
        self._process = None
        await self._running.aclose()

    @property
    def ended_by_itself(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    last_words = "Temporal's server ended."


class PostgreSQLPart:
    """A PostgreSQL server that is there already, and how often it was stopped at once."""

    ended_by_itself = False
    last_words = ""

    def __init__(self, server: PostgreSQL) -> None:
        self.server = server
        self.kills = 0

    async def start(self) -> None:
        """Start the server, where it was stopped, and return once it has recovered."""
        if self.kills:
            await asyncio.to_thread(self.server.start)

    async def kill(self) -> None:
        """Stop the server at once, whatever it is doing."""
        self.kills += 1
        await asyncio.to_thread(self.server.break_off)

    async def end(self) -> None:
        """Leave it to whoever has the server."""


AnyPart = Part | TemporalPart | PostgreSQLPart


_PORTS = range(20_000, 32_768)
"""Below those that systems give to outgoing connections, who would take what a killed part had."""


def free_port() -> int:
    """Return a port that nobody listens on, and that stays free while its part is down."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
