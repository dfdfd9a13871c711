"""Write keys: by which those who call as Segment's libraries do say which source they are."""

from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from api.bodies import any_json
from api.errors import GatewayError
from api.sourcebook import FIXED, Source, Sourcebook
from wire.credentials import write_key_in


class WrongWriteKey(Exception):
    """A request shows write keys that do not let it in; the message is for the log."""


async def written(
    scope: Scope, headers: Headers, body: bytes, book: Sourcebook, *, keyed: bool
) -> Source:
    """Return the source that a request is of, and leave both in *scope*: it and the write key.

    At a URL that all share it is the one that has this write key, else the URL's own; *keyed* says
    that without credentials that needs a key, which the write key then is.
    Raises WrongWriteKey where the two places of a write key do not agree, or nobody knows it.
    """
    own: Source = scope["sojourn.source"]
    shown = {key for key in (write_key_in(headers), _in_body(body, own)) if key is not None}
    if len(shown) > 1:
        raise WrongWriteKey("two write keys")
    if not shown:
        return own
    [write_key] = shown
    scope["sojourn.write_key"] = write_key
    if scope["path"] not in FIXED:
        return own
    others = await book.with_write_keys(own.format)
    for each in others:
        if each.is_written_with(write_key):
            scope["sojourn.source"] = each
            return each
    if others and not own.credentials and not keyed:
        raise WrongWriteKey("wrong credentials")
    return own


def _in_body(body: bytes, source: Source) -> str | None:
    try:
        found: Any = any_json(body)
    except GatewayError:
        return None  # whoever reads it will say so
    key = found.get(source.form.write_key) if isinstance(found, dict) else None
    return key if isinstance(key, str) and key else None
