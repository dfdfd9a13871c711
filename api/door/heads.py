"""Heads: what comes before a body is of bounded size, and comes in time, or its connection is closed.

uvicorn reads heads of any size, for as long as they take; whoever sends one has shown no key yet.
"""

import asyncio
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LONGEST = 64 * 1024
"""The most bytes of a head, and about the most that are read of a longer one."""


class Heads(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with heads of at most _LONGEST bytes within *patience* seconds."""

    patience: ClassVar[float] = 20.0

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._unread = 0  # bytes since a head was complete, or some of a body was there
        self._giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > _LONGEST and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._giving_up is None:
            self._begin()

    def on_headers_complete(self) -> None:
        self._done()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def _begin(self) -> None:
        self._giving_up = self.loop.call_later(
            self.patience, self._refuse, HTTPStatus.REQUEST_TIMEOUT
        )

    def _done(self) -> None:
        self._unread = 0
        if self._giving_up is not None:
            self._giving_up.cancel()
        self._giving_up = None

    def _refuse(self, status: HTTPStatus) -> None:
        said = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        self.transport.write(f"{said}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        self.transport.close()
