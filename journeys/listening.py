"""Listening: which later trigger moves an instance, and whether it is about this instance."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from journeys.changes import RecordRef, TriggerFired
from journeys.condition import Condition
from journeys.equality import equal
from journeys.facts import Read
from journeys.trigger import Name

Match = dict[str, str] | Literal["person", "record"]
"""Pairs of fields that must be equal (`{"event.caseid": "trigger.incidentid"}`), any record of the
person, or the instance's own record."""


class Listening(BaseModel):
    """A trigger that is listened for, a filter on it, and a match to this instance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trigger: Name
    filter: Condition | None = None
    match: Match | None = None


def concerns(
    match: Match | None,
    fired: TriggerFired,
    person: RecordRef,
    binding: RecordRef | None,
    read: Read,
) -> bool:
    """Say whether *fired* is about the instance of *person* and *binding*.

    Without a match of its own: same table, same record is concerned and another record is not;
    another table, or no binding on either side, is concerned when the person is the same.
    """
    if isinstance(match, dict):
        return all(equal(read(left), read(right)) for left, right in match.items())
    if match == "person":
        return fired.person == person
    if match == "record":
        return binding is not None and fired.binding == binding
    if fired.binding is not None and binding is not None and fired.binding.table == binding.table:
        return fired.binding == binding
    return fired.person == person
