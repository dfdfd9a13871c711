"""Access: one line in the log for each request, with nothing in it that is about a person."""

import re
import secrets
import sys
from dataclasses import dataclass, field
from time import perf_counter

import orjson
from starlette.types import Message, Scope, Send

from api.door.scopes import Asker
from api.gateway import clock

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass
class Access:
    """A request on its way: its id, and what will be said of it."""

    id: str
    began: float = field(default_factory=perf_counter)
    status: int = 500  # unless something is answered
    answered: bool = False
    refused: str | None = None
    key: str | None = None
    source: str | None = None

    @classmethod
    def of(cls, given: str | None) -> "Access":
        """Return it with the id it was *given*, where that is letters, digits, `.`, `_` and `-`."""
        return cls(given if given and _SANE.fullmatch(given) else secrets.token_hex(8))

    def answering(self, send: Send) -> Send:
        """Return *send*, with the request's id in what is answered."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status, self.answered = message["status"], True
                message["headers"] = [*message["headers"], (b"x-request-id", self.id.encode())]
            await send(message)

        return answer

    def say(self, scope: Scope) -> None:
        """Log it: the route rather than its path, since a path may name a person."""
        asker: Asker | None = scope.get("sojourn.asker")
        said = {
            "at": clock(),
            "event": "request",
            "method": scope["method"],
            "route": route_of(scope),
            "status": int(self.status),
            "ms": round((perf_counter() - self.began) * 1000, 1),
            "key": self.key or (asker.key if asker else None),
            "request": self.id,
        }
        if self.source:
            said["source"] = self.source
        if self.refused:
            said["refused"] = self.refused
        # One line of JSON at once: a log renderer would take as long as the request itself.
        sys.stderr.write(orjson.dumps(said).decode() + "\n")


def route_of(scope: Scope) -> str | None:
    """Return the route that a request was for, as it is declared, or None where it was for none."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return path
