"""What any system posts as CloudEvents 1.0: one or a batch of them, said in the body or in headers."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from journeys.changes import LONGEST_ID, RecordChange, SentTrigger
from wire import mapped
from wire.mapping import MappingSettings
from wire.moments import moment
from wire.nesting import is_deeper
from wire.reading import Reading, Refused, Unreadable, said

STRUCTURED = "application/cloudevents"
"""How the content type begins of a body that is events; else headers say what the event is."""

_NAMED = ("id", "source", "type")
_ATTRIBUTES = ("ce-specversion", *(f"ce-{name}" for name in _NAMED))
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DEEPEST = 100


def opened(
    content: bytes, headers: Mapping[str, str], parsed: Callable[[bytes], Any]
) -> Any | Refused:
    """Return the event, or the events, of a request, with data as JSON wherever it is that.

    Refused where a header is no text.
    """
    media = headers.get("content-type", "")
    if media.lower().startswith(STRUCTURED) or not any(name in headers for name in _ATTRIBUTES):
        body = parsed(content)
        return [_unpacked(each) for each in body] if isinstance(body, list) else _unpacked(body)
    event: dict[str, Any] = {"datacontenttype": media} if media else {}
    wrong = []
    for name, value in headers.items():
        if name.startswith("ce-") and name != "ce-datacontenttype":
            try:
                event[name[3:]] = _text(value)
            except UnicodeError:
                event[name[3:]] = value
                wrong.append(f"Expected the header {name:.40} to be UTF-8, but its bytes are not.")
    if content and _is_json(media):
        event["data"] = parsed(content)
    elif content:
        event["data_base64"] = base64.b64encode(content).decode()
    return Refused(event, " ".join(wrong)) if wrong else event


def read(body: Any, headers: Mapping[str, str], settings: MappingSettings) -> Reading:
    """Read one event or a list; raise Unreadable, and nothing else, where the body is neither."""
    if not isinstance(body, list | dict):
        raise Unreadable(f"Expected an event or a list of them, but the body is {said(body)}.")
    readings = [_read(each, settings) for each in (body if isinstance(body, list) else [body])]
    return Reading(
        tuple(item for reading in readings for item in reading.items),
        tuple(why for reading in readings for why in reading.ignored),
    )


def _read(event: Any, settings: MappingSettings) -> Reading:
    if problems := list(_problems(event)):
        return Reading((Refused(event, " ".join(problems)),))
    # An attribute that is null is not there.
    there = {name: value for name, value in event.items() if value is not None or name == "data"}
    reading = mapped.read(there | {"id": _short(event["id"])}, {}, settings)
    return Reading(tuple(_of_event(item, event) for item in reading.items), reading.ignored)


def _of_event(
    item: RecordChange | SentTrigger | Refused, event: dict[str, Any]
) -> RecordChange | SentTrigger | Refused:
    if isinstance(item, Refused):
        return Refused(event, item.problem)
    if event.get("data_base64") is not None and getattr(item, "operation", "") != "delete":
        found = f"{event.get('datacontenttype') or 'none'!s:.80}"
        return Refused(event, f"Expected data that is JSON, but what is in data_base64 is {found}.")
    return item.model_copy(update={"source": _short(f"cloudevents:{event['source']}")})


def _problems(event: Any) -> Iterator[str]:
    """Yield what keeps *event* from being one, as the specification has it."""
    if not isinstance(event, dict):
        yield f"Expected an event, but it is {said(event)}."
        return
    version = event.get("specversion")
    if version != "1.0":
        found = f"{version:.20}" if isinstance(version, str) else said(version)
        yield f"Expected specversion 1.0, but it is {found}."
    for name in _NAMED:
        if not isinstance(event.get(name), str) or not event[name]:
            found = "empty" if event.get(name) == "" else said(event.get(name))
            yield f"Expected {name} to be text, but it is {found}."
    time = event.get("time")
    if time is not None and not (isinstance(time, str) and moment(time)):
        yield "Expected time to be a moment such as 2027-03-01T12:00:00Z, but it is not."
    if event.get("data") is not None and event.get("data_base64") is not None:
        yield "Expected data or data_base64, but there are both."


def _unpacked(event: Any) -> Any:
    """Return *event* with what its data_base64 says as its data, where that is JSON."""
    if not isinstance(event, dict) or not isinstance(event.get("data_base64"), str):
        return event
    if "data" in event or not _is_json(event.get("datacontenttype")):
        return event
    try:
        content = base64.b64decode(event["data_base64"], validate=True)
        if is_deeper(content, _DEEPEST):
            return event
        data = orjson.loads(content)
    except ValueError:  # no base64, or no JSON in it
        return event
    return {**{name: event[name] for name in event if name != "data_base64"}, "data": data}


def _is_json(media: Any) -> bool:
    """Say whether *media* names JSON; what does not say what it is, is that."""
    kind = media.partition(";")[0].strip().lower() if isinstance(media, str) else ""
    return kind in {"", "application/json", "text/json"} or kind.endswith("+json")


def _text(header: str) -> str:
    """Return what a *header* says; raise UnicodeError where that is no text.

    A quoted string is taken out of its quotes first, and what is percent-encoded decoded once.
    """
    if quoted := _QUOTED.fullmatch(header.strip()):
        header = re.sub(r"\\(.)", r"\1", quoted[1])
    return unquote_to_bytes(header.encode("latin-1")).decode()


def _short(name: str) -> str:
    """Return *name*, or what stands for one that is longer than any id can be."""
    return name if len(name) <= LONGEST_ID else hashlib.sha256(name.encode()).hexdigest()
