"""Sending: whether a message may leave, decided immediately before it would."""

from dataclasses import dataclass

from journeys.changes import RecordRef, Values


@dataclass(frozen=True)
class Send:
    """It may leave, to this contact point."""

    to: str


@dataclass(frozen=True)
class Block:
    """It may not leave, and why."""

    reason: str


def decide(
    channel: str, person: RecordRef, values: Values | None, contact_point: str | None
) -> Send | Block:
    """Decide on a message to *person*, whose record has *values* (None = there is no such record)."""
    if values is None:
        return Block(f"no such {person.table}")
    if contact_point is None:
        return Block(f"no {channel} address")
    return Send(contact_point)
