"""Sending: whether a message may leave, decided immediately before it would."""

from dataclasses import dataclass

from journeys.changes import RecordRef, Values
from journeys.table import Table


@dataclass(frozen=True)
class Send:
    """It may leave, to this contact point."""

    to: str


@dataclass(frozen=True)
class Block:
    """It may not leave, and why."""

    reason: str


def decide(
    channel: str, person: RecordRef, table: Table | None, values: Values | None
) -> Send | Block:
    """Decide on a message to *person*, whose record has *values* (None = there is no such record)."""
    if values is None:
        return Block(f"no such {person.table}")
    column = getattr(table.audience, channel, None) if table is not None else None
    contact_point = values.get(column) if column else None
    if not isinstance(contact_point, str) or not contact_point.strip():
        return Block(f"no {channel} address")
    return Send(contact_point.strip())
