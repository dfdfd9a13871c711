"""Here: what nobody needs a key for is only for this machine, and for no page from elsewhere.

A browser on this machine runs pages of others. One may send a form to a port of this machine
(`Origin` says whose page it is), or let its own name point here, and read what is answered (`Host`
says whose name it is).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from api.errors import Forbidden, Misdirected
from settings import is_loopback


def require_here(headers: Mapping[str, str]) -> None:
    """Raise Misdirected unless a request names this machine, Forbidden where a page from elsewhere asks."""
    host = headers.get("host", "")
    if not _is_here(f"//{host}"):
        raise Misdirected(
            f"Expected Host to be this machine (localhost, 127.0.0.1) while no key is needed, but it is {host!r:.80}."
        )
    origin = headers.get("origin")
    if origin is not None and not _is_here(origin):
        raise Forbidden(
            f"Expected a page of this machine to ask while no key is needed, but it is {origin!r:.80}."
        )


def _is_here(url: str) -> bool:
    """Say whether *url* is on this machine; names below `localhost` never leave it (RFC 6761)."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return False
    name = name.removesuffix(".")
    return is_loopback(name) or name.endswith(".localhost")
