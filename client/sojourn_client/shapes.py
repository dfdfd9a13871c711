"""Shapes: what the gateway answers, as it answers it. Moments are RFC 3339 text in UTC."""

from typing import Any, Literal, NotRequired, TypedDict

State = Literal["draft", "live", "paused", "completing", "completed", "stopped"]
Status = Literal["active", "completed", "exited"]


class Reference(TypedDict):
    """Which record or person; written `table/id`."""

    table: str
    id: str


class Problem(TypedDict):
    """One thing that is wrong: where in the body, on which tile, and one sentence."""

    path: str
    message: str
    tile: NotRequired[str]


class Journey(TypedDict):
    """A journey, its *state* and newest *version*; *draft* says whether publishing would change it."""

    name: str
    title: str
    state: State
    version: int | None
    draft: bool
    draft_version: int
    changed_at: str
    entered: int
    inside: int


class Drafted(Journey):
    """A journey with its draft (*journey*), and the *problems* that keep that from going live."""

    journey: dict[str, Any]
    problems: list[Problem]


class Published(TypedDict):
    """Which version people enter from now on."""

    name: str
    state: State
    version: int


class JourneyNow(TypedDict):
    """The state a journey is in now, and how many people that concerned."""

    name: str
    state: State
    resumed: NotRequired[int]
    inside: NotRequired[int]
    leaving: NotRequired[int]


class Instance(TypedDict):
    """One pass of one participant through one version of a journey."""

    id: str
    journey: str
    version: int
    person: Reference
    binding: str | None
    status: Status
    reason: str | None
    tile: str | None
    next_wake_at: str | None
    held: str | None
    goal_reached_at: str | None
    entered_at: str
    ended_at: str | None
    workflow_id: str


class Note(TypedDict):
    """One line of a timeline: when, on which tile, what happened, where it led, and why."""

    at: str
    what: str
    tile: str | None
    target: str | None
    why: str | None
    values: dict[str, Any]
    message: str | None
