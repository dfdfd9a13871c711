"""Write down what happened to an instance."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session
from temporalio import activity

from journeys.trace import Ending, Note
from store.database import Database
from store.instances import end, reach_goal, stand
from store.messages import give_up
from store.timeline import write_notes


class WriteDown(BaseModel):
    """Lines of an instance's timeline from number *first* on, and where it stands after them.

    *until* is when a wait ends, *ending* how the instance left its journey, *digest* the version
    it goes on in.
    """

    instance_id: str
    first: int
    notes: list[Note]
    until: datetime | None = None
    ending: Ending | None = None
    digest: str | None = None


class Timeline:
    """The activity that keeps timelines and the state of instances in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="write-down")
    def write_down(self, order: WriteDown) -> None:
        self._database.write(lambda session: write(session, order))


def write(session: Session, order: WriteDown) -> None:
    """Write *order* into the store; written twice, it stands once."""
    now: dict[str, Any] = {"next_wake_at": order.until}
    if order.digest is not None:
        now |= {"digest": order.digest, "held": None}
    for note in order.notes:
        if note.what == "arrived":
            now["tile"] = note.tile
        elif note.what == "moved":
            now["tile"] = note.target
        elif note.what == "goal":
            reach_goal(session, order.instance_id, note.at)
        elif note.what == "failed" and note.message is not None:
            give_up(session, note.message, note.why)
    notes = order.notes
    if stand(session, order.instance_id, now):  # what was erased does not come back
        notes = [note.model_copy(update={"values": {}}) for note in notes]
    write_notes(session, order.instance_id, order.first, notes)
    if order.ending is not None and order.notes:
        end(session, order.instance_id, order.ending, order.notes[-1].at)
