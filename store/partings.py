"""Partings: the ways that instances took from tiles, counted where ways depend on how many did."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, case, col, func, select

from journeys.parting import Parting, Score, Tally, Way, settled
from store.columns import Count, insert_once, moment_field
from store.instances import InstanceRow


class PartingRow(SQLModel, table=True):
    """A tile at which ways part, and the way that is everybody's once it has won."""

    __tablename__ = "partings"

    journey: str = Field(primary_key=True)
    tile: str = Field(primary_key=True)
    winner: str | None = None
    why: str | None = None
    decided_at: datetime | None = moment_field(nullable=True)


class WayRow(SQLModel, table=True):
    """The way that one instance took, and its *place* among all that took a way there."""

    __tablename__ = "ways_taken"

    journey: str = Field(primary_key=True)
    tile: str = Field(primary_key=True)
    instance: str = Field(primary_key=True)
    version: int
    way: str
    place: int = Field(sa_type=Count)
    at: datetime = moment_field()


def take_way(
    session: Session, instance: InstanceRow, tile: Parting, number: float, now: datetime
) -> Way:
    """Decide on the way of *instance* from *tile* and write it down; asked again, it is the same.

    One decision at a time is taken for a tile, so that places are exact.
    """
    journey = instance.journey
    insert_once(session, PartingRow, [{"journey": journey, "tile": tile.id}])
    here = session.exec(
        select(PartingRow)
        .where(PartingRow.journey == journey, PartingRow.tile == tile.id)
        .with_for_update()
    ).one()
    before = session.get(WayRow, (journey, tile.id, instance.id))
    if way := settled(tile, here.winner, None if before is None else before.way):
        return way
    tally = tally_of(session, journey, tile.id)
    way = tile.choose(tally, number, now)
    if way.wins:
        here.winner, here.why, here.decided_at = way.name, way.why, now
        session.add(here)
        return way
    row = before or WayRow(
        journey=journey, tile=tile.id, instance=instance.id,
        version=instance.version, way=way.name, place=0, at=now,
    )  # fmt: skip
    row.way, row.place = way.name, tally.taken + 1
    session.add(row)
    return way


def tally_of(session: Session, journey: str, tile: str) -> Tally:
    """Return the ways taken so far from *tile*, and how many reached their goal since."""
    reached = col(InstanceRow.goal_reached_at) >= col(WayRow.at)
    query = (
        select(
            WayRow.way,
            func.count(),
            func.sum(case((reached, 1), else_=0)),
            func.min(WayRow.at),
        )
        .join(InstanceRow, col(InstanceRow.id) == col(WayRow.instance))
        .where(WayRow.journey == journey, WayRow.tile == tile)
        .group_by(WayRow.way)
    )
    rows = session.exec(query).all()
    return Tally(
        scores={way: Score(taken, {"goal": goals}) for way, taken, goals, _ in rows},
        since=min((since for *_, since in rows), default=None),
    )
