"""An unreliable way to the gateway: a real HTTP server that passes requests on, or fails on demand."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

SAID = ("content-type", "authorization", "webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True)
class Answers:
    """The next request does not reach the gateway: it is answered with *status* here."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Cuts:
    """The connection of the next request is cut, once the gateway has *taken* it or before."""

    taken: bool


class Unreliable:
    """What is to be *done* with the next requests, then all are passed on; *came* are those that did."""

    def __init__(self, gateway: str) -> None:
        self.done: deque[Answers | Cuts] = deque()
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        self._gateway = gateway
        self._http = httpx.Client(timeout=60)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._http.close()

    def passed_on(self, method: str, path: str, headers: Any, content: bytes) -> httpx.Response:
        said = {name: headers[name] for name in SAID if name in headers}
        return self._http.request(method, self._gateway + path, headers=said, content=content)

    def _handler(way) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                way.came.append((self.path, dict(self.headers), content))
                match way.done.popleft() if way.done else None:
                    case Answers(status, headers, body):
                        self.say(status, headers, body)
                    case Cuts(taken):
                        if taken:
                            way.passed_on(self.command, self.path, self.headers, content)
                        self.close_connection = True
                    case None:
                        got = way.passed_on(self.command, self.path, self.headers, content)
                        self.say(got.status_code, {"content-type": "application/json"}, got.content)

            def say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - its base names them

            def log_message(self, *_: object) -> None:
                pass

        return Handler
