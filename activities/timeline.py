"""Write down what happened to an instance."""

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session
from temporalio import activity

from journeys.trace import Ending, Note
from store.database import Database
from store.instances import InstanceRow
from store.messages import give_up
from store.timeline import end, write_notes


class WriteDown(BaseModel):
    """Lines of an instance's timeline from number *first* on, and where it stands after them.

    *until* is when a wait ends, *ending* how the instance left its journey.
    """

    instance_id: str
    first: int
    notes: list[Note]
    until: datetime | None = None
    ending: Ending | None = None


class Timeline:
    """The activity that keeps timelines and the state of instances in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="write-down")
    def write_down(self, order: WriteDown) -> None:
        self._database.write(lambda session: write(session, order))


def write(session: Session, order: WriteDown) -> None:
    """Write *order* into the store; written twice, it stands once."""
    row = session.get_one(InstanceRow, order.instance_id)
    write_notes(session, order.instance_id, order.first, order.notes)
    for note in order.notes:
        if note.what == "arrived":
            row.tile = note.tile
        elif note.what == "goal" and row.goal_reached_at is None:
            row.goal_reached_at = note.at
        elif note.what == "failed" and note.message is not None:
            give_up(session, note.message, note.why)
    row.next_wake_at = order.until
    if order.ending is not None and order.notes:
        end(session, row, order.ending, order.notes[-1].at)
    session.add(row)
