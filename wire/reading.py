"""What any format is read into: things to take in, in their order, and why nothing came of others."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.changes import RecordChange, SentTrigger
from journeys.problem import problems_of_shape

T = TypeVar("T", bound=BaseModel)


class Unreadable(ValueError):
    """What was sent, or a part of it, is not of its format; the message is a sentence that says why."""


@dataclass(frozen=True)
class Refused:
    """One thing in a body that cannot be used, and the sentence why; the others go on.

    *body* is what has to be corrected to read it again: by itself a body of its format.
    """

    body: Any
    problem: str


@dataclass(frozen=True)
class Incomplete(Refused):
    """One thing whose values were left out: refused, unless they can be had of whoever sent it.

    *change* is all that is known, with no values.
    """

    change: RecordChange


@dataclass(frozen=True)
class Reading:
    """What one body says: *items* in their order, and a sentence for each thing that is *ignored*."""

    items: tuple[RecordChange | SentTrigger | Refused, ...] = ()
    ignored: tuple[str, ...] = ()


def each_read(
    things: Iterable[Any], read: Callable[[Any], RecordChange | SentTrigger | str]
) -> Reading:
    """Read *things* one by one; one that *read* finds Unreadable is refused, and spoils no other.

    *read* returns what is to be taken in, or the sentence why nothing comes of it.
    """
    items: list[RecordChange | SentTrigger | Refused] = []
    ignored: list[str] = []
    for thing in things:
        try:
            found = read(thing)
        except Unreadable as error:
            items.append(Refused(thing, str(error)))
        except RecursionError:
            items.append(Refused(thing, "Expected values, but they are nested too deeply."))
        else:
            if isinstance(found, str):
                ignored.append(found)
            else:
                items.append(found)
    return Reading(tuple(items), tuple(ignored))


class Settings(BaseModel):
    """What a source of some format can be told beyond its format; most need nothing.

    A reader sees no headers but those whose names, in lower case, begin with one of *heard*.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def heard(self) -> tuple[str, ...]:
        return ()

    @classmethod
    def shown(cls, said: dict[str, Any]) -> dict[str, Any]:
        """Return those of the settings *said* that everybody may see who sees the source."""
        return said

    @classmethod
    def completed(cls, said: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        """Return the settings *said*, with the secrets that nobody says again after they were *before*."""
        return said


def change_of(**sent: Any) -> RecordChange:
    """Return the change that a body describes; raise Unreadable where no change can be like that."""
    return _made(RecordChange, sent)


def trigger_of(**sent: Any) -> SentTrigger:
    """Return the custom trigger that a body sends; raise Unreadable where none can be like that."""
    return _made(SentTrigger, sent)


def _made(model: type[T], sent: dict[str, Any]) -> T:
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        problems = problems_of_shape(error, sent)
        raise Unreadable(" ".join(problem.message for problem in problems)) from None


def heard(headers: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Return those of *headers* that a reader sees, by their names in lower case."""
    begins = settings.heard
    named = ((name.lower(), value) for name, value in headers.items())
    return {name: value for name, value in named if name.startswith(begins)}


def said(sent: Any) -> str:
    """Say what was found without repeating values, which may be personal."""
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "missing" if sent is None else kinds.get(type(sent), "a number")
