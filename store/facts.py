"""What conditions and messages of an instance may read, answered from the mirror."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from journeys.changes import RecordRef, TriggerFired, Values
from journeys.facts import Facts, Lookup
from journeys.journey import Version
from store.fired import FiredRow
from store.records import record


def lookup_in(session: Session) -> Lookup:
    """Return a lookup that answers from the mirror as this transaction sees it."""

    def lookup(ref: RecordRef) -> Values | None:
        row = record(session, ref)
        return None if row is None else row.values

    return lookup


def facts(
    session: Session,
    version: Version,
    person: RecordRef,
    binding: RecordRef | None,
    trigger: Mapping[str, Any],
    *,
    event: TriggerFired | None = None,
    brought: Mapping[str, str] | None = None,
) -> Facts:
    """Return what one instance may read: *brought* names, by tile, the fired trigger it brings."""
    tiles = {
        tile: row.facts
        for tile, fired_id in (brought or {}).items()
        if (row := session.get(FiredRow, fired_id)) is not None
    }
    journey = version.journey
    roots = {
        "trigger": trigger,
        "record": binding,
        "person": person,
        "tiles": tiles,
        "journey": {"name": journey.name, "title": journey.title, "version": version.number},
    }
    if event is not None:
        roots["event"] = {**event.values, "before": event.before}
    return Facts(roots, lookup_in(session))
