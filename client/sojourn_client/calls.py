"""Calls: what a gateway can be asked of journeys and instances."""

from collections.abc import Mapping
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import quote

from sojourn_client.exchange import Call
from sojourn_client.shapes import (
    Drafted,
    Instance,
    Journey,
    JourneyNow,
    Note,
    Problem,
    Published,
    Status,
)

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """Some of many; *next* is the cursor of what follows, None where nothing does."""

    items: list[T]
    next: str | None


class Timeline(TypedDict):
    """Everything that happened to an instance."""

    items: list[Note]


class Problems(TypedDict):
    """Everything that keeps a draft from going live."""

    problems: list[Problem]


def list_journeys(cursor: str | None = None) -> Call[Page[Journey]]:
    return Call("GET", "/journeys", _given(cursor=cursor))


def get_journey(name: str) -> Call[Drafted]:
    return Call("GET", _journey(name))


def save_journey(name: str, draft: Mapping[str, Any]) -> Call[Drafted]:
    return Call("PUT", _journey(name), body=dict(draft))


def delete_journey(name: str) -> Call[None]:
    return Call("DELETE", _journey(name))


def problems_of(name: str) -> Call[Problems]:
    return Call("GET", _journey(name, "problems"))


def publish_journey(name: str, *, move: bool) -> Call[Published]:
    return Call("POST", _journey(name, "publish"), body={"move": move})


def pause_journey(name: str) -> Call[JourneyNow]:
    return Call("POST", _journey(name, "pause"))


def resume_journey(name: str) -> Call[JourneyNow]:
    return Call("POST", _journey(name, "resume"))


def complete_journey(name: str) -> Call[JourneyNow]:
    return Call("POST", _journey(name, "complete"))


def stop_journey(name: str) -> Call[JourneyNow]:
    return Call("POST", _journey(name, "stop"))


def list_instances(
    journey: str | None,
    person: str | None,
    tile: str | None,
    status: Status | None,
    cursor: str | None = None,
) -> Call[Page[Instance]]:
    asked = _given(journey=journey, person=person, tile=tile, status=status, cursor=cursor)
    return Call("GET", "/instances", asked)


def get_instance(instance: str) -> Call[Instance]:
    return Call("GET", _instance(instance))


def timeline_of(instance: str) -> Call[Timeline]:
    return Call("GET", _instance(instance, "timeline"))


def eject_instance(instance: str, reason: str) -> Call[Instance]:
    return Call("POST", _instance(instance, "eject"), body={"reason": reason})


def skip_wait_of(instance: str) -> Call[Instance]:
    return Call("POST", _instance(instance, "skip-wait"))


def _given(**query: str | None) -> dict[str, str]:
    return {name: value for name, value in query.items() if value is not None}


def _journey(name: str, *verb: str) -> str:
    return "/".join(["/journeys", quote(name, safe=""), *verb])


def _instance(instance: str, *verb: str) -> str:
    return "/".join(["/instances", quote(instance, safe=""), *verb])
