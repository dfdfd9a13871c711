"""The Web API of a Dataverse environment, asked as an application user."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import cache
from time import monotonic
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from wire.dataverse_settings import DataverseConnection

_TIME_LIMIT = 30.0
_TRIES = 3
_BEFORE_IT_EXPIRES = 120.0
"""Seconds: a token is not used in the last of its life, since clocks differ and requests take time."""

_OK = 200, 299
_UNAUTHORIZED = 401
_LATER = frozenset({408, 429, 500, 502, 503, 504})


class Refusal(Exception):
    """What Dataverse will not do as it was asked, and why; *status* is that of its answer."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Later(Exception):
    """What Dataverse did not do, and may later, and why: *after* so many seconds, where it said."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class Memory:
    """What this process remembers of environments: tokens, each until shortly before it expires.

    *entities* is what is the same as long as an environment lives, by its address and a name.
    """

    def __init__(self) -> None:
        self.entities: dict[tuple[str, str], object] = {}
        self._kept: dict[DataverseConnection, tuple[str, float]] = {}

    def find(self, connection: DataverseConnection) -> str | None:
        """Return a token that can be used, or None."""
        token, until = self._kept.get(connection, ("", 0.0))
        return token if monotonic() < until else None

    def keep(self, connection: DataverseConnection, token: str, seconds: float) -> None:
        """Use *token*, which lives so many *seconds*, from now on."""
        self._kept[connection] = (token, monotonic() + seconds - _BEFORE_IT_EXPIRES)

    def forget(self, connection: DataverseConnection) -> None:
        """Use no token any more that was kept."""
        self._kept.pop(connection, None)


class WebApi:
    """One conversation with an environment; `async with` opens and ends it.

    Where it is asked to wait at most *waits* seconds it does so itself. Everything raises Refusal
    for what will never work, and Later for what may.
    """

    def __init__(
        self, connection: DataverseConnection, memory: Memory, *, waits: float = 2.0
    ) -> None:
        self.connection = connection
        self.memory = memory
        self._waits = waits
        self._root = f"{connection.url}/api/data/v9.2/"
        # A redirect would take the token elsewhere, and so would a proxy.
        self._http = httpx.AsyncClient(verify=_trusted(), trust_env=False, timeout=_TIME_LIMIT)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Return the answer to a request; *path* is below the root, or a link that was answered."""
        url = path if path.startswith(("https://", "http://")) else self._root + path
        if not url.startswith(self._root):
            raise Refusal(f"Expected a link below {self._root}, but it leads elsewhere.")
        for left in reversed(range(_TRIES)):
            try:
                return await self._asked(method, url, body, headers or {})
            except Later as error:
                if not left or error.after is None or error.after > self._waits:
                    raise
                await asyncio.sleep(error.after)
        raise AssertionError("the last try answers or raises")

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the JSON object at *path*."""
        answer = await self.ask("GET", path, headers=headers)
        if not (found := _object(answer)):
            raise Refusal(f"Expected {answer.url.host} to answer in JSON, but it does not.")
        return found

    async def pages(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield one page after the other."""
        link: str | None = path
        while link is not None:
            page = await self.get(link, headers)
            yield page
            link = page.get("@odata.nextLink")

    async def _asked(
        self, method: str, url: str, body: Any, headers: Mapping[str, str]
    ) -> httpx.Response:
        for again in (True, False):
            said = {
                "accept": "application/json",
                "authorization": f"Bearer {await self._token()}",
                "odata-version": "4.0",
                "odata-maxversion": "4.0",
                **headers,
            }
            content = None
            if body is not None:
                content, said["content-type"] = orjson.dumps(body), "application/json"
            answer = await self._sent(method, url, said, content)
            if answer.status_code == _UNAUTHORIZED and again:  # it was taken back early
                self.memory.forget(self.connection)
                continue
            break
        return _approved(answer)

    async def _token(self) -> str:
        if found := self.memory.find(self.connection):
            return found
        told = self.connection
        answer = await self._sent(
            "POST",
            f"{told.authority}/{told.tenant}/oauth2/v2.0/token",
            {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"},
            httpx.QueryParams(
                {
                    "grant_type": "client_credentials",
                    "client_id": told.client_id,
                    "client_secret": told.client_secret.get_secret_value(),
                    "scope": f"{told.url}/.default",
                }
            )
            .__str__()
            .encode(),
        )
        if answer.status_code in _LATER:
            raise _later(answer)
        given = _object(answer)
        token, seconds = given.get("access_token"), given.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int | float):
            why = given.get("error")
            raise Refusal(
                f"Expected {told.authority} to give client {told.client_id} a token, "
                f"but it answers {why if isinstance(why, str) else answer.status_code}.",
                _UNAUTHORIZED,
            )
        self.memory.keep(told, token, seconds)
        return token

    async def _sent(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Response:
        try:
            return await self._http.request(method, url, headers=headers, content=content)
        except httpx.TransportError as error:
            host = httpx.URL(url).host
            raise Later(f"Expected {host} to answer, but: {type(error).__name__}.") from error


def _approved(answer: httpx.Response) -> httpx.Response:
    status = answer.status_code
    if _OK[0] <= status <= _OK[1]:
        return answer
    if status in _LATER:
        raise _later(answer)
    error = _object(answer).get("error")
    said = error.get("message") if isinstance(error, dict) else None
    why = f"answers {status}" if not isinstance(said, str) else f"says: {said:.200}"
    raise Refusal(f"Expected Dataverse to do it, but it {why.rstrip('.')}.", status)


def _later(answer: httpx.Response) -> Later:
    after = answer.headers.get("retry-after", "")
    return Later(
        f"Expected {answer.url.host} to do it, but it answers {answer.status_code}.",
        float(after) if after.isdecimal() else None,
    )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.content or b"{}")
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {}


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom we trust; to read that for each conversation would take longer than most of them."""
    return ssl.create_default_context()
