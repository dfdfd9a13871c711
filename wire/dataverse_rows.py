"""Flat rows, as the Web API answers them and flows pass them on: lookups are `_column_value`."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from journeys.changes import RecordChange, RecordRef
from journeys.table import Table
from wire.dataverse_messages import OPERATIONS, why_ignored
from wire.dataverse_values import moment
from wire.reading import Reading, Unreadable, change_of, said

_TABLE_OF = "@Microsoft.Dynamics.CRM.lookuplogicalname"
_LOOKUP = re.compile(r"_(.+)_value")
_LOOKUP_TYPE = re.compile(r"_(.+)_type")
_SEVERAL = re.compile(r"-?[0-9]{1,10}(,-?[0-9]{1,10})*")
_TYPE = re.compile(r"#Microsoft\.Dynamics\.CRM\.([a-z_][a-z0-9_]*)")


def typed(row: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Return the columns of *row* that *table* has, as they are kept; what does not fit stays as it is."""
    found = {
        name: _listed(value) if _is_several(table, name) else value
        for name, value in values_of(row).items()
        if table.column(name) is not None
    }
    return {**found, **table.read(found, lenient=True)[0]}


def _is_several(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and column.type == "multi_choice"


def _listed(value: Any) -> Any:
    """Return the choices of several, which the Web API writes one after the other."""
    if isinstance(value, str) and _SEVERAL.fullmatch(value):
        return [int(each) for each in value.split(",")]
    return value


def values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of *row*; a lookup whose table is not said is its bare id."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        lookup = _LOOKUP.fullmatch(name)
        if lookup is not None:
            table = row.get(name + _TABLE_OF) or _singular(row.get(f"_{lookup[1]}_type"))
            known = isinstance(table, str) and isinstance(value, str)
            found[lookup[1]] = RecordRef(str(table), value).as_lookup() if known else value
        elif "@" not in name and not _LOOKUP_TYPE.fullmatch(name):
            found[name] = value
    return found


def _singular(entity_set: Any) -> str | None:
    """Return the table of an *entity_set*, which flows name: Dataverse makes it by an English plural."""
    if not isinstance(entity_set, str):
        return None
    if entity_set.endswith("ies"):
        return entity_set.removesuffix("ies") + "y"
    return entity_set.removesuffix("s")


def is_passed_on(body: Any) -> bool:
    """Say whether *body* is what a Dataverse trigger of Power Automate gave its flow."""
    return isinstance(body, dict) and "SdkMessage" in body and "@odata.type" in body


def read_passed_on(body: Mapping[str, Any]) -> Reading:
    """Read the row that a flow passed on; raise Unreadable where it is none."""
    message, kind = body["SdkMessage"], body["@odata.type"]
    table = _TYPE.fullmatch(kind) if isinstance(kind, str) else None
    if not isinstance(message, str) or table is None:
        raise Unreadable(
            f"Expected a SdkMessage and an @odata.type such as #Microsoft.Dynamics.CRM.incident, "
            f"but they are {said(message)} and {said(kind)}."
        )
    if ignored := why_ignored(message, None):
        return Reading(ignored=(ignored,))
    values = values_of({name: each for name, each in body.items() if name not in _A_FLOW_S_OWN})
    record_id = (
        values.get(f"{table[1]}id") or values.get("activityid") or body.get("ItemInternalId")
    )
    if not isinstance(record_id, str) or not record_id:
        raise Unreadable(f"Expected the column {table[1]}id, but it is {said(record_id)}.")
    stamp = values.get("createdon" if OPERATIONS[message] == "create" else "modifiedon")
    return Reading((_change(body, message, RecordRef(table[1], record_id), values, stamp),))


_A_FLOW_S_OWN = ("SdkMessage", "ItemInternalId", "RunAsSystemUserId", "RowVersion")


def _change(
    body: Mapping[str, Any], message: str, record: RecordRef, values: dict[str, Any], stamp: Any
) -> RecordChange:
    deletes = OPERATIONS[message] == "delete"
    # Nothing names the notification, so it is the row itself that is the same when it comes again.
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
    return change_of(
        **({"id": digest} if stamp or deletes else {}),
        table=record.table,
        record_id=record.id,
        operation=OPERATIONS[message],
        values={} if deletes else values,
        occurred_at=moment(stamp),
    )
