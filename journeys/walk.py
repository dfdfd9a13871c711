"""Walk: from tile to tile until the journey ends."""

from datetime import datetime
from typing import Protocol

from journeys.journey import Journey
from journeys.tile import BaseTile, TileId
from journeys.tiles.exit import ExitTile
from journeys.trace import Ending, Left, Note
from journeys.visit import Visit


class Walker(Visit, Protocol):
    """A visit that can be moved on to the next tile."""

    def arrive(self, tile: BaseTile) -> None:
        """Stand on *tile* from now; raise `Left` when the participant has to leave the journey."""

    @property
    def visits(self) -> int:
        """How often the participant has come to this tile, this time included."""


async def walk(journey: Journey, visit: Walker, here: TileId | None) -> Ending:
    """Lead the participant through *journey* from tile *here*; return how they left it.

    A tile that does not exist raises KeyError: publishing rules it out, so it is a bug and loud.
    """
    try:
        while here is not None:
            tile = journey.by_id[here]
            visit.arrive(tile)
            if tile.visits is not None and visit.visits > tile.visits.at_most:
                here = tile.visits.then
                why = f"came {tile.visits.at_most} times before"
                visit.note("decided", why=why, target=here)
                continue
            here = await tile.run(visit)
    except Left as left:
        visit.note("exited", why=left.reason)
        return Ending(status="exited", reason=left.reason)
    visit.note("completed")
    return Ending(status="completed")


def foreseen(
    journey: Journey, then: TileId | None, at: datetime
) -> tuple[Ending, list[Note]] | None:
    """Return the ending that follows at once when the participant goes on to *then*, if one does.

    A message that is the last thing to happen is written down together with the ending it leads
    to, which saves the instance a step of its own (ADR 8). The notes are those `walk` makes.
    """
    if then is None:
        return Ending(status="completed"), [Note(at=at, what="completed")]
    tile = journey.by_id[then]
    if not isinstance(tile, ExitTile):
        return None
    ending = Ending(status="exited", reason=tile.reason)
    arrived = Note(at=at, what="arrived", tile=tile.id)
    return ending, [arrived, Note(at=at, what="exited", tile=tile.id, why=tile.reason)]
