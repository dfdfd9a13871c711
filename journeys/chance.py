"""Chance: an instance's own number for a tile, and the way that it falls on."""

import hashlib
from collections.abc import Sequence

_BITS = 53
"""What a float holds exactly."""


def number_of(instance: str, tile: str) -> float:
    """Return the number of *instance* for *tile*, from 0 to below 100.

    It is spread evenly over instances, and the same whenever and wherever it is asked for: there
    is no chance in it that a replay would have to be told of.
    """
    digest = hashlib.sha256(f"{instance}/{tile}".encode()).digest()
    return float((int.from_bytes(digest[:8]) >> (64 - _BITS)) * 100 / 2**_BITS)


def fallen_on(number: float, weights: Sequence[float]) -> int:
    """Return which of *weights* the *number* (from 0 to below 100) falls on; one of 0 is never it.

    Raises ValueError where all of them are 0.
    """
    total, reached = sum(weights), 0.0
    for index, weight in enumerate(weights):
        reached += weight
        if weight > 0 and number * total < reached * 100:
            return index
    # What was added up in decimals may fall short of the whole by a hair.
    return max(index for index, weight in enumerate(weights) if weight > 0)
