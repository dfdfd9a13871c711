"""What an instance carries from its start, and from one run of its workflow to the next."""

from datetime import datetime

from pydantic import BaseModel

from journeys.hearing import Hearing
from journeys.trace import Note

WORKFLOW = "journey-instance"
TOLD = "told"
MOVE = "move"


class InstanceState(BaseModel):
    """Whose instance it is, where it stands, what it was told, and what is not written down yet.

    No personal data but ids and a time zone: what messages and conditions read stays in the store.
    """

    instance_id: str
    person: str
    binding: str | None
    entered_at: datetime
    tile: str | None = None
    arrived_at: datetime | None = None
    local_zone: str | None = None
    """The participant's time zone as the tile where they stand has read it."""
    heard: Hearing = Hearing()
    brought: dict[str, str] = {}
    messages: int = 0
    until: datetime | None = None
    """Until when they wait, as it is written down: an end that is moved is written down again."""
    depth: int = 1
    """How many journeys have led to this instance, one by the other, this one included."""
    visits: dict[str, int] = {}
    """How often the participant has come to each tile."""
    notes: list[Note] = []
    next_note: int = 1
    """The number of the first note in *notes*; 0 was the entry, written when it was decided."""
