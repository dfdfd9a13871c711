"""The contract of a tile kind: what a marketer sets, where it can lead, what it does."""

import re
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from journeys.catalogue import Catalogue
from journeys.listening import Listening
from journeys.problem import Problem, quoted
from journeys.visit import Visit

if TYPE_CHECKING:  # a scope knows journeys, and these the tiles
    from journeys.scope import Scope

_TILE_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"


def _tile_id(text: str) -> str:
    if not re.fullmatch(_TILE_ID, text):
        raise ValueError(
            "Expected the id of a tile: letters and digits with hyphens, such as cool-off, "
            f"but it is {quoted(text)}."
        )
    return text


TileId = Annotated[
    str, AfterValidator(_tile_id), WithJsonSchema({"type": "string", "pattern": _TILE_ID})
]


class Cap(BaseModel):
    """How often a participant may come to a tile: *at_most* so often, and from then on to *then*."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: int = Field(ge=1)
    then: TileId | None = None


class BaseTile(BaseModel):
    """One step of a journey.

    A kind is one module: its fields are the settings, its docstring the marketer's explanation,
    *example* a tile of the kind as JSON, *more_examples* others where one does not show it all.
    Conditions and triggers among the fields are found,
    checked and resolved for every kind alike (`publishing`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    example: ClassVar[dict[str, Any]]
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = ()

    kind: str
    id: TileId
    visits: Cap | None = None

    @property
    @abstractmethod
    def targets(self) -> dict[str, TileId | None]:
        """The settings that lead to a tile, with the tile; None = the journey is completed there."""

    @property
    def leads_to(self) -> dict[str, TileId | None]:
        """The settings that lead to a tile: those of the kind, and those that every tile may have."""
        return {**self.targets, "visits/then": self.visits.then} if self.visits else self.targets

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of the ways of which a simulation may choose one (`Visit.forced`)."""
        return ()

    @property
    def listenings(self) -> tuple[Listening, ...]:
        """The triggers this tile waits for, in the order `Visit.told` counts them."""
        return ()

    @property
    def watches(self) -> tuple[str, ...]:
        """The fields whose change makes a standing participant look again (`Visit.sleep_until`)."""
        return ()

    @property
    def brings(self) -> tuple[str, ...]:
        """The triggers of which one's values are what this tile brings as `tiles.<id>.…`."""
        return ()

    @property
    def creates(self) -> str | None:
        """The table in which this tile creates the record that it brings as `tiles.<id>.…`, if any."""
        return None

    @property
    def updates(self) -> str | None:
        """The field of the record that this tile updates and brings as `tiles.<id>.…`, if any."""
        return None

    @property
    def answers(self) -> bool:
        """Whether this tile brings an answer as `tiles.<id>.status` and `tiles.<id>.body.…`."""
        return False

    @property
    def waits(self) -> bool:
        """Whether the participant stands here for a time: every cycle needs such a tile."""
        return False

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        """Yield what a marketer should mend before going live, with paths inside this tile."""
        yield from ()

    def problems_within(self, scope: "Scope") -> Iterator[Problem]:
        """Yield what a marketer should mend that only the whole journey shows."""
        yield from ()

    @abstractmethod
    async def run(self, visit: Visit) -> TileId | None:
        """Do what the tile does; return the next tile, or None when the journey is completed here."""
