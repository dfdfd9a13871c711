"""What the libraries of Segment and RudderStack send: calls, read as custom triggers and records."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from unicodedata import normalize

from journeys.changes import RecordChange, SentTrigger
from wire.moments import moment
from wire.reading import Reading, Unreadable, change_of, each_read, said, trigger_of
from wire.traits import PATH, RECEIVED, SegmentSettings

OF_ONE = {f"/v1/{kind}": kind for kind in ("track", "identify", "group", "page", "screen", "alias")}
"""The URLs for one call each, and the type that it has there without saying so."""

MOST = 2_500
"""How many calls may be in a batch, as Segment has it."""

_MINUTE = timedelta(minutes=1)


def read(body: Any, headers: Mapping[str, str], settings: SegmentSettings) -> Reading:
    """Read one parsed body; raise Unreadable, and nothing else, when there are no calls in it."""
    if not isinstance(body, dict):
        raise Unreadable(f"Expected a JSON object, but the body is {said(body)}.")
    kind = OF_ONE.get(headers.get(PATH, ""))
    calls = body.get("batch", [{"type": kind, **body} if kind else body])
    if not isinstance(calls, list):
        raise Unreadable(f"Expected batch to be a list, but it is {said(calls)}.")
    if len(calls) > MOST:
        raise Unreadable(f"Expected at most {MOST} calls in a batch, but there are {len(calls)}.")
    sent_at = body.get("sentAt")
    behind = _behind(moment(sent_at), moment(headers.get(RECEIVED)))
    calls = [{"sentAt": sent_at, **each} if isinstance(each, dict) else each for each in calls]
    return each_read(calls, lambda call: _said_by(call, behind, settings))


def _said_by(
    call: Any, behind: timedelta, settings: SegmentSettings
) -> RecordChange | SentTrigger | str:
    """Return what *call* says, or the sentence why it is ignored."""
    if not isinstance(call, dict):
        raise Unreadable(f"Expected a call to be an object, but it is {said(call)}.")
    kind = call.get("type")
    if not isinstance(kind, str):
        raise Unreadable(f"Expected a call with a type, but it is {said(kind)}.")
    if kind not in {"track", "identify", "group"}:
        return f"Expected a track, identify or group, but the call is {kind:.80}."
    named = {"id": call.get("messageId"), "occurred_at": _occurred_at(call, behind)}
    if kind == "group":
        row, group = settings.group(_object(call, "traits")), _id(call, "groupId")
        return change_of(
            table=settings.groups, record_id=group, operation="upsert", values=row, **named
        )
    if call.get("userId") in (None, "") and call.get("anonymousId"):
        return f"Expected a {kind} with a userId, but it has an anonymousId, which means nobody."
    user = _id(call, "userId")
    if kind == "identify":
        # RudderStack's library for Python has the traits of a person in the context alone.
        traits = _object(_object(call, "context"), "traits") | _object(call, "traits")
        row = settings.person(traits)
        return change_of(
            table=settings.people, record_id=user, operation="upsert", values=row, **named
        )
    person = {"table": settings.people, "id": user}
    attributes = _object(call, "properties")
    return trigger_of(
        trigger=slug(call.get("event")), person=person, attributes=attributes, **named
    )


def slug(event: Any) -> str:
    """Return what the trigger of *event* is called: `Order Completed` fires `order-completed`."""
    if not isinstance(event, str):
        raise Unreadable(f"Expected the name of an event, but it is {said(event)}.")
    letters = normalize("NFKD", event).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", letters))


def _object(call: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = call.get(name)
    if found is not None and not isinstance(found, dict):
        raise Unreadable(f"Expected {name} to be an object, but it is {said(found)}.")
    return found or {}


def _id(call: Mapping[str, Any], name: str) -> str:
    found = call.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise Unreadable(f"Expected a {name}, but it is {said(found)}.")
    return str(found)


def _occurred_at(call: Mapping[str, Any], behind: timedelta) -> datetime | None:
    """Return when *call* was made, by our clock; None where it does not say."""
    told = (moment(call.get(name)) for name in ("timestamp", "originalTimestamp", "sentAt"))
    try:
        return next((at + behind for at in told if at is not None), None)
    except OverflowError:
        return None


def _behind(sent: datetime | None, received: datetime | None) -> timedelta:
    """Return by how much the sender's clock is behind ours, in whole minutes.

    What was a little longer on its way than another has not happened later.
    """
    if sent is None or received is None:
        return timedelta(0)
    return round((received - sent) / _MINUTE) * _MINUTE
