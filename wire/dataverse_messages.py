"""Which messages of Dataverse change records, and the columns that each of them sets."""

from collections.abc import Mapping
from typing import Any

from journeys.changes import Operation
from wire.dataverse_values import attributes, value
from wire.reading import Unreadable

OPERATIONS: Mapping[str, Operation] = {
    "Create": "create", "CreateMultiple": "create", "OnExternalCreated": "create",
    "Update": "update", "UpdateMultiple": "update", "OnExternalUpdated": "update",
    "Assign": "update", "SetState": "update", "SetStateDynamicEntity": "update",
    "Delete": "delete", "OnExternalDeleted": "delete",
}  # fmt: skip
SAID_BY_AN_UPDATE = ("Close", "Win", "Lose", "Fulfill", "Cancel", "QualifyLead", "Merge")

_BEFORE_IT_IS_STORED = (10, 20)  # the stages PreValidation and PreOperation


def why_ignored(message: str, stage: Any) -> str | None:
    """Return why nothing comes of a *message*, or None where something does."""
    if message in SAID_BY_AN_UPDATE:
        return f"Expected the Update that goes with it, but the message is {message}."
    if message not in OPERATIONS:
        return f"Expected a message that changes a record's columns, but it is {message:.80}."
    if stage in _BEFORE_IT_IS_STORED:
        return f"Expected a step at stage 40, after the change is stored, but it is at {stage}."
    return None


def values_set(message: str, target: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that *message* sets; those that were not submitted are absent."""
    if OPERATIONS[message] == "delete":
        return {}
    if message == "Assign":
        return {"ownerid": value(needed(given, "Assignee"))}
    if message.startswith("SetState"):
        state, reason = value(needed(given, "State")), value(given.get("Status"))
        # -1 asks for the default reason of the state, which only Dataverse knows.
        known = {} if reason in (None, -1) else {"statuscode": reason}
        return {"statecode": state} | known
    return attributes(target, "a Target")


def needed(given: Mapping[str, Any], name: str) -> Any:
    """Return the parameter *name*; raise Unreadable where it is missing."""
    if given.get(name) is None:
        raise Unreadable(f"Expected {name} in the InputParameters, but it is missing.")
    return given[name]
