"""Finding: where in a body, or its headers, something is, as an administrator writes it down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from jsonpointer import EndOfList, JsonPointer, JsonPointerException
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from journeys.changes import RecordRef
from wire.converting import READERS, UNREADABLE, text
from wire.reading import Unreadable, said
from wire.signatures import HeaderName


class Absent:
    """What is found where nothing is; null is something."""


ABSENT = Absent()


@dataclass(frozen=True)
class Thing:
    """One thing in a body, and the headers that came with it, by their names in lower case."""

    body: Any
    headers: Mapping[str, str]


def _pointer(written: str) -> str:
    try:
        JsonPointer(written)
    except JsonPointerException:
        raise ValueError(
            f"Expected a JSON Pointer such as /data/id, but it is {written!r:.80}."
        ) from None
    return written


Pointer = Annotated[str, AfterValidator(_pointer)]


class Place(BaseModel):
    """Where something is: *at* a JSON Pointer in the thing, in a *header*, or *always* the same.

    Text is *split* where that is said, and the *part* of that number taken, from 0 on, or from the
    last on: -1. *names* are what is found and what that is called here, `*` what anything else is.
    *read_as* makes a value of text or a number; *lookup* is the table of the record it names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Pointer | None = None
    header: HeaderName | None = None
    always: Any = None
    split: str | None = None
    part: int = 0
    names: dict[str, str] = {}
    read_as: Literal["text", "number", "boolean", "moment", "date"] | None = None
    lookup: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Place":
        if len({"at", "header", "always"} & self.model_fields_set) != 1:
            raise ValueError("Expected one of at, header and always, but there are more or none.")
        return self

    def __str__(self) -> str:
        return f"the header {self.header}" if self.header else self.at or "the whole"

    def find(self, thing: Thing) -> Any:
        """Return what is there, or ABSENT; raise Unreadable where it cannot be read as it should be."""
        found = self._raw(thing)
        if found is ABSENT or found is None:
            return found
        if self.split is not None:
            parts = found.split(self.split) if isinstance(found, str) else []
            if not -len(parts) <= self.part < len(parts):
                return ABSENT
            found = parts[self.part]
        if self.names and isinstance(found, str | int):
            found = self.names.get(text(found), self.names.get("*", found))
        if self.read_as is not None:
            found = READERS[self.read_as](found)
            if found is UNREADABLE:
                raise Unreadable(f"Expected a {self.read_as} at {self}, but it is none.")
        if self.lookup is not None and found is not None:
            if not isinstance(found, str | int):
                raise Unreadable(f"Expected the id of a record at {self}, but it is {said(found)}.")
            return RecordRef(self.lookup, text(found)).as_lookup()
        return found

    def _raw(self, thing: Thing) -> Any:
        if self.at is not None:
            found = _compiled(self.at).resolve(thing.body, ABSENT)
            return ABSENT if isinstance(found, EndOfList) else found
        if self.header is not None:
            return thing.headers.get(self.header, ABSENT)
        return self.always


def _places(value: Any) -> Any:
    """Let one place stand for a list of one, and a pointer for a place."""
    listed = value if isinstance(value, list | tuple) else [value]
    return [{"at": each} if isinstance(each, str) else each for each in listed]


Places = Annotated[tuple[Place, ...], BeforeValidator(_places)]
"""Places in their order. A pointer alone is a place, and so is one place alone."""


def first(places: Sequence[Place], thing: Thing) -> Any:
    """Return what is found at the first of *places* where anything is, or ABSENT."""
    for place in places:
        if (found := place.find(thing)) is not ABSENT:
            return found
    return ABSENT


def all_of(places: Sequence[Place], thing: Thing) -> str | None:
    """Return what is found at *places* as one text; None unless something is at each of them."""
    found = [place.find(thing) for place in places]
    if not found or any(not isinstance(each, str | int | float) for each in found):
        return None
    return "|".join(text(each) for each in found)


@lru_cache(maxsize=1_000)
def _compiled(pointer: str) -> JsonPointer:
    return JsonPointer(pointer)
