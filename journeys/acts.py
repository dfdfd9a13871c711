"""Acts: the triggers and record changes that a journey itself brings about."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journeys.changes import PersonRef, RecordChange, RecordRef, SentTrigger
from journeys.saying import Saying
from journeys.visit import Writing


@dataclass(frozen=True)
class Actor:
    """An instance that acts on a tile: its journey and person, how deep in a chain it is, and when.

    *key* is of this one visit: whatever is tried again is the same act.
    """

    journey: str
    person: RecordRef
    key: str
    depth: int
    at: datetime

    @property
    def name(self) -> str:
        return f"journey/{self.journey}"

    def fires(
        self, trigger: str, attributes: Mapping[str, Any], binding: str | None, saying: Saying
    ) -> SentTrigger:
        """Return *trigger* as this instance fires it; raise ValueError where a value cannot be had."""
        about = None
        if binding is not None:
            about = RecordRef.of(saying.facts.read(binding))
            if about is None:
                raise ValueError(f"Expected {binding} to lead to a record, but it leads to none.")
        return SentTrigger(
            trigger=trigger,
            person=PersonRef(table=self.person.table, id=self.person.id),
            attributes=saying.value(dict(attributes)),
            binding=about,
            id=self.key,
            source=self.name,
            occurred_at=self.at,
            actor=self.name,
            depth=self.depth,
        )

    def writes(
        self,
        operation: Writing,
        where: str,
        values: Mapping[str, Any],
        saying: Saying,
    ) -> RecordChange:
        """Return the change by which this instance creates a record in table *where*, or updates that of a field.

        An upsert is of a new record too, until it is `found`. Raises ValueError where there is no
        such record, or a value cannot be had.
        """
        record: RecordRef | None
        if operation != "update":
            record = RecordRef(where, new_id(self.key))
        else:
            record = RecordRef.of(saying.facts.read(where))
            if record is None or saying.facts.lookup(record) is None:
                raise ValueError(
                    f"Expected {where} to be a record that is there, but there is none."
                )
        return RecordChange(
            id=self.key,
            source=self.name,
            table=record.table,
            record_id=record.id,
            operation=operation,
            values={name: saying.value(given) for name, given in values.items()},
            occurred_at=self.at,
            actor=self.name,
            depth=self.depth,
        )


def key_of(instance: str, tile: str, visits: int) -> str:
    """Return the key of what an instance does on its *visits*th visit of a tile."""
    return f"{instance}-{tile}-{visits}"


def new_id(key: str) -> str:
    """Return the id of the record that is created with *key*: a GUID, the same each time."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    # Version 8 is for ids that are made in a way of one's own (RFC 9562).
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
