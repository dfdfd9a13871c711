"""Converting: what stands in a body as text or a number, read as a value of another type."""

from collections.abc import Callable, Mapping
from typing import Any

from journeys.table import as_text
from wire.moments import moment

UNREADABLE = object()
"""What comes of something that is no value of that type."""


def text(found: Any) -> str:
    """Return *found* as JSON writes it, or as it is where it is text."""
    return str(found).lower() if isinstance(found, bool) else str(found)


def _number(found: Any) -> Any:
    if not isinstance(found, str):
        return (
            found if isinstance(found, int | float) and not isinstance(found, bool) else UNREADABLE
        )
    if not found:
        return None
    for kind in (int, float):
        try:
            return kind(found)
        except ValueError:
            continue
    return UNREADABLE


def _boolean(found: Any) -> Any:
    if isinstance(found, bool):
        return found
    return {"true": True, "false": False, "": None}.get(text(found).lower(), UNREADABLE)


def _moment(found: Any) -> Any:
    number = _number(found)
    if number is None:
        return None
    at = moment(found if number is UNREADABLE else number)
    return UNREADABLE if at is None else as_text(at)


def _date(found: Any) -> Any:
    at = _moment(found)
    if isinstance(at, str):
        return at[:10]
    return found if at is UNREADABLE and isinstance(found, str) else at


READERS: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda found: text(found) if isinstance(found, str | int | float) else UNREADABLE,
    "number": _number,
    "boolean": _boolean,
    "moment": _moment,
    "date": _date,
}
