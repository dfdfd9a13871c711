"""Outside: time and chance, which a client takes from here; a test brings its own."""

import asyncio
import random
import threading
import time


class Outside:
    """The clocks of this machine, and chance."""

    def now(self) -> float:
        """Return the seconds of a clock that never goes back."""
        return time.monotonic()

    def wall(self) -> float:
        """Return the seconds since the epoch."""
        return time.time()

    def chance(self) -> float:
        """Return a number from 0 to 1."""
        return random.random()  # noqa: S311 - it only spreads tries


class Threads(Outside):
    """How a thread lets time pass."""

    def sleep(self, seconds: float) -> None:
        """Let so many *seconds* pass."""
        time.sleep(seconds)

    def wait(self, changed: threading.Condition, seconds: float | None) -> None:
        """Wait until something *changed*, for so many *seconds* at most (None = for ever)."""
        changed.wait(seconds)


class Tasks(Outside):
    """How a task lets time pass."""

    async def sleep(self, seconds: float) -> None:
        """Let so many *seconds* pass."""
        await asyncio.sleep(seconds)

    async def wait(self, changed: asyncio.Condition, seconds: float | None) -> None:
        """Wait until something *changed*, for so many *seconds* at most (None = for ever)."""
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            pass
