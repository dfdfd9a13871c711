"""Missed: entries that came to nothing, as they are kept, and as they are decided again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from journeys.admission import Cut, Nobody
from journeys.changes import RecordChanged, RecordRef, TriggerFired
from journeys.entering import NO_SUCH_PERSON, Refuse
from store.columns import new_id
from store.refused import RefusedRow

_FIRED, _CHANGED = TypeAdapter(TriggerFired), TypeAdapter(RecordChanged)


@dataclass(frozen=True)
class Missed:
    """What found nobody, and may find somebody by now.

    Of a trigger that fired for a person nobody had told us of, the *journey* they did not enter; of
    a record's change whose way led to nobody, the *trigger* it did not fire.
    """

    happened: TriggerFired | RecordChanged
    trigger: str
    journey: str | None = None

    @classmethod
    def of(cls, row: RefusedRow) -> "Missed | None":
        """Return what *row* keeps, or None where deciding again would come to the same."""
        happened = row.change.get("happened") if isinstance(row.change, dict) else None
        if row.what != "entry" or happened is None:
            return None
        kind: TypeAdapter[Any] = _FIRED if row.reason == NO_SUCH_PERSON else _CHANGED
        return cls(kind.validate_python(happened), row.trigger or "", row.journey)


def refusal_of(missed: Refuse | Cut | Nobody, now: datetime) -> RefusedRow:
    """Return how it is kept that nobody entered; what may be decided again with what happened."""
    if isinstance(missed, Nobody):
        changed = missed.changed
        row = _row(missed, changed.event_id, changed.record, now)
        row.trigger = missed.trigger.name
        row.change["happened"] = to_jsonable_python(changed._asdict())
        return row
    fired = missed.fired
    row = _row(missed, fired.event_id, fired.binding, now)
    row.trigger, row.person, row.values = fired.trigger, str(fired.person), dict(missed.seen)
    if isinstance(missed, Refuse):
        row.journey = missed.version.journey.name
        if missed.reason == NO_SUCH_PERSON:
            row.change["happened"] = _FIRED.dump_python(fired, mode="json")
    return row


def _row(
    missed: Refuse | Cut | Nobody, event_id: str, binding: RecordRef | None, now: datetime
) -> RefusedRow:
    about = None if binding is None else str(binding)
    return RefusedRow(
        id=new_id(now),
        at=now,
        what="entry",
        reason=missed.reason,
        problem=missed.why,
        change={"event_id": event_id, "binding": about},
    )
