"""Exit: leave the journey here."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from journeys.tile import BaseTile, TileId
from journeys.trace import Left
from journeys.visit import Visit


class ExitTile(BaseTile):
    """End the journey here for this participant, with a reason."""

    example: ClassVar[dict[str, Any]] = {"kind": "exit", "id": "no-answer", "reason": "no answer"}

    kind: Literal["exit"] = "exit"
    reason: str = Field(default="exit", min_length=1)

    @property
    def targets(self) -> dict[str, TileId | None]:
        return {}

    async def run(self, visit: Visit) -> TileId | None:
        raise Left(self.reason)
