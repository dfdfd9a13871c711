"""Equality: when two values are the same to people, and when one is empty."""

import hashlib
import unicodedata
from datetime import UTC, datetime
from typing import Any

from journeys.changes import RecordRef
from journeys.moments import point_of


def is_empty(value: Any) -> bool:
    """Say whether *value* is missing: null, an empty text or an empty list."""
    return value is None or value in ("", [], ())


def equal(left: Any, right: Any) -> bool:
    """Compare as people would: text without regard to case, moments by their instant, lists as sets.

    A lookup equals the same lookup and the id of its record. What is empty equals nothing.
    """
    if is_empty(left) or is_empty(right):
        return False
    if isinstance(left, list | tuple) or isinstance(right, list | tuple):
        lefts, rights = listed(left), listed(right)
        return all_in(lefts, rights) and all_in(rights, lefts)
    return _same(left, right)


def likeness(value: Any) -> str | None:
    """Return a text that is the same for all values that are `equal` to *value*; None where none is.

    Others may have it too, if seldom: it is for finding, and `equal` decides.
    """
    if is_empty(value):
        return None
    alike = sorted({_likeness(each) for each in listed(value)})
    return hashlib.sha256("\n".join(alike).encode()).hexdigest()


def _likeness(value: Any) -> str:
    ref = RecordRef.of(value)
    value = ref.id if ref else value
    if isinstance(value, str):
        try:
            point = point_of(folded(value).upper())
        except ValueError:
            point = None
        return point.astimezone(UTC).isoformat() if isinstance(point, datetime) else folded(value)
    return str(hash(value)) if isinstance(value, int | float) else ""


def _same(left: Any, right: Any) -> bool:
    left_ref, right_ref = RecordRef.of(left), RecordRef.of(right)
    if left_ref and right_ref:
        return left_ref == right_ref
    left, right = left_ref.id if left_ref else left, right_ref.id if right_ref else right
    if isinstance(left, str) and isinstance(right, str):
        return folded(left) == folded(right) or _same_instant(left, right)
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def listed(value: Any) -> tuple[Any, ...]:
    """Return *value* as several: itself alone where it is one."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def all_in(some: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    """Say whether each of *some* equals one of *others*."""
    return all(any(_same(one, other) for other in others) for one in some)


def folded(text: str) -> str:
    """Fold case and the ways of writing an accent, so that what looks the same is the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _same_instant(left: str, right: str) -> bool:
    try:
        one, other = point_of(left), point_of(right)
    except ValueError:
        return False
    return isinstance(one, datetime) and one == other
