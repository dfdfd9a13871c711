"""A whole system of separate processes that can be killed, each by its id, and started again."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dev.folder import DataFolder, data_folder
from dev.temporal import _watched, temporal_server
from tests.command import SOJOURN
from tests.line import Line

ROOT = Path(__file__).parent.parent.parent

_CATCH = """
import asyncio, sys
from pathlib import Path
from dev.inbox import catching_mail
async def catch():
    async with catching_mail(Path(sys.argv[1]), port=int(sys.argv[2])):
        await asyncio.Event().wait()
asyncio.run(catch())
"""


class Part:
    """One process of the system, in a session of its own, and how often it was killed."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._environment = environment
        self._log = log
        self._running = AsyncExitStack()
        self.process: Process | None = None
        self.kills = 0

    async def start(self) -> None:
        """Start the process; it is ended even where we are killed."""
        with self._log.open("ab") as words:
            self.process = await asyncio.create_subprocess_exec(
                *self._command, stdin=DEVNULL, stdout=words, stderr=words,
                start_new_session=True, env=self._environment, cwd=ROOT,
            )  # fmt: skip
        await self._running.enter_async_context(_watched(self.process))

    async def kill(self) -> None:
        """End the process where it stands, with everything it started."""
        self.kills += 1
        await self.end()

    async def end(self) -> None:
        """As `kill`, uncounted; one that has ended by itself is left in peace."""
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
        return self.process is not None and self.process.returncode is not None

    async def stop(self) -> int:
        """Ask the process to end, as an operator would, and return what it ended with."""
        assert self.process is not None
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
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        await self.end()

    async def end(self) -> None:
        """Let the server end, where it runs."""
        self._process = None
        await self._running.aclose()

    @property
    def ended_by_itself(self) -> bool:
        return self._process is not None and self._process.returncode is not None


@dataclass(frozen=True)
class System:
    """Gateway, worker, Temporal and the mail server, on free ports; the gateway's *line* can be cut."""

    folder: Path
    url: str
    database_url: str
    temporal: TemporalPart
    gateway: Part
    worker: Part
    inbox: Part
    line: Line
    cuts: list[int] = field(default_factory=list)

    @property
    def parts(self) -> dict[str, Part | TemporalPart]:
        return {
            "gateway": self.gateway,
            "worker": self.worker,
            "temporal": self.temporal,
            "inbox": self.inbox,
        }

    @property
    def mails(self) -> Path:
        """The Maildir of what the mail server has accepted."""
        return self.folder / "mails"

    def said(self, part: str) -> str:
        """Return all that a part has logged."""
        log = self.folder / f"{part}.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


@asynccontextmanager
async def system(folder: Path, database_url: str | None = None) -> AsyncIterator[System]:
    """Yield a system whose parts have yet to be started; end every process when the block is left."""
    port, smtp_port = free_port(), free_port()
    url = database_url or f"sqlite:///{folder / 'sojourn.db'}"
    async with AsyncExitStack() as stack:
        held = stack.enter_context(data_folder(folder / "temporal"))
        temporal = TemporalPart(held)
        line = await stack.enter_async_context(Line("127.0.0.1", temporal.port))
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SOJOURN_", "TEMPORAL_"))
        } | {
            "SOJOURN_DATA_DIR": str(folder),
            "SOJOURN_DATABASE_URL": url,
            "SOJOURN_PORT": str(port),
            "SOJOURN_SMTP_HOST": "127.0.0.1",
            "SOJOURN_SMTP_PORT": str(smtp_port),
            "SOJOURN_SMTP_TLS": "none",
            "SOJOURN_ACCESS_LOG": "false",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal.port}",
        }

        def part(name: str, *command: str, **more: str) -> Part:
            return Part(command, ours | more, folder / f"{name}.log")

        mails = str(folder / "mails")
        made = System(
            folder,
            f"http://127.0.0.1:{port}",
            url,
            temporal,
            part("gateway", str(SOJOURN), "gateway", TEMPORAL_ADDRESS=line.address),
            part("worker", str(SOJOURN), "worker"),
            part("inbox", sys.executable, "-c", _CATCH, mails, str(smtp_port)),
            line,
        )
        for each in made.parts.values():
            stack.push_async_callback(each.end)
        yield made


async def until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Return once *condition* holds; fail where it does not within *seconds*."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + seconds
    while not condition():
        assert loop.time() < give_up, f"Expected within {seconds:.0f} s: {what}."
        await asyncio.sleep(0.02)  # another process tells nobody


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
