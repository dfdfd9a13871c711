"""Scopes: who is asking, and what each route wants them to be allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import Depends, Request

from api.errors import Forbidden
from store.keys import Scope

_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Asker:
    """Who asks, by the name of their key; *delivery* is the id of what they signed, if they did."""

    key: str | None
    scopes: frozenset[str]
    delivery: str | None = None


ANYBODY = Asker(None, frozenset(get_args(Scope)))
"""Whoever asks where no key is needed."""


class Needs:
    """What a route needs: one of *scopes*, or one of *reading* instead where it only reads.

    `admin` has all of them.
    """

    def __init__(self, *scopes: Scope, reading: Sequence[Scope] = ()) -> None:
        self.scopes = frozenset({*scopes, "admin"})
        self.reading = frozenset({*reading, "admin"}) if reading else self.scopes

    async def __call__(self, request: Request) -> None:
        """Let the request through, or raise Forbidden."""
        asker = asker_of(request)
        wanted = self.reading if request.method in _READING else self.scopes
        if not asker.scopes & wanted:
            named = " or ".join(sorted(wanted))
            has = " and ".join(sorted(asker.scopes))
            raise Forbidden(f"Expected a key with the scope {named}, but {asker.key} has {has}.")


def needs(*scopes: Scope, reading: Sequence[Scope] = ()) -> list[Any]:
    """Return the dependency by which a router says which scopes its routes need."""
    return [Depends(Needs(*scopes, reading=reading))]


def needs_nothing() -> list[Any]:
    """Return the dependency by which a router says that anybody may ask, whatever key they have."""
    return [Depends(anybody)]


async def anybody() -> None:
    """Let everybody through."""


def asker_of(request: Request) -> Asker:
    """Return who asks; the door has found it out."""
    asker: Asker = request.scope["sojourn.asker"]
    return asker
