"""Packing: a payload that is large travels compressed, since Temporal takes none above two megabytes."""

import zlib
from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

_LARGE = 100_000
"""How many bytes a payload has that is compressed; what is smaller can be read in Temporal's UI."""

_JSON = b"json/plain"
_PACKED = b"binary/zlib"


class Packing(PayloadCodec):
    """Compresses what is large: mostly the state of an instance that was told very much.

    A version's content is raw bytes and left alone: it is kept outside the histories.
    """

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [_packed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [_unpacked(payload) for payload in payloads]


def _packed(payload: Payload) -> Payload:
    if payload.metadata.get("encoding") != _JSON or len(payload.data) < _LARGE:
        return payload
    whole = zlib.compress(payload.SerializeToString())
    return Payload(metadata={"encoding": _PACKED}, data=whole)


def _unpacked(payload: Payload) -> Payload:
    if payload.metadata.get("encoding") != _PACKED:
        return payload
    return Payload.FromString(zlib.decompress(payload.data))
