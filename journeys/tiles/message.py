"""Message: send a communication to the participant."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from journeys.catalogue import Catalogue
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.trigger import Name
from journeys.visit import Visit


class Message(BaseTile):
    """Send *template* to the participant's contact point on *channel*.

    Whatever becomes of it (sent, blocked, failed), the participant goes on.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "message", "id": "survey", "channel": "email", "template": "satisfaction-survey", "next": None,
    }  # fmt: skip

    kind: Literal["message"] = "message"
    channel: Literal["email"] = "email"
    template: Name
    next: TileId | None = None

    @property
    def targets(self) -> dict[str, TileId | None]:
        return {"next": self.next}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        template = catalogue.templates.get(self.template)
        if template is None:
            yield Problem(
                path="/template",
                message=f"Expected a template, but there is none called {self.template!r}.",
            )
        elif template.channel != self.channel:
            yield Problem(
                path="/template",
                message=f"Expected a template for {self.channel}, "
                f"but {self.template!r} is one for {template.channel}.",
            )

    async def run(self, visit: Visit) -> TileId | None:
        outcome = await visit.send(self.channel, self.template, then=self.next)
        visit.note(outcome.status, why=outcome.reason, target=self.next, message=outcome.message)
        return self.next
