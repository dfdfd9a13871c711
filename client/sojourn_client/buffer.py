"""Buffer: what waits for the gateway, in its order, and when which of it is to be sent. No I/O."""

import logging
from collections import deque
from dataclasses import dataclass
from itertools import islice

from sojourn_client.backoff import LONGEST, Failure, pause
from sojourn_client.items import Delivered, Item, Refused
from sojourn_client.problems import Full, NotDelivered

log = logging.getLogger("sojourn_client")


@dataclass(frozen=True)
class Limits:
    """How much is sent together, and how much may wait.

    A batch has at most *count* items and *size* bytes, and leaves *seconds* after its first item
    came at the latest. So many bytes may be *waiting* in memory.
    """

    count: int = 500
    size: int = 1_000_000
    seconds: float = 0.2
    waiting: int = 32_000_000

    def __post_init__(self) -> None:
        if min(self.count, self.size, self.waiting) < 1 or self.seconds < 0:
            raise ValueError(f"Expected limits above zero, but they are {self}.")


@dataclass(frozen=True)
class Settled:
    """What the gateway answered to a batch; *refused* are the items that it refused."""

    accepted: int
    duplicates: int
    refused: tuple[Refused, ...]


class Buffer:
    """Items between their sender and the gateway; whoever shares one locks it.

    An item stays here until the gateway answered what became of it. One that was refused stays
    until somebody was told: by a callback where it is *told_by_callback*, else by `take`.
    """

    def __init__(self, limits: Limits, *, told_by_callback: bool) -> None:
        self._limits = limits
        self._told_by_callback = told_by_callback
        self._items: deque[tuple[float, Item]] = deque()
        self._refused: deque[Refused] = deque()
        self._waiting = self._kept = 0  # bytes of items, and of what was refused
        self._added = self._settled = self._hurried = 0
        self._accepted = self._duplicates = self._failures = 0
        self._at_most = limits.count
        self._not_before = 0.0
        self.failure: Failure | None = None

    def add(self, item: Item, now: float) -> bool:
        """Let *item* wait from *now* on, and say whether there was room.

        Raises what the gateway answered where trying again is of no use, and Full where nothing
        that waits would make room.
        """
        if self._items and self.failure is not None and not self.failure.again:
            raise self.failure.error
        size = len(item.content)
        held = self._waiting + self._kept
        if held and held + size > self._limits.waiting:
            if not self._items:
                raise Full("what was refused takes it all: flush, or bring on_refused")
            return False
        self._items.append((now, item))
        self._waiting += size
        self._added += 1
        return True

    def due(self, now: float) -> float | None:
        """Return the seconds until the next batch is to be sent, 0 for at once, None while there is none."""
        if not self._items:
            return None
        if self._failures:
            return max(0.0, self._not_before - now)
        is_whole = len(self._items) >= self._at_most or self._waiting >= self._limits.size
        if is_whole or self._settled < self._hurried:
            return 0.0
        return max(0.0, self._items[0][0] + self._limits.seconds - now)

    def batch(self) -> list[Item]:
        """Return what is to be sent next: the first items that go to the same route."""
        first = self._items[0][1]
        batch: list[Item] = []
        size = 0
        for _, item in islice(self._items, self._at_most):
            size += len(item.content)
            if item.route != first.route or (batch and size > self._limits.size):
                break
            batch.append(item)
        return batch

    def settle(
        self, batch: list[Item], outcome: Settled | Failure, now: float, chance: float
    ) -> None:
        """Write down what became of *batch*, the first that waited."""
        if isinstance(outcome, Settled):
            self._accepted += outcome.accepted
            self._duplicates += outcome.duplicates
            self._remove(len(batch), outcome.refused)
        elif not outcome.guilty:
            self.failure = outcome
            self._failures += 1
            seconds = pause(self._failures, outcome.after, chance) if outcome.again else LONGEST
            self._not_before = now + seconds
            log.warning("Expected to deliver, but %s: again in %.1f s.", outcome, seconds)
        elif (
            len(batch) > 1
        ):  # one bad item does not spoil the others: the half of it, until it is found
            self._at_most = len(batch) // 2
        else:
            problems = getattr(outcome.error, "problems", ())
            self._remove(1, (Refused(batch[0], str(outcome.error), problems),))

    def _remove(self, count: int, refused: tuple[Refused, ...]) -> None:
        for _ in range(count):
            self._waiting -= len(self._items.popleft()[1].content)
        self._settled += count
        self._refused += refused
        self._kept += sum(len(each.item.content) for each in refused)
        self._failures, self.failure = 0, None
        self._at_most = self._limits.count

    def first_refused(self) -> Refused | None:
        """Return what the callback is to be told of next."""
        return self._refused[0] if self._refused and self._told_by_callback else None

    def told(self) -> None:
        """The callback was told of the first that was refused."""
        self._kept -= len(self._refused.popleft().item.content)

    def hurry(self) -> int:
        """Send what waits now at once; return the mark by which `is_past` knows it."""
        self._hurried = self._added
        return self._added

    def is_past(self, mark: int) -> bool:
        """Say whether all that waited when *mark* was set was answered, and its callback told."""
        return self._settled >= mark and self.first_refused() is None

    def is_hopeless(self, until: float) -> bool:
        """Say whether nothing will be delivered until then."""
        if self.failure is None:
            return False
        return not self.failure.again or self._not_before > until

    def take(self) -> Delivered:
        """Return what became of what was sent since the last time, refused items included."""
        refused = () if self._told_by_callback else tuple(self._refused)
        for _ in refused:
            self.told()
        delivered = Delivered(self._accepted, self._duplicates, refused)
        self._accepted = self._duplicates = 0
        return delivered

    def left(self) -> NotDelivered | None:
        """Return what is to be raised about that which waits, or was refused and nobody knows."""
        if not self._items and not self._refused:
            return None
        error = None if self.failure is None else self.failure.error
        if error is not None:
            why = str(error) or type(error).__name__
        elif self._refused:
            why = self._refused[0].problem
        else:
            why = "there was no time."
        found = NotDelivered([item for _, item in self._items], self._refused, why)
        found.__cause__ = error
        return found
