"""Paging: lists that are answered in pages, each with a cursor to the next."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, TypeAdapter

from api.bodies import parsed_json
from api.errors import GatewayError, Malformed
from journeys.changes import RecordRef
from journeys.problem import Problem

T = TypeVar("T")
Row = TypeVar("Row")


class Page(BaseModel, Generic[T]):
    """Some of many; *next* is the cursor of what follows, null where nothing does."""

    items: list[T]
    next: str | None

    @classmethod
    def whole(cls, items: list[T]) -> "Page[T]":
        """Return a page with all there are."""
        return cls(items=items, next=None)


Limit = Annotated[int, Query(ge=1, le=500, description="How many to answer at most.")]
ById = TypeAdapter(str)
"""What the cursor of a list in the order of ids keeps."""

Cursor = Annotated[str | None, Query(description="The `next` of the page before.")]
Person = Annotated[str | None, Query(description="A person as table/id.")]


def paged(
    rows: Sequence[Row], limit: int, shown: Callable[[Row], T], key: Callable[[Row], Any]
) -> Page[T]:
    """Return the first *limit* of *rows*; one row more says that there is a next page.

    *key* is what the cursor keeps of a row: what `position` answers for the next page.
    """
    more = len(rows) > limit
    return Page(
        items=[shown(row) for row in rows[:limit]],
        next=_cursor(key(rows[limit - 1])) if more else None,
    )


def position(cursor: str | None, kind: TypeAdapter[T]) -> T | None:
    """Return what *cursor* keeps, or None for the first page; raise Malformed where it is none."""
    if cursor is None:
        return None
    try:
        return kind.validate_python(parsed_json(urlsafe_b64decode(cursor)))
    except (ValueError, GatewayError):
        raise _wrong("cursor", f"the cursor of a page before, but it is {cursor!r:.80}") from None


def person_of(text: str | None) -> RecordRef | None:
    """Return the person that a filter names as `table/id`; raise Malformed where it names none."""
    if text is None:
        return None
    try:
        return RecordRef.parse(text)
    except ValueError:
        raise _wrong("person", f"a person as table/id, but it is {text!r:.80}") from None


def _cursor(key: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(key)).decode()


def _wrong(parameter: str, expected: str) -> Malformed:
    problem = Problem(path=f"/query/{parameter}", message=f"Expected {expected}.")
    return Malformed("The request is not as expected.", [problem])
