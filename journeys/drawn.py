"""Drawn: everything a journey names, wherever a tile kind or a rule has put it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel

from journeys.condition import Comparison
from journeys.journey import Entry, Journey
from journeys.related import Related
from journeys.trigger import pointing

Steps = tuple[str | int, ...]
"""Where something stands in a journey's JSON."""


class Drawn(NamedTuple):
    """One setting of a journey: where it stands, what it is called there, and its value.

    *event* is the trigger that is listened for there, *each* the table of the related records that
    are chosen there, if any; *watched* says that it is looked at anew when records change.
    """

    steps: Steps
    setting: str
    value: Any
    event: str | None = None
    each: str | None = None
    watched: bool = False


def settings(journey: Journey) -> Iterator[Drawn]:
    """Yield every setting of *journey* that is set, and all that is in it, comparisons as they stand.

    No kind of tile is known here: a model with `trigger` and `filter` listens, whatever it is.
    """
    yield from _settings(journey, (), _Here())


_LISTENING = {"trigger", "filter"}
"""The settings by which a model is known to listen, of whatever kind it is."""

_PLAIN = (str, int, float)
"""What has no settings of its own: most of what is drawn."""


@dataclass(frozen=True)
class _Here:
    """What is known in one place: the trigger listened for, the table chosen from."""

    event: str | None = None
    each: str | None = None
    watched: bool = False


@cache
def _fields(model: type[BaseModel]) -> dict[str, str]:
    """Return the settings of a model by the names its JSON has for them."""
    return {about.alias or name: name for name, about in model.model_fields.items()}


def _settings(model: BaseModel, steps: Steps, around: _Here) -> Iterator[Drawn]:
    fields = _fields(type(model))
    listens = fields.keys() >= _LISTENING
    listened = _listened_for(model) if listens else None
    if isinstance(model, Related):
        yield Drawn(steps, "related", model)
        around = replace(around, each=pointing(model.each)[0])
    for alias, name in fields.items():
        value = getattr(model, name)
        if value is None:
            continue
        place, here = (*steps, alias), around
        if listened and name in ("filter", "match"):
            here = replace(around, event=listened)
        elif listens and name == "condition":
            here = replace(around, watched=True)
        if isinstance(value, _PLAIN):
            yield Drawn(place, name, value, here.event, here.each)
            continue
        if not isinstance(value, BaseModel):
            yield Drawn(place, name, value, here.event, here.each)
        yield from _inside(value, place, here)


def _inside(value: Any, steps: Steps, here: _Here) -> Iterator[Drawn]:
    match value:
        case Comparison():
            yield Drawn(steps, "comparison", value, here.event, here.each, here.watched)
        case BaseModel():
            yield from _settings(value, steps, here)
        case list() | tuple():
            for index, each in enumerate(value):
                yield from _inside(each, (*steps, index), here)
        case dict():
            for key, each in value.items():
                yield from _inside(each, (*steps, key), here)
        case _:
            return


def _listened_for(model: BaseModel) -> str | None:
    if isinstance(model, Entry):
        return None  # what lets people in is `trigger` itself
    name: str | None = model.trigger  # type: ignore[attr-defined] # it listens, so it has one
    return name
