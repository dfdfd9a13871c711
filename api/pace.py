"""Pace: how many commands are on their way to Temporal at once, and how long to rest in between."""

from datetime import timedelta

from api.reaching import LONGEST_PAUSE, SHORTEST_PAUSE

MOST_AT_ONCE = 50


class Pace:
    """Half as many for each command that Temporal turns away, one more for each that gets through.

    While nothing gets through, each rest is twice as long as the one before.
    """

    def __init__(self) -> None:
        self._at_once = MOST_AT_ONCE
        self._rest = SHORTEST_PAUSE
        self._tired = False

    @property
    def allowed(self) -> int:
        """How many may be on their way now; none while a rest is due."""
        return 0 if self._tired else self._at_once

    @property
    def is_tired(self) -> bool:
        """Whether a rest is due."""
        return self._tired

    def got_through(self) -> None:
        self._at_once = min(self._at_once + 1, MOST_AT_ONCE)
        self._rest = SHORTEST_PAUSE

    def turned_away(self) -> None:
        self._at_once = max(self._at_once // 2, 1)
        self._tired = True

    def rest(self) -> timedelta:
        """Return for how long to rest; after that it goes on."""
        rest = self._rest
        self._rest = min(rest * 2, LONGEST_PAUSE)
        self._tired = False
        return rest
