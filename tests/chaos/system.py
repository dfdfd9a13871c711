"""A whole system of separate processes that can be killed, each by its id, and started again."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dev.folder import data_folder
from tests.chaos.parts import AnyPart, Part, PostgreSQLPart, TemporalPart, free_port
from tests.command import SOJOURN
from tests.line import Line
from tests.postgresql import PostgreSQL

_CATCH = """
import asyncio, sys
from pathlib import Path
from dev.inbox import catching_mail
async def catch():
    async with catching_mail(Path(sys.argv[1]), port=int(sys.argv[2])):
        await asyncio.Event().wait()
asyncio.run(catch())
"""


@dataclass(frozen=True)
class System:
    """Gateways, worker, Temporal and the mail server, on free ports, and a database for all.

    On PostgreSQL the server is a part too, and there are two gateways, at *urls*; their *line* to
    Temporal can be cut, the worker's cannot.
    """

    folder: Path
    urls: list[str]
    database_url: str
    smtp_port: int
    line: Line
    parts: dict[str, AnyPart]
    temporal: TemporalPart
    gateway: Part
    worker: Part
    inbox: Part
    postgresql: PostgreSQLPart | None
    hands: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Whoever kills and starts has them, so that nothing is started twice."""

    @property
    def url(self) -> str:
        """Where the first gateway is."""
        return self.urls[0]

    @property
    def mails(self) -> Path:
        """The Maildir of what the mail server has accepted."""
        return self.folder / "mails"

    def said(self, part: str) -> str:
        """Return all that a part has logged."""
        log = self.folder / f"{part}.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


@asynccontextmanager
async def system(folder: Path, database: str = "sqlite", **settings: str) -> AsyncIterator[System]:
    """Yield a system whose parts have yet to be started; end every process when the block is left.

    Its parts have *settings* of the test's own. On a *database* of the kind sqlite it has one
    gateway, on postgresql two, and the server runs.
    """
    smtp_port = free_port()
    async with AsyncExitStack() as stack:
        temporal = TemporalPart(stack.enter_context(data_folder(folder / "temporal")))
        line = await stack.enter_async_context(Line("127.0.0.1", temporal.port))
        postgresql, url = None, f"sqlite:///{folder / 'sojourn.db'}"
        if database == "postgresql":
            postgresql = PostgreSQLPart(stack.enter_context(PostgreSQL(for_keeping=True)))
            url = stack.enter_context(postgresql.server.empty())
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SOJOURN_", "TEMPORAL_"))
        } | {
            "SOJOURN_DATA_DIR": str(folder),
            "SOJOURN_DATABASE_URL": url,
            "SOJOURN_SMTP_HOST": "127.0.0.1",
            "SOJOURN_SMTP_PORT": str(smtp_port),
            "SOJOURN_SMTP_TLS": "none",
            "SOJOURN_ACCESS_LOG": "false",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal.port}",
            **settings,
        }

        def part(name: str, *command: str, **more: str) -> Part:
            return Part(command, ours | more, folder / f"{name}.log")

        ports = {
            name: str(free_port())
            for name in (("gateway",) if postgresql is None else ("gateway", "second gateway"))
        }
        gateways = {
            name: part(
                name, str(SOJOURN), "gateway", SOJOURN_PORT=port, TEMPORAL_ADDRESS=line.address
            )
            for name, port in ports.items()
        }
        worker = part("worker", str(SOJOURN), "worker")
        mails = str(folder / "mails")
        inbox = part("inbox", sys.executable, "-c", _CATCH, mails, str(smtp_port))
        parts: dict[str, AnyPart] = {
            **gateways,
            "worker": worker,
            "temporal": temporal,
            "inbox": inbox,
        }
        for each in parts.values():
            stack.push_async_callback(each.end)
        yield System(
            folder,
            [f"http://127.0.0.1:{port}" for port in ports.values()],
            url,
            smtp_port,
            line,
            parts if postgresql is None else {"postgresql": postgresql, **parts},
            temporal,
            gateways["gateway"],
            worker,
            inbox,
            postgresql,
        )


async def until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Return once *condition* holds; fail where it does not within *seconds*."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + seconds
    while not condition():
        assert loop.time() < give_up, f"Expected within {seconds:.0f} s: {what}."
        await asyncio.sleep(0.02)  # another process tells nobody
