"""The door: what each request passes before any route sees it, and what it is told if it does not."""

from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from api.door.access import Access, route_of
from api.door.here import require_here
from api.door.keyring import Keyring
from api.door.limits import Limits, Rates, Room, is_lines
from api.door.scopes import ANYBODY, Asker
from api.door.unpacking import again, broken_off, in_time, streamed, too_large, unpacked, whole
from api.door.write_keys import WrongWriteKey, written
from api.errors import (
    GatewayError,
    TooMany,
    Unauthorized,
    database_out_of_reach,
    failed_here,
    response_to,
)
from api.gateway import clock
from api.sourcebook import Source, Sourcebook, asks_to_send, source_at
from store.database import OUT_OF_REACH
from store.keys import KeyRow
from wire.credentials import check_signature, lets_in
from wire.signatures import Replayed, Request, WrongSignature, delivery_of, is_signed

_LINES = frozenset({"/v1/changes", "/v1/events"})
_SIGNED = _LINES
_KEYLESS = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})
"""Whether it is well, and what it can be asked: the same wherever this release runs."""

_NO_KEY = "Expected a key, as Authorization: Bearer or X-Api-Key, that lets you in."
_NO_SOURCE = "Expected a source that is there, and a key or credentials that let it in."


def _require_text(scope: Scope) -> None:
    """Raise a GatewayError where the address holds what no text of every database can."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise GatewayError("Expected an address without U+0000, but there is one in it.")


class Door:
    """ASGI middleware: who asks, how often, and how much they bring.

    *keyless* paths ask for no key, of whoever is on this machine.
    """

    def __init__(
        self,
        app: ASGIApp,
        keyring: Keyring,
        sourcebook: Sourcebook,
        limits: Limits,
        keyless: Sequence[str] = (),
        now: Callable[[], datetime] = clock,
    ) -> None:
        self._app = app
        self._now = now
        self._keyring = keyring
        self._sourcebook = sourcebook
        self._limits = limits
        self._keyless = frozenset(keyless)
        self._below_keyless = tuple(f"{path}/" for path in keyless)
        self._rates = Rates(limits.per_second, monotonic)
        self._room = Room(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        access = Access.of(headers.get("x-request-id"))
        send = access.answering(send)
        try:
            _require_text(scope)
            source = await self._source(scope, headers, access)
            # A write key may be in the body: who asks shows with that.
            if "sojourn.asker" not in scope and not (source and source.form.write_key):
                scope["sojourn.asker"] = await self._asker(scope, headers, access, source)
            taking = scope["path"] in _LINES or "sojourn.source" in scope
            with self._room.kept(headers, taking=taking):
                receive = await self._brought(scope, headers, receive, access)
                await self._app(scope, receive, send)
        except GatewayError as error:
            await response_to(error)(scope, receive, send)
        except ClientDisconnect:
            await response_to(broken_off())(scope, receive, send)
        except OUT_OF_REACH as error:
            await database_out_of_reach(error)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the edge: it is logged, and answered
            answer = failed_here(error, access.id, route_of(scope))
            if not access.answered:  # else the server sees that it ends too early
                await answer(scope, receive, send)
        finally:
            if self._limits.logged:
                access.say(scope)

    async def _asker(
        self, scope: Scope, headers: Headers, access: Access, source: Source | None
    ) -> Asker:
        """Return who asks; raise Unauthorized, the same for all, where no key lets them in."""
        path = scope["path"]
        if path in _KEYLESS or asks_to_send(scope):
            return ANYBODY
        if source is not None and source.credentials:
            return self._as_source(source, scope, headers, access)
        keyless = path in self._keyless or path.startswith(self._below_keyless)
        if keyless or not await self._keyring.is_needed():
            require_here(headers)
            return ANYBODY
        presented = self._presented(scope, headers)
        found = None if presented is None else await self._keyring.find(presented)
        if found is None:
            access.refused = "no key" if presented is None else "unknown key"
        elif found.revoked_at is not None:
            access.refused, access.key = "revoked key", found.name
        else:
            access.key = found.name
            self._count(found.name, access)
            scope["sojourn.key"] = found
            return Asker(found.name, frozenset(found.scopes))
        raise Unauthorized(_NO_SOURCE if source else _NO_KEY)

    async def _source(self, scope: Scope, headers: Headers, access: Access) -> Source | None:
        """Return the source whose URL is asked, or None at any other; raise Unauthorized without one."""
        media = headers.get("content-type", "")
        name = None if asks_to_send(scope) else source_at(scope["path"], media)
        if name is None:
            return None
        scope["sojourn.to_source"] = True
        source = await self._sourcebook.find(name)
        if source is None or not source.enabled:
            access.refused = "unknown source" if source is None else "disabled source"
            raise Unauthorized(_NO_SOURCE)
        access.source = name
        scope["sojourn.source"] = source
        return source

    async def _writer(self, scope: Scope, headers: Headers, body: bytes, access: Access) -> Asker:
        """Return who asks where the write key in *body* or before it may say which source that is."""
        keyed = await self._keyring.is_needed()
        try:
            source = await written(scope, headers, body, self._sourcebook, keyed=keyed)
        except WrongWriteKey as error:
            access.refused = str(error)
            raise Unauthorized(_NO_SOURCE) from None
        access.source = source.name
        return await self._asker(scope, headers, access, source)

    def _as_source(self, source: Source, scope: Scope, headers: Headers, access: Access) -> Asker:
        """Let a source in by its credentials; whether it signed what it brings shows with that."""
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        query = {name: values[0] for name, values in asked.items()}
        if lets_in(source.credentials, headers, query, scope.get("sojourn.write_key")):
            self._count(f"source {source.name}", access)
        elif any(each.secret for each in source.credentials):
            scope["sojourn.signer"] = source
        else:
            access.refused = "wrong credentials"
            raise Unauthorized(_NO_SOURCE)
        return Asker(None, frozenset({"ingest"}))

    def _count(self, whose: str, access: Access) -> None:
        if seconds := self._rates.wait(whose):
            access.refused = "too often"
            raise TooMany("Expected fewer requests with this key: wait a little.", seconds)

    def _presented(self, scope: Scope, headers: Headers) -> str | None:
        """Return the key that a request brings, wherever this route takes it from."""
        if write_key := scope.get("sojourn.write_key"):
            return str(write_key)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return given.strip()
        if "x-api-key" in headers:
            return headers["x-api-key"]
        source: Source | None = scope.get("sojourn.source")
        if source is not None and source.format == "dataverse":
            named = self._limits.dataverse_key
            asked = parse_qs(scope["query_string"].decode("latin-1"))
            return headers.get(named) or next(
                (asked[each][0] for each in (named, "code") if each in asked), None
            )
        return None

    async def _brought(
        self, scope: Scope, headers: Headers, receive: Receive, access: Access
    ) -> Receive:
        """Return what gives the body out, which is within its limits and as it was signed."""
        length = headers.get("content-length")
        known = "sojourn.asker" in scope and "sojourn.signer" not in scope
        if known and length in {None, "0"} and "transfer-encoding" not in headers:
            return receive
        receive = in_time(receive, self._limits.patience, monotonic)
        encoding = headers.get("content-encoding", "").strip().lower()
        key: KeyRow | None = scope.get("sojourn.key") if scope["path"] in _SIGNED else None
        signed = key is not None and (key.signing_secret is not None or is_signed(headers))
        lines = scope["path"] in _LINES and is_lines(headers)
        if lines and not signed:
            return streamed(receive, encoding, self._limits.body)
        if length is not None and length.isdecimal() and int(length) > self._limits.body:
            raise too_large(self._limits.body)
        body = await whole(receive, self._limits.body)
        if "sojourn.asker" not in scope:
            plain = unpacked(body, encoding, self._limits.body)
            scope["sojourn.asker"] = await self._writer(scope, headers, plain, access)
        if key is not None and signed:
            delivery = self._delivery(key, headers, body, access)
            scope["sojourn.asker"] = Asker(key.name, frozenset(key.scopes), delivery)
        signer: Source | None = scope.get("sojourn.signer")
        if signer is not None:
            delivered = self._signed_by(signer, _signed_request(scope, headers, body), access)
            scope["sojourn.asker"] = Asker(None, frozenset({"ingest"}), delivered)
        return again(unpacked(body, encoding, self._limits.body) if encoding else body, receive)

    def _delivery(self, key: KeyRow, headers: Headers, body: bytes, access: Access) -> str:
        if key.signing_secret is None:
            access.refused = "no secret"
            raise Unauthorized("Expected a key with a signing secret, but this one has none.")
        try:
            return delivery_of(key.signing_secret, headers, body, self._now())
        except WrongSignature as error:
            access.refused = "wrong signature"
            raise Unauthorized(str(error)) from None

    def _signed_by(self, source: Source, request: Request, access: Access) -> str | None:
        try:
            delivery = check_signature(source.credentials, request, self._now())
        except WrongSignature as error:
            replayed = isinstance(error, Replayed)
            access.refused = "replayed signature" if replayed else "wrong signature"
            raise Unauthorized(_NO_SOURCE) from None
        self._count(f"source {source.name}", access)
        return delivery


def _signed_request(scope: Scope, headers: Headers, content: bytes) -> Request:
    """Return the request of *scope* as its sender signed it.

    A proxy before us may have taken TLS off, so its sender may know us by either scheme.
    """
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    query = scope["query_string"].decode("latin-1")
    where = f"{host}{scope['path']}{'?' if query else ''}{query}"
    urls = (f"https://{where}", f"http://{where}")
    return Request(scope["method"], urls, dict(headers), content)


def from_within(app: ASGIApp) -> ASGIApp:
    """Return *app* for what this process itself asks of it, which needs no key."""

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "sojourn.asker": ANYBODY}, receive, send)

    return within
