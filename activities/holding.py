"""Holding: a tile that acts does nothing while its journey is paused, or its participant is to leave."""

from pydantic import BaseModel
from sqlmodel import Session

from journeys.hearing import PAUSED
from store.instances import InstanceRow, stand
from store.journeys import state_of
from store.telling import LEAVING


class Held(BaseModel):
    """The answer of an activity that did nothing, and *why* its instance is held."""

    why: str


def held(session: Session, instance_id: str, tile: str) -> Held | None:
    """Say whether an instance may not act on *tile* now; it is written down as held then.

    Asked in the transaction in which the tile would act. Resuming is one as well: it tells
    everybody who was held before it, and whoever asks after it is not held, so nobody is left
    behind. An exit that is on its way to the instance holds it too: nothing leaves after it.
    """
    row = session.get_one(InstanceRow, instance_id)
    state = state_of(session, row.journey)
    if state == "paused":  # whoever resumes it waits for this
        state = state_of(session, row.journey, locked=True)
    if row.status == "active" and row.reason is not None:
        why = LEAVING
    elif state == "paused":
        why = PAUSED
    else:
        return None
    stand(session, instance_id, {"tile": tile, "held": why, "next_wake_at": None})
    return Held(why=why)
