"""What happened to an instance, in the words of its timeline."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

What = Literal[
    "entered", "refused", "arrived", "decided", "fulfilled", "timed_out",
    "sent", "held", "blocked", "expired", "failed", "wrote", "called", "fired",
    "goal", "moved", "exited", "completed",
]  # fmt: skip


class Note(BaseModel):
    """One line of a timeline: when, on which tile, what happened, where it led, and why.

    *values* are the values it was decided on; *message* the id of the message it tells of.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    what: What
    tile: str | None = None
    target: str | None = None
    why: str | None = None
    values: dict[str, Any] = {}
    message: str | None = None


class Ending(BaseModel):
    """How an instance left its journey: *completed* by the last tile, or *exited* with a reason."""

    model_config = ConfigDict(frozen=True)

    status: Literal["completed", "exited"]
    reason: str | None = None


class Left(Exception):
    """The participant leaves the journey here, wherever they stand."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
