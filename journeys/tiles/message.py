"""Message: send a communication to the participant."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pydantic import Field

from journeys.catalogue import Catalogue
from journeys.given import wrong_value
from journeys.problem import Problem
from journeys.sending import Expiry
from journeys.table import Column
from journeys.tile import BaseTile, TileId
from journeys.trigger import Name
from journeys.visit import Unsent, Visit

if TYPE_CHECKING:
    from journeys.scope import Scope

_UNSENT: tuple[Unsent, ...] = get_args(Unsent)


class Message(BaseTile):
    """Send *template* to the participant's contact point on *channel*.

    Whatever becomes of it (sent, blocked, failed, expired), the participant goes on to *next*, or to
    the tile that *outcomes* has for it. Whether it *expires* is decided immediately before it would
    leave, each time it is tried: `{"after": "P1D"}` counts from the arrival here, `{"at": "…"}` is a
    moment, `{"field": "record.resolveby", "offset": "-PT1H"}` the date in a column.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "message", "id": "survey", "channel": "email", "template": "satisfaction-survey", "next": None,
    }  # fmt: skip
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "kind": "message", "id": "last-call", "template": "last-call", "next": None,
            "expires": {"field": "record.resolveby", "offset": "-PT1H"}, "outcomes": {"blocked": "call"},
        },
    )  # fmt: skip

    kind: Literal["message"] = "message"
    channel: Literal["email"] = "email"
    template: Name
    expires: Expiry | None = None
    next: TileId | None = None
    outcomes: dict[Unsent, TileId] = Field(default_factory=dict)

    @property
    def targets(self) -> dict[str, TileId | None]:
        drawn = {f"outcomes/{outcome}": tile for outcome, tile in self.outcomes.items()}
        return {"next": self.next, **drawn}

    @property
    def ways(self) -> dict[str, TileId | None]:
        """Where each outcome leads."""
        ways: dict[str, TileId | None] = {"sent": self.next}
        return ways | {each: self.outcomes.get(each, self.next) for each in _UNSENT}

    @property
    def choices(self) -> tuple[str, ...]:
        return _UNSENT

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

    def problems_within(self, scope: "Scope") -> Iterator[Problem]:
        if self.expires is not None and self.expires.field is not None:
            dated = Column(name="expires", type="date")  # it takes moments as well
            for said in wrong_value({"field": self.expires.field}, dated, scope):
                yield Problem(path="/expires/field", message=said)

    async def run(self, visit: Visit) -> TileId | None:
        outcome = await visit.send(self.channel, self.template, self.ways, self.expires)
        target = self.ways[outcome.status]
        visit.note(outcome.status, why=outcome.reason, target=target, message=outcome.message)
        return target
