"""The basis of a draft: what it was made from, and what has changed since then."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header
from sqlmodel import Session

from api.errors import Conflict, Malformed
from journeys.difference import differences
from journeys.problem import Problem, pointer
from store.drafts import draft_kept
from store.journeys import JourneyRow, version

IfMatch = Annotated[str | None, Header()]
"""The ETag of the draft that a new one was made from."""

_DIGITS = 9
"""No number of a draft or version has more: the columns they are in have 32 bits."""

_BASES = ("draft_version", "version")


@dataclass(frozen=True)
class Basis:
    """The numbers, by name (`draft_version`, `version`), that were the newest when a draft was begun."""

    numbers: dict[str, int | None]

    def require_newest(
        self, session: Session, name: str, row: JourneyRow | None, draft: dict[str, Any]
    ) -> None:
        """Raise Conflict, with what has changed, where any of the numbers is not the newest any more.

        Where nothing is known of a number, what differs from *draft* is what has changed.
        """
        for what, number in self.numbers.items():
            newest = None if row is None else getattr(row, what)
            if number == newest:
                continue
            before, after = draft, {} if row is None else row.draft
            if what == "draft_version" and number is not None:
                before = draft_kept(session, name, number) or draft
            elif what == "version":
                before = _published(session, name, number) or draft
                after = _published(session, name, newest) or after
            raise Conflict(
                f"Expected a draft made from the newest {what} of {name}, which is {newest}, "
                f"but it was made from {number}.",
                changes=tuple(differences(before, after)),
            )


def base_of(body: Any, if_match: str | None) -> tuple[Any, Basis]:
    """Return *body* without the numbers it was made from, and these; raise Malformed for odd ones."""
    numbers: dict[str, Any] = {}
    if isinstance(body, dict):
        numbers = {what: body[what] for what in _BASES if what in body}
        body = {what: value for what, value in body.items() if what not in _BASES}
    if if_match is not None and if_match.strip() != "*":
        tag = if_match.strip().removeprefix("W/").strip('"')
        numbers["draft_version"] = int(tag) if tag.isdecimal() and len(tag) < _DIGITS else if_match
    problems = [
        Problem(path=pointer(what), message=f"Expected a whole number, but it is {number!r:.80}.")
        for what, number in numbers.items()
        if not (number is None or (type(number) is int and abs(number) < 10**_DIGITS))
    ]
    if problems:
        raise Malformed("The body is not as expected.", problems)
    return body, Basis(numbers)


def etag(row: JourneyRow) -> str:
    """Return the name of a draft as it is now, for the header ETag."""
    return f'"{row.draft_version}"'


def _published(session: Session, name: str, number: int | None) -> dict[str, Any] | None:
    found = None if number is None else version(session, name, number)
    return None if found is None else found.journey.draft()
