"""The values inside a Dataverse body: its lists of key and value, attributes, images and dates."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from journeys.changes import RecordRef
from journeys.table import as_text
from wire.reading import Unreadable, said

_DATE = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/", re.ASCII)
_PLATFORMS_OWN_IMAGE = "AsynchronousStepPrimaryName"  # holds only the record's name and id


def pairs(value: Any, where: str) -> dict[str, Any]:
    """Return Dataverse's list of key and value as a dictionary; nothing at all is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, list):
        raise Unreadable(f"Expected {where} to be a list, but it is {said(value)}.")
    found = {}
    for each in value:
        if not (isinstance(each, dict) and isinstance(each.get("key"), str)):
            raise Unreadable(f"Expected {where} to hold keys and values, but it has {said(each)}.")
        found[each["key"]] = each.get("value")
    return found


def attributes(entity: Any, where: str) -> dict[str, Any]:
    """Return the columns of *entity*; null stays None (cleared), what was not sent stays absent."""
    if not (isinstance(entity, Mapping) and isinstance(entity.get("Attributes"), list)):
        raise Unreadable(f"Expected {where} with Attributes, but it is {said(entity)}.")
    return {name: value(each) for name, each in pairs(entity["Attributes"], where).items()}


def image(images: Any, where: str) -> dict[str, Any]:
    """Return the columns of all registered *images* together."""
    merged: dict[str, Any] = {}
    for alias, entity in pairs(images, where).items():
        if alias != _PLATFORMS_OWN_IMAGE:
            merged |= attributes(entity, where)
    return merged


def value(sent: Any) -> Any:
    """Return an attribute's value as our tables have it; what we do not know stays as it came."""
    plain = sent
    match sent:
        case str():
            seen = moment(sent) if sent.startswith("/Date(") else None
            plain = as_text(seen) if seen else sent
        case list() | {"Entities": list()}:
            plain = [value(each) for each in (sent["Entities"] if isinstance(sent, dict) else sent)]
        case {"Attributes": list()}:
            plain = attributes(sent, "a record inside a value")
        case {"LogicalName": str(table), "Id": str(record_id)}:
            plain = RecordRef(table, record_id).as_lookup()
        case {"__type": str(), "Value": inner}:
            plain = inner
        case _:
            pass
    return plain


def moment(sent: Any, *, local: bool = False) -> datetime | None:
    """Read `/Date(ms)/` or ISO 8601 with an offset; None when *sent* is neither.

    The milliseconds are UTC whatever the offset, except (*local*) in OperationCreatedOn: there
    real bodies are wrong by exactly the offset.
    """
    if not isinstance(sent, str):
        return None
    try:
        if found := _DATE.fullmatch(sent):
            utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
            return utc + _offset(found[2]) if local and found[2] else utc
        read = datetime.fromisoformat(sent)
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> timedelta:
    length = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return -length if text[0] == "-" else length
