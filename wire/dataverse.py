"""What a Dataverse webhook posts (a RemoteExecutionContext), read as record changes."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from journeys.changes import Operation, RecordChange, RecordRef
from wire.dataverse_values import attributes, image, moment, pairs, value
from wire.reading import Reading, Refused, Settings, Unreadable, change_of, said

OPERATIONS: Mapping[str, Operation] = {
    "Create": "create", "CreateMultiple": "create", "OnExternalCreated": "create",
    "Update": "update", "UpdateMultiple": "update", "OnExternalUpdated": "update",
    "Assign": "update", "SetState": "update", "SetStateDynamicEntity": "update",
    "Delete": "delete", "OnExternalDeleted": "delete",
}  # fmt: skip
SAID_BY_AN_UPDATE = ("Close", "Win", "Lose", "Fulfill", "Cancel", "QualifyLead", "Merge")

_BEFORE_IT_IS_STORED = (10, 20)  # the stages PreValidation and PreOperation
_NO_ID = "00000000-0000-0000-0000-000000000000"
_CUT_OFF_HEADER = "x-ms-dynamics-msg-size-exceeded"
_CUT_OFF = (
    "Expected the record's values, but Dataverse leaves them out of a body over 256 KB: "
    "the record has to be read from Dataverse."
)


class DataverseSettings(Settings):
    """Nothing has to be said of a Dataverse environment to read what it posts."""

    @property
    def heard(self) -> tuple[str, ...]:
        return (_CUT_OFF_HEADER,)


def read(body: Any, headers: Mapping[str, str], settings: DataverseSettings) -> Reading:
    """Read one parsed body; raise Unreadable, and nothing else, when it is not Dataverse's."""
    try:
        return _read(body, cut_off=_CUT_OFF_HEADER in headers)
    except RecursionError as error:
        raise Unreadable("Expected a record, but its values are nested too deeply.") from error


def _read(body: Any, *, cut_off: bool) -> Reading:
    if not isinstance(body, dict):
        raise Unreadable(f"Expected a JSON object, but the body is {said(body)}.")
    message, sent = body.get("MessageName"), body.get("InputParameters")
    if not isinstance(message, str) or not message:
        raise Unreadable(f"Expected a MessageName, but it is {said(message)}.")
    if ignored := _why_ignored(message, body.get("Stage")):
        return Reading(ignored=(ignored,))
    if sent is None or cut_off:
        change = _change(body, {}, {}, {})
        # A delete needs no values, so it is as good as whole.
        return Reading((change if change.operation == "delete" else Refused(body, _CUT_OFF),))
    given = pairs(sent, "InputParameters")
    if message.endswith("Multiple"):
        return Reading(tuple(_changes_of_many(body, given)))
    target = _needed(given, "EntityMoniker" if message.startswith("SetState") else "Target")
    # The post-image is what was stored; it leaves out empty columns, which only the Target clears.
    values = _values(message, target, given) | image(
        body.get("PostEntityImages"), "PostEntityImages"
    )
    before = image(body.get("PreEntityImages"), "PreEntityImages")
    return Reading((_change(body, target, values, before),))


def _why_ignored(message: str, stage: Any) -> str | None:
    if message in SAID_BY_AN_UPDATE:
        return f"Expected the Update that goes with it, but the message is {message}."
    if message not in OPERATIONS:
        return f"Expected a message that changes a record's columns, but it is {message:.80}."
    if stage in _BEFORE_IT_IS_STORED:
        return f"Expected a step at stage 40, after the change is stored, but it is at {stage}."
    return None


def _values(message: str, target: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that *message* sets; those that were not submitted are absent."""
    if OPERATIONS[message] == "delete":
        return {}
    if message == "Assign":
        return {"ownerid": value(_needed(given, "Assignee"))}
    if message.startswith("SetState"):
        state, reason = value(_needed(given, "State")), value(given.get("Status"))
        # -1 asks for the default reason of the state, which only Dataverse knows.
        known = {} if reason in (None, -1) else {"statuscode": reason}
        return {"statecode": state} | known
    return attributes(target, "a Target")


def _changes_of_many(body: dict[str, Any], given: Mapping[str, Any]) -> Iterable[RecordChange]:
    """Read the Targets; the ids of new records are in the OutputParameters, in the same order."""
    targets = _needed(given, "Targets")
    entities = targets.get("Entities") if isinstance(targets, dict) else targets
    if not isinstance(entities, list):
        raise Unreadable(f"Expected Targets to be a list of records, but it is {said(targets)}.")
    new = pairs(body.get("OutputParameters"), "OutputParameters").get("Ids")
    for index, entity in enumerate(entities):
        values = attributes(entity, f"Targets/{index}")
        known = new[index] if isinstance(new, list) and index < len(new) else None
        one = body | {"PrimaryEntityId": _first_name(entity.get("Id"), known)}
        yield _change(one, entity, values, {})


def _change(
    body: Mapping[str, Any], target: Any, values: dict[str, Any], before: dict[str, Any]
) -> RecordChange:
    message, organization = body["MessageName"], body.get("OrganizationId")
    named = target if isinstance(target, dict) else {}
    created = pairs(body.get("OutputParameters"), "OutputParameters").get("id")
    record_id = _first_name(body.get("PrimaryEntityId"), named.get("Id"), created)
    table = _first_name(body.get("PrimaryEntityName"), named.get("LogicalName"))
    if record_id is None or table is None:
        raise Unreadable(
            "Expected a table and a record id, but neither the body nor a Target has them."
        )
    step = body.get("OwningExtension")
    # OperationId alone will not do: in a synchronous step the whole pipeline shares it.
    firing = [
        organization,
        body.get("OperationId"),
        step.get("Id") if isinstance(step, dict) else None,
    ]
    firing += [message, table, record_id, body.get("Depth"), body.get("OperationCreatedOn")]
    stamp = values.get({"create": "createdon", "update": "modifiedon"}.get(OPERATIONS[message], ""))
    return change_of(
        id=hashlib.sha256(json.dumps(firing).encode()).hexdigest()[:32],
        source=f"dataverse:{organization}" if isinstance(organization, str) else "dataverse",
        table=table,
        record_id=record_id,
        operation=OPERATIONS[message],
        values=values,
        before=before or None,
        occurred_at=moment(stamp) or moment(body.get("OperationCreatedOn"), local=True),
        actor=_actor(body),
    )


def _actor(body: Mapping[str, Any]) -> str | None:
    """Return the tag that the writer gave its request, else the user who made the change."""
    context: Any = body
    while isinstance(context, Mapping):
        tag = pairs(context.get("SharedVariables"), "SharedVariables").get("tag")
        if isinstance(tag, str) and tag:
            return tag
        context = context.get("ParentContext")
    user = _first_name(body.get("InitiatingUserId"), body.get("UserId"))
    return str(RecordRef("systemuser", user)) if user else None


def _needed(given: Mapping[str, Any], name: str) -> Any:
    if given.get(name) is None:
        raise Unreadable(f"Expected {name} in the InputParameters, but it is missing.")
    return given[name]


def _first_name(*candidates: Any) -> str | None:
    """Return the first that names something: Dataverse also writes "none" and an id of zeros."""
    nothing = ("", "none", _NO_ID)
    return next(
        (each for each in candidates if isinstance(each, str) and each not in nothing), None
    )
