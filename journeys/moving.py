"""Moving: where those who stand in one version of a journey go on in another."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from journeys.journey import Journey, Version
from journeys.tile import TileId

MOVED = "moved"
"""The reason with which those leave whose way leads to no tile of the other version."""


class Moved(Exception):
    """The participant goes on in another version: from the tile they stand on, or from *ahead*."""

    def __init__(self, ahead: TileId | None) -> None:
        super().__init__(ahead)
        self.ahead = ahead


class MovedTo(BaseModel):
    """The tile on which people go on whose own is not there any more; null where they leave."""

    to: str | None
    count: int


class Moving(BaseModel):
    """What becomes of those inside: how many stay on their tile, and who goes where, by old tile."""

    stays: int
    moves: dict[str, MovedTo]


def moving_to(new: Version, standing: Iterable[tuple[Version, TileId | None, int]]) -> Moving:
    """Return what becomes of those *standing* on tiles of other versions when they go over to *new*."""
    stays, moves = 0, dict[str, MovedTo]()
    for old, tile, count in standing:
        to = destination(old.journey, new.journey, tile)
        if tile is None or to == tile:
            stays += count
            continue
        left, before = tile, moves.get(tile)
        if before is not None and before.to != to:  # ways differ from one old version to another
            left, before = f"{tile} of version {old.number}", None
        moves[left] = MovedTo(to=to, count=count + (before.count if before else 0))
    return Moving(stays=stays, moves=moves)


def destination(before: Journey, after: Journey, tile: TileId | None) -> TileId | None:
    """Return where somebody on *tile* of *before* goes on in *after*; None = they leave.

    On the same tile where it is still there, else on the nearest that is, following the ways of
    *before*. Of two that are equally near, the first in the order in which the tiles lead to them.
    Whoever stands on no tile yet begins with the first one of *after*.
    """
    if tile is None:
        return after.first
    return next((each for each in _ahead(before, tile) if each in after.by_id), None)


def _ahead(journey: Journey, tile: TileId) -> Iterator[TileId]:
    """Yield *tile*, and every tile that it leads to, the nearest first."""
    ahead = [tile]
    for here in ahead:
        yield here
        if here in journey.by_id:
            targets = journey.by_id[here].targets.values()
            ahead += [each for each in dict.fromkeys(targets) if each and each not in ahead]
