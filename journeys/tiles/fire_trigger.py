"""Fire trigger: let a custom trigger happen to the participant."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from journeys.catalogue import Catalogue
from journeys.given import Given, wrong_record, wrong_values
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.trigger import CustomTrigger, Name
from journeys.visit import Visit

if TYPE_CHECKING:
    from journeys.scope import Scope


class FireTrigger(BaseTile):
    """Fire the custom *trigger* for the participant: it may start, move on or end other journeys.

    An attribute is a value, a field (`{"field": "trigger.title"}`) or text with Liquid in it;
    *binding* the field of the record that it is about. The journey is its actor. It counts like
    one that a system sends, but for chains: where more than 16 journeys would have fired each
    other, the last trigger concerns nobody and is listed among what was refused. In an
    instance's history it takes one event.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "fire_trigger", "id": "invite", "trigger": "survey-due",
        "attributes": {"about": {"field": "trigger.title"}, "greeting": "Dear {{ person.firstname }}"},
        "binding": "record", "next": None,
    }  # fmt: skip

    kind: Literal["fire_trigger"] = "fire_trigger"
    trigger: Name
    attributes: dict[str, Given] = Field(default_factory=dict)
    binding: str | None = None
    next: TileId | None = None

    @property
    def targets(self) -> dict[str, TileId | None]:
        return {"next": self.next}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        fired = catalogue.triggers.get(self.trigger)
        if fired is not None and not isinstance(fired, CustomTrigger):
            said = f"Expected a custom trigger, but {self.trigger!r} fires by itself."
            yield Problem(path="/trigger", message=said)

    def problems_within(self, scope: "Scope") -> Iterator[Problem]:
        fired = scope.catalogue.triggers.get(self.trigger)
        if isinstance(fired, CustomTrigger):
            named = f"an attribute of {fired.name}"
            yield from wrong_values(self.attributes, "attributes", fired.column, named, scope)
        if self.binding is not None and (said := wrong_record(self.binding, scope)):
            yield Problem(path="/binding", message=said)

    async def run(self, visit: Visit) -> TileId | None:
        effect = await visit.fire(self.trigger, self.attributes, self.binding)
        why = self.trigger if effect.done else effect.reason
        visit.note("fired" if effect.done else "failed", why=why, target=self.next)
        return self.next
