"""What may happen in a simulation beside record changes and triggers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from journeys.changes import RecordChange, RecordRef, SentTrigger
from journeys.journey import Version
from journeys.parting import Metric


@dataclass(frozen=True)
class Pause:
    """The *journey* is paused: entries queue, and tiles that act hold."""

    journey: str


@dataclass(frozen=True)
class Resume:
    """The *journey* is not paused any more."""

    journey: str


@dataclass(frozen=True)
class Complete:
    """Nobody enters the *journey* any more; those inside, and those who queue, pass to the end."""

    journey: str


@dataclass(frozen=True)
class Stop:
    """Nobody enters the *journey* any more, and everybody leaves it."""

    journey: str


@dataclass(frozen=True)
class Publish:
    """A *version* of a journey is what people enter from now on; those inside *move* to it, or not."""

    version: Version
    move: bool = False


@dataclass(frozen=True)
class Interact:
    """The message of *tile* is opened or clicked by *person*, or by everybody to whom it was sent."""

    tile: str
    kind: Literal["opened", "clicked"]
    person: RecordRef | None = None

    @property
    def metric(self) -> Metric:
        return "opens" if self.kind == "opened" else "clicks"


Operation = Pause | Resume | Complete | Stop | Publish
"""What an operator makes of a journey."""

Happening = RecordChange | SentTrigger | Operation | Interact


@dataclass(order=True)
class Planned:
    """What is going to happen, and when; of what happens at the same moment, in which *order*."""

    at: datetime
    order: int
    what: Happening = field(compare=False)
