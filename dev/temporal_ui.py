"""Temporal's UI on its usual port, with one page more: the running instances in useful columns.

Temporal's UI keeps the columns of a list in each browser's own storage; neither an address nor a
flag of the server sets them. So its port is ours: everything on it is passed through to the UI
unchanged, and `/sojourn`, a page of the same origin, may set the columns and go on to the list.
It asks nobody for a key, so it is for this machine alone: see `api/door/here.py`.
"""

import asyncio
import base64
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

import httpx
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.door.here import require_here
from api.errors import GatewayError, response_to
from api.serving import serve
from dev.pass_through import pass_through
from dev.ports import require_free_port
from workflows.attributes import (
    AUDIENCE_ID,
    BINDING,
    JOURNEY_ID,
    JOURNEY_VERSION,
    NEXT_WAKE_AT,
    TILE,
)

COLUMNS = (
    "Status", "Workflow ID", TILE.name, NEXT_WAKE_AT.name, BINDING.name, JOURNEY_ID.name,
    JOURNEY_VERSION.name, AUDIENCE_ID.name, "Start",
)  # fmt: skip
"""What an operator sees of each instance; where it stands comes first, to be seen on any screen."""

RUNNING = 'ExecutionStatus IN ("Running", "Paused")'

_PINNED = 2  # as many as the UI itself keeps in view while the others are scrolled
_HOST = "127.0.0.1"
_GONE = "Expected Temporal's UI to answer, but it does not: it is starting, or it has stopped."
_SCRIPT = """
try {
  const key = "namespace-workflow-table-columns", [namespace, columns] = %s;
  const known = JSON.parse(localStorage.getItem(key) ?? "{}");
  if (!Object.hasOwn(known, namespace))
    localStorage.setItem(key, JSON.stringify({...known, [namespace]: columns}));
} finally { location.replace(document.querySelector("a").href); }
"""


@dataclass(frozen=True)
class TemporalUi:
    """Where the running instances are listed, and the *port* that Temporal's own UI has to have."""

    instances: str
    port: int


@asynccontextmanager
async def temporal_ui(*, port: int = 8233, namespace: str = "default") -> AsyncIterator[TemporalUi]:
    """Serve the UI on loopback until the block is left; raise CannotStart where *port* is taken.

    To be left after Temporal: what still waits for its answer ends with it.
    """
    require_free_port(_HOST, port, for_="Temporal's UI", setting="SOJOURN_TEMPORAL_UI_PORT")
    bound = socket.create_server((_HOST, port))
    with socket.create_server((_HOST, 0)) as probe:
        behind = int(probe.getsockname()[1])
    stop = asyncio.Event()
    async with httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None)) as upstream:
        serving = asyncio.create_task(serve(create_ui(upstream, behind, namespace), bound, stop))
        try:
            yield TemporalUi(f"http://{_HOST}:{port}/sojourn", behind)
        finally:
            stop.set()
            await serving


def create_ui(upstream: httpx.AsyncBaseTransport, port: int, namespace: str) -> FastAPI:
    """Return the app that answers `/sojourn`, and has all else answered by the UI on *port*."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(_ForThisMachine)

    @app.get("/sojourn")
    def open_running_instances() -> HTMLResponse:
        return _columns_then_list(namespace)

    app.mount("/", pass_through(upstream, _HOST, port, _GONE))
    return app


class _ForThisMachine:
    """ASGI middleware: no name that was made to point here is answered, and no page from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            try:
                require_here(Headers(scope=scope))
            except GatewayError as error:
                app = response_to(error)
        await app(scope, receive, send)


def _columns_then_list(namespace: str) -> HTMLResponse:
    """Return the page that sets the columns, unless the browser has its own, and opens the list."""
    columns = [{"label": label, "pinned": at < _PINNED} for at, label in enumerate(COLUMNS)]
    script = _SCRIPT % json.dumps([namespace, columns]).replace("<", r"\u003c")
    sha256 = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    way = f"/namespaces/{quote(namespace, safe='')}/workflows?query={quote(RUNNING)}"
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sojourn</title></head>'
        f'<body><p><a href="{way}&amp;savedQuery=Sojourn">The running instances</a></p>'
        f"<script>{script}</script></body></html>",
        headers={
            "Content-Security-Policy": f"default-src 'none'; script-src 'sha256-{sha256}'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )
