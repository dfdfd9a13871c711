"""Read what a tile asks for: the trigger, the records and the person as they are now."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session
from temporalio import activity

from journeys.changes import RecordRef
from journeys.facts import Facts
from journeys.field import holder
from journeys.journey import Version
from journeys.localtime import PARTICIPANT_ZONE, participant_zone
from store.brought import BroughtRow
from store.catalogue import Current, tables
from store.database import Database
from store.fired import FiredRow
from store.instances import InstanceRow
from store.journeys import version_called
from store.records import lookup_in


class ReadFields(BaseModel):
    """The fields a tile asks for at the moment *at*; *brought* names, by tile, what it brought (`of_instance`).

    *visits* is how often tiles were come to, as far as the version reads it.

    The instance is told when *watch*, one of them, changes on the record it was read from.
    """

    instance_id: str
    fields: list[str]
    at: datetime
    brought: dict[str, str] = {}
    visits: dict[str, int] = {}
    watch: str | None = None


class Records:
    """The activity that reads the mirror for an instance."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables = Current(tables)

    @activity.defn(name="read-fields")
    def read_fields(self, order: ReadFields) -> dict[str, Any]:
        if order.watch:  # watched in one transaction with the reading: no change is missed
            return self._database.write(lambda session: self._read(session, order))
        with self._database.reading() as session:
            return self._read(session, order)

    def _read(self, session: Session, order: ReadFields) -> dict[str, Any]:
        row, _, readable = of_instance(
            session, order.instance_id, order.brought, order.at, visits=order.visits
        )
        if order.watch:
            watched = RecordRef.of(readable.read(holder(order.watch)))
            row.watching = None if watched is None else str(watched)
        values = {field: readable.read(field) for field in order.fields}
        if PARTICIPANT_ZONE in values:
            table = self._tables.now(session).get(row.person.table)
            values[PARTICIPANT_ZONE] = participant_zone(table, readable.read)
        return values


def of_instance(
    session: Session,
    instance_id: str,
    brought: dict[str, str],
    now: datetime,
    *,
    visits: dict[str, int] | None = None,
) -> tuple[InstanceRow, Version, Facts]:
    """Return an instance, the version it passes through, and what it may read."""
    row = session.get_one(InstanceRow, instance_id)
    version = version_called(session, row.digest)
    entered_by = session.get_one(FiredRow, row.fired_id)
    tiles = {
        tile: found.facts
        for tile, name in brought.items()
        if (found := session.get(FiredRow, name) or session.get(BroughtRow, name)) is not None
    }
    readable = version.facts(
        row.person,
        row.binding_ref,
        entered_by.facts,
        lookup_in(session),
        tiles=tiles,
        visits=visits,
        now=now,
    )
    return row, version, readable
