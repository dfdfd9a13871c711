"""Drawn: everything a journey names, wherever a tile kind or a rule has put it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from journeys.condition import Comparison
from journeys.journey import Entry, Journey

Steps = tuple[str | int, ...]
"""Where something stands in a journey's JSON."""


@dataclass(frozen=True)
class Drawn:
    """One setting of a journey: where it stands, what it is called there, and its value.

    *event* is the trigger that is listened for there, if any.
    """

    steps: Steps
    setting: str
    value: Any
    event: str | None = None


def settings(journey: Journey) -> Iterator[Drawn]:
    """Yield every setting of *journey* and all that is in it, comparisons as they stand.

    No kind of tile is known here: a model with `trigger` and `filter` listens, whatever it is.
    """
    yield from _settings(journey, (), None)


def _settings(model: BaseModel, steps: Steps, event: str | None) -> Iterator[Drawn]:
    listened = _listened_for(model)
    for name, about in type(model).model_fields.items():
        here = (*steps, about.alias or name)
        known = listened if name in ("filter", "match") and listened else event
        value = getattr(model, name)
        if not isinstance(value, BaseModel):
            yield Drawn(here, name, value, known)
        yield from _inside(value, here, known)


def _inside(value: Any, steps: Steps, event: str | None) -> Iterator[Drawn]:
    match value:
        case Comparison():
            yield Drawn(steps, "comparison", value, event)
        case BaseModel():
            yield from _settings(value, steps, event)
        case list() | tuple():
            for index, each in enumerate(value):
                yield from _inside(each, (*steps, index), event)
        case dict():
            for key, each in value.items():
                yield from _inside(each, (*steps, key), event)
        case _:
            return


def _listened_for(model: BaseModel) -> str | None:
    if isinstance(model, Entry) or not {"trigger", "filter"} <= type(model).model_fields.keys():
        return None  # what lets people in is `trigger` itself
    return str(model.trigger)  # type: ignore[attr-defined] # just seen that it has one
