"""SMTP: connections to a mail server, over which mails are handed to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

import aiosmtplib

_KEPT = 1.0
"""Seconds for which a connection waits for another mail; no server minds so short a silence."""


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over: a server, how the connection is secured, and who we are there."""

    host: str
    port: int
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0  # seconds for each answer


class Connections:
    """Connections to *server*. One that carried a mail carries the next, if that comes soon.

    To connect, to agree on a secret and to sign in takes more round trips than a mail does.
    """

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._kept: list[aiosmtplib.SMTP] = []
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Yield a connection for one mail; over one on which something fails no other is sent."""
        connection = self._take() or await self._connect()
        try:
            yield connection
        except BaseException:
            self._leave(connection)
            raise
        self._kept.append(connection)
        asyncio.get_running_loop().call_later(_KEPT, self._let_go, connection)

    async def aclose(self) -> None:
        """Take leave of the server; nothing is under way any more."""
        while self._kept:
            self._leave(self._kept.pop())
        await asyncio.gather(*self._leaving)

    def _take(self) -> aiosmtplib.SMTP | None:
        while self._kept:
            if (connection := self._kept.pop()).is_connected:
                return connection
        return None

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        connection = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            username=server.username,
            password=server.password,
            timeout=server.timeout,
        )
        await connection.connect()
        return connection

    def _let_go(self, connection: aiosmtplib.SMTP) -> None:
        if connection in self._kept:
            self._kept.remove(connection)
            self._leave(connection)

    def _leave(self, connection: aiosmtplib.SMTP) -> None:
        leaving = asyncio.create_task(_quit(connection))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


async def _quit(connection: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):
        await connection.quit(timeout=_KEPT)
    connection.close()
