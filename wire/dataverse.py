"""What a Dataverse webhook posts (a RemoteExecutionContext), read as record changes."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from journeys.changes import RecordChange, RecordRef
from wire.dataverse_messages import OPERATIONS, needed, values_set, why_ignored
from wire.dataverse_rows import is_passed_on, read_passed_on
from wire.dataverse_settings import CUT_OFF_HEADER, DataverseSettings
from wire.dataverse_tags import written_by
from wire.dataverse_values import attributes, image, moment, pairs
from wire.reading import Incomplete, Reading, Unreadable, change_of, said

_NO_ID = "00000000-0000-0000-0000-000000000000"
_CUT_OFF = (
    "Expected the record's values, but Dataverse leaves them out of a body over 256 KB: "
    "the record has to be read from Dataverse."
)


def read(body: Any, headers: Mapping[str, str], settings: DataverseSettings) -> Reading:
    """Read one parsed body; raise Unreadable, and nothing else, when it is not Dataverse's."""
    try:
        if is_passed_on(body):
            return read_passed_on(body)
        return _read(body, cut_off=CUT_OFF_HEADER in headers)
    except RecursionError as error:
        raise Unreadable("Expected a record, but its values are nested too deeply.") from error


def _read(body: Any, *, cut_off: bool) -> Reading:
    if not isinstance(body, dict):
        raise Unreadable(f"Expected a JSON object, but the body is {said(body)}.")
    message, sent = body.get("MessageName"), body.get("InputParameters")
    if not isinstance(message, str) or not message:
        raise Unreadable(f"Expected a MessageName, but it is {said(message)}.")
    if ignored := why_ignored(message, body.get("Stage")):
        return Reading(ignored=(ignored,))
    if sent is None or cut_off:
        change = _change(body, {}, {}, {})
        # A delete needs no values, so it is as good as whole.
        whole = change.operation == "delete"
        return Reading((change if whole else Incomplete(body, _CUT_OFF, change),))
    given = pairs(sent, "InputParameters")
    if message.endswith("Multiple"):
        return Reading(tuple(_changes_of_many(body, given)))
    target = needed(given, "EntityMoniker" if message.startswith("SetState") else "Target")
    # The post-image is what was stored; it leaves out empty columns, which only the Target clears.
    values = values_set(message, target, given) | image(
        body.get("PostEntityImages"), "PostEntityImages"
    )
    before = image(body.get("PreEntityImages"), "PreEntityImages")
    return Reading((_change(body, target, values, before),))


def _changes_of_many(body: dict[str, Any], given: Mapping[str, Any]) -> Iterable[RecordChange]:
    """Read the Targets; the ids of new records are in the OutputParameters, in the same order."""
    targets = needed(given, "Targets")
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
        **_writer(body),
    )


def _writer(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return who made the change: by the tag of the request, else the user; and how deep it is."""
    context: Any = body
    while isinstance(context, Mapping):
        tag = pairs(context.get("SharedVariables"), "SharedVariables").get("tag")
        if isinstance(tag, str) and tag:
            return written_by(tag)
        context = context.get("ParentContext")
    user = _first_name(body.get("InitiatingUserId"), body.get("UserId"))
    return {"actor": str(RecordRef("systemuser", user)) if user else None}


def _first_name(*candidates: Any) -> str | None:
    """Return the first that names something: Dataverse also writes "none" and an id of zeros."""
    nothing = ("", "none", _NO_ID)
    return next(
        (each for each in candidates if isinstance(each, str) and each not in nothing), None
    )
