"""Hearing: what an instance was told, and what of it still counts."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel

from journeys.telling import Told

PAUSED = "journey paused"
"""Why somebody is held before a tile that acts, or before their start."""

MOST_UNUSED = 50_000
"""How many triggers an instance keeps that may still meet a tile: more could not be carried with it."""

_REMEMBERED = 500
"""How many things an instance remembers it was told, so that a second telling counts once."""


class Hearing(BaseModel):
    """What an instance was told and has not used up: carried with it wherever it goes.

    *unused* are the triggers that may still meet a tile, *leave* the reason to leave, *replan*
    that a date the present tile waits for has changed, *resumed* that the journey is not paused
    any more, *skip* that an operator ends the present wait.
    """

    unused: list[Told] = []
    seen: list[str] = []
    leave: str | None = None
    replan: bool = False
    resumed: bool = False
    skip: bool = False
    goal_reached: bool = False

    def hear(self, told: Told, tile: str | None, now: datetime) -> bool:
        """Take *told* in while standing on *tile*; return whether the goal is reached by it."""
        if told.id in self.seen:
            return False
        self.seen = [*self.seen, told.id][-_REMEMBERED:]
        counts = told.fulfils and (not told.here or tile in _tiles(told))
        if counts and len(self.unused) < MOST_UNUSED:
            self.unused.append(told.model_copy(update={"at": now}))
        self.replan = self.replan or tile in told.replan
        self.resumed = self.resumed or told.resume
        self.skip = self.skip or (told.skip is not None and told.skip == tile)
        self.leave = self.leave or told.leave
        reached = told.goal and not self.goal_reached
        self.goal_reached = self.goal_reached or told.goal
        return reached

    def arrive(self) -> None:
        """Forget what counted only on the tile before."""
        self.replan = False
        self.unused = [told for told in self.unused if not told.here]

    def met(self, tile: str | None, since: datetime | None) -> tuple[Told, int] | None:
        """Return the first that meets *tile* (heard at or after *since*), and which listening it meets."""
        for told in self.unused:
            for part in told.fulfils:
                met, index = part.rsplit("/", 1)
                if met == tile and (since is None or told.at >= since):
                    return told, int(index)
        return None

    def keep(self, parts: Collection[str]) -> None:
        """Forget what was met that is none of *parts*: nobody waits for it any more."""
        kept = [
            told.model_copy(
                update={"fulfils": tuple(part for part in told.fulfils if part in parts)}
            )
            for told in self.unused
        ]
        self.unused = [told for told in kept if told.fulfils]
        self.replan = self.skip = False

    def use(self, told: Told) -> None:
        """Let *told* count for no other tile."""
        self.unused.remove(told)


def _tiles(told: Told) -> set[str]:
    return {part.rpartition("/")[0] for part in told.fulfils}
