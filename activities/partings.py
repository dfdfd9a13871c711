"""Take a way that depends on the ways that others took."""

from datetime import datetime
from typing import cast

from pydantic import BaseModel
from sqlmodel import Session
from temporalio import activity

from activities.holding import Held, held
from journeys.parting import Parting, Way
from store.database import Database
from store.instances import InstanceRow
from store.journeys import version_called
from store.partings import take_way


class TakeWay(BaseModel):
    """Which instance comes to which *tile*, with its *number* for it, and when."""

    instance_id: str
    tile: str
    number: float
    at: datetime


class Partings:
    """The activity that counts ways taken and decides on the next."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="take-way")
    def take_way(self, order: TakeWay) -> Way | Held:
        return self._database.write(lambda session: _take(session, order))


def _take(session: Session, order: TakeWay) -> Way | Held:
    if standing := held(session, order.instance_id, order.tile):
        return standing
    instance = session.get_one(InstanceRow, order.instance_id)
    tile = version_called(session, instance.digest).journey.by_id[order.tile]
    return take_way(session, instance, cast("Parting", tile), order.number, order.at)
