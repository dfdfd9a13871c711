"""Unpacking: bodies as they arrive, plain or gzip, never more of them than is allowed."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.types import Message, Receive

from api.errors import GatewayError, TooLarge, TooSlow, UnknownEncoding

_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 64 * 1024
_PACE = 10_000
_RATIO = 200
"""How much larger a stream may become than it came; JSON that repeats itself comes to 50."""


class Unpacking:
    """Makes a body of what arrives; *encoding* is what its content-encoding says.

    Raises UnknownEncoding where nobody here knows it.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise UnknownEncoding(
                f"Expected a body that is plain or gzip, but its content-encoding is {encoding!r:.40}."
            )
        self._gzip = zlib.decompressobj(_GZIP) if encoding.endswith("gzip") else None

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """Yield *packed* unpacked, a little at a time; raise GatewayError where it is no gzip."""
        if self._gzip is None:
            yield packed
            return
        while packed:
            try:
                piece = self._gzip.decompress(packed, _PIECE)
            except zlib.error:
                raise GatewayError("Expected a gzip body, but it is none.") from None
            if self._gzip.unused_data:
                raise GatewayError("Expected one gzip body, but something follows it.")
            packed = self._gzip.unconsumed_tail
            yield piece

    def end(self) -> None:
        """Nothing follows; raise GatewayError where something should."""
        if self._gzip is not None and not self._gzip.eof:
            raise GatewayError("Expected a whole gzip body, but it ends too early.")


def in_time(receive: Receive, patience: float, now: Callable[[], float]) -> Receive:
    """Return what gives a body out as it comes, and raises TooSlow where it comes too slowly.

    It may be waited for *patience* seconds, and a second more for each _PACE bytes that came. The
    time in which nobody waits for it does not count: then it is us who are slow.
    """
    left, more = patience, True

    async def given() -> Message:
        nonlocal left, more
        if not more:
            return await receive()
        began = now()
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError:
            raise too_slow(patience) from None
        left += len(message.get("body", b"")) / _PACE - (now() - began)
        more = message.get("more_body", False)
        if more and left < 0:
            raise too_slow(patience)
        return message

    return given


async def whole(receive: Receive, at_most: int) -> bytes:
    """Return a body as it came; raise TooLarge where that is more than *at_most* bytes."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":  # whoever sent it has gone
            raise broken_off()
        part = message.get("body", b"")
        size += len(part)
        if size > at_most:
            raise too_large(at_most)
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def unpacked(packed: bytes, encoding: str, at_most: int) -> bytes:
    """Return *packed* unpacked; raise TooLarge where it comes to more than *at_most* bytes."""
    unpacking = Unpacking(encoding)
    parts, size = [], 0
    for piece in unpacking.pieces(packed):
        size += len(piece)
        if size > at_most:
            raise too_large(at_most)
        parts.append(piece)
    unpacking.end()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """Return what gives *body* out as if it had just come in."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return left.pop() if left else await receive()

    return given


def streamed(receive: Receive, encoding: str, at_most: int) -> Receive:
    """Return what gives a body out as it comes in, however much it is, unpacked.

    It raises TooLarge where more than *at_most* bytes are mostly made of nothing: a bomb.
    """
    if not encoding:
        return receive
    messages = _streamed(receive, Unpacking(encoding), at_most)

    async def given() -> Message:
        async for message in messages:
            return message
        return await receive()

    return given


async def _streamed(receive: Receive, unpacking: Unpacking, at_most: int) -> AsyncIterator[Message]:
    came, made, more = 0, 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            yield message
            return
        packed = message.get("body", b"")
        came, more = came + len(packed), message.get("more_body", False)
        for piece in unpacking.pieces(packed):
            made += len(piece)
            if made > max(at_most, came * _RATIO):
                raise TooLarge(
                    f"Expected a body that becomes at most {_RATIO} times as large, but it grows more."
                )
            yield {"type": "http.request", "body": piece, "more_body": True}
    unpacking.end()
    yield {"type": "http.request", "body": b"", "more_body": False}


def broken_off() -> GatewayError:
    """Return the refusal of a body whose sender has gone."""
    return GatewayError("Expected a whole body, but the connection was closed.")


def too_slow(patience: float) -> TooSlow:
    """Return the refusal of a body that came too slowly."""
    return TooSlow(
        f"Expected a body within {patience:g} seconds and one more for each {_PACE} bytes, but it takes longer."
    )


def too_large(at_most: int) -> TooLarge:
    """Return the refusal of a body of more than *at_most* bytes."""
    return TooLarge(f"Expected a body of at most {at_most} bytes, but it is larger.")
