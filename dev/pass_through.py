"""Passing HTTP through to a server on another port of this machine, unchanged."""

from collections.abc import AsyncIterator, Iterable

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

Headers = Iterable[tuple[bytes, bytes]]

_OF_ONE_CONNECTION = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding",
     b"upgrade")
)  # fmt: skip

# An answer may be long in coming: what is watched is answered when something happens.
_TIMEOUT = {"connect": 5.0, "read": None, "write": None, "pool": None}


def pass_through(upstream: httpx.AsyncBaseTransport, host: str, port: int, gone: str) -> ASGIApp:
    """Return the app that hands each request to *host* and *port*, and its answer back, as they come.

    It answers 502 and the sentence *gone* where nothing answers there. The `Host` stays the one
    that was asked for, so that redirects and cookies are for it.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await upstream.handle_async_request(_passed_on(request, host, port))
        except httpx.TransportError:
            response: Response = PlainTextResponse(f"{gone}\n", status_code=502)
        else:
            response = StreamingResponse(_body(answer), status_code=answer.status_code)
            # uvicorn dates every answer itself
            response.raw_headers = _end_to_end(answer.headers.raw, b"date")
        await response(scope, receive, send)

    return app


def _passed_on(request: Request, host: str, port: int) -> httpx.Request:
    # The target as it came, to the byte: ids of workflows hold slashes, written %2F.
    path, query = request.scope["raw_path"], request.scope["query_string"]
    url = httpx.URL(scheme="http", host=host, port=port, raw_path=path + b"?" * bool(query) + query)
    has_body = {"content-length", "transfer-encoding"} & set(request.headers)
    return httpx.Request(
        request.method,
        url,
        headers=_end_to_end(request.headers.raw),
        content=request.stream() if has_body else None,
        extensions={"timeout": _TIMEOUT},
    )


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()


def _end_to_end(headers: Headers, *more: bytes) -> list[tuple[bytes, bytes]]:
    """Return *headers* without those that are between the two ends of one connection, and *more*."""
    kept = [(name.lower(), value) for name, value in headers]
    named = b",".join(value for name, value in kept if name == b"connection")
    dropped = {*_OF_ONE_CONNECTION, *more, *(each.strip().lower() for each in named.split(b","))}
    return [(name, value) for name, value in kept if name not in dropped]
