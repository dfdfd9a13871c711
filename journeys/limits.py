"""How far a simulation may go."""

from collections.abc import Callable
from dataclasses import dataclass


class TooMuch(Exception):
    """A simulation goes on for longer than it may; the message says so in one sentence."""


@dataclass(frozen=True)
class Limits:
    """How far a simulation may go; *enough* is asked at every tile whether it has taken too long."""

    visits: int = 1_000_000
    instances: int = 1_000_000
    enough: Callable[[], bool] = lambda: False

    def allow_visit(self, visits: int) -> None:
        """Raise TooMuch where there are more *visits* of tiles than may be, or it took too long."""
        if visits > self.visits:
            raise TooMuch(
                f"Expected an end within {self.visits:,} visits of tiles, but there are more."
            )
        if self.enough():
            raise TooMuch("Expected an end within the time a simulation may take, but it goes on.")

    def allow_entry(self, entries: int) -> None:
        """Raise TooMuch where there are more *entries* than may be."""
        if entries > self.instances:
            raise TooMuch(f"Expected at most {self.instances:,} entries, but there are more.")
