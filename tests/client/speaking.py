"""Both clients behind one face, so that a story is told once and played by threads and by tasks.

Time passes at once: a wait for the next try moves the clock. Half a minute never passes, so that
with `ONLY_FLUSHED` nothing leaves before it is flushed or a batch is whole.
"""

import asyncio
import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sojourn_client import AsyncSojourn, Limits, Sojourn
from sojourn_client.outside import Tasks, Threads

NEVER = 30.0
ONLY_FLUSHED = Limits(seconds=NEVER)


class SwiftThreads(Threads):
    def __init__(self) -> None:
        self.at, self.pauses = 0.0, list[float]()

    def now(self) -> float:
        return self.at

    def chance(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.pauses.append(seconds)

    def wait(self, changed: threading.Condition, seconds: float | None) -> None:
        if seconds is None or seconds >= NEVER:
            changed.wait()
        else:
            self.sleep(seconds)


class SwiftTasks(Tasks):
    def __init__(self) -> None:
        self.at, self.pauses = 0.0, list[float]()

    def now(self) -> float:
        return self.at

    def chance(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.pauses.append(seconds)

    async def wait(self, changed: asyncio.Condition, seconds: float | None) -> None:
        if seconds is None or seconds >= NEVER:
            await changed.wait()
        else:
            await self.sleep(seconds)


Speaking = Callable[..., "Speaker"]


@dataclass
class Speaker:
    """A client of either sort, whose every method is awaited."""

    client: Sojourn | AsyncSojourn
    outside: SwiftThreads | SwiftTasks = field(default_factory=SwiftThreads)

    async def does(self, method: str, *given: Any, **more: Any) -> Any:
        """Call *method* (`journeys.get`), and return what it returns; a list for what it yields."""
        found: Any = self.client
        for name in method.split("."):
            found = getattr(found, name)
        if isinstance(self.client, Sojourn):
            return await asyncio.to_thread(_all, found, *given, **more)
        answer = found(*given, **more)
        return [each async for each in answer] if inspect.isasyncgen(answer) else await answer


def _all(method: Callable[..., Any], *given: Any, **more: Any) -> Any:
    answer = method(*given, **more)
    return list(answer) if inspect.isgenerator(answer) else answer


def by_threads(url: str, **more: Any) -> Speaker:
    outside = SwiftThreads()
    return Speaker(Sojourn(url, outside=outside, **{"limits": ONLY_FLUSHED, **more}), outside)


def by_tasks(url: str, **more: Any) -> Speaker:
    outside = SwiftTasks()
    return Speaker(AsyncSojourn(url, outside=outside, **{"limits": ONLY_FLUSHED, **more}), outside)
