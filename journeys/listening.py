"""Listening: which later trigger moves an instance, and whether it is about this instance."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from journeys.changes import RecordRef, TriggerFired
from journeys.condition import Condition
from journeys.equality import equal
from journeys.facts import Read
from journeys.field import steps_of
from journeys.trigger import Name

CONDITION_HOLDS = "condition holds"

Match = dict[str, str] | Literal["person", "record"]
"""Pairs of fields that must be equal (`{"event.caseid": "trigger.incidentid"}`), any record of the
person, or the instance's own record."""


class Listening(BaseModel):
    """What is listened for: a *trigger*, with a filter on it and a match to this instance, or a *condition*.

    The condition is on the records and the person, as they are whenever one of them changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trigger: Name | None = None
    filter: Condition | None = None
    match: Match | None = None
    condition: Condition | None = None

    @model_validator(mode="after")
    def _one_thing_listened_for(self) -> Self:
        require_one(self.trigger, self.condition, self.filter, self.match)
        return self


def require_one(trigger: object, condition: object, *of_trigger: object) -> None:
    """Raise ValueError with a sentence unless there is either a trigger or a condition.

    *of_trigger* are settings that belong to a trigger.
    """
    if (trigger is None) == (condition is None):
        raise ValueError("Expected either trigger or condition, but there are both or none.")
    if trigger is None and any(each is not None for each in of_trigger):
        raise ValueError("Expected filter and match only with trigger.")


def pairs_of(match: Match | None) -> Iterator[tuple[str, str]]:
    """Yield the pairs of *match* that compare a field of `event` with one of `trigger`, in this order."""
    for pair in match.items() if isinstance(match, dict) else ():
        roots = [steps_of(side)[0] for side in pair]
        if roots == ["event", "trigger"]:
            yield pair
        elif roots == ["trigger", "event"]:
            yield pair[1], pair[0]


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
