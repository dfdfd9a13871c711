"""Endpoint: a real HTTP server on loopback, which a webhook calls."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from journeys.calling import Request


class Endpoint:
    """What it was sent, and what it answers next: a status, the JSON of the body, and headers.

    The last of the answers is given again and again.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, Any, dict[str, str]]] = [(200, {}, {})]

    def answer(self, status: int, body: Any = None, **headers: str) -> None:
        """Answer like this, after what it was told to answer before."""
        if not self.requests and self.answers == [(200, {}, {})]:
            self.answers = []
        self.answers.append((status, body, headers))

    def next(self) -> tuple[int, Any, dict[str, str]]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def reply(self, tile: str, request: Request) -> tuple[int, Any]:
        """Answer in a simulation, where nobody calls."""
        body = b"" if request.body is None else json.dumps(request.body).encode()
        path = request.url.removeprefix(self.url)
        self.requests.append((request.method, path, {}, body))
        status, content, _ = self.next()
        return status, content


@contextmanager
def listening() -> Iterator[Endpoint]:
    """Run an endpoint on a free port of loopback."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint.requests.append((self.command, self.path, headers, self.rfile.read(length)))
            status, body, more = endpoint.next()
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _any  # noqa: N815 - the server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
