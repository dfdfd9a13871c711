"""Instances: one pass of one participant through one version of a journey."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, Session, SQLModel, col, func, or_, select, update

from journeys.changes import RecordRef
from journeys.entering import Past
from journeys.telling import Standing
from journeys.trace import Ending
from store.columns import moment_field


class InstanceRow(SQLModel, table=True):
    """Where an instance stands, and how it came in and went out.

    An active one with a *reason* has been told to leave, and does as soon as it hears of it.
    """

    __tablename__ = "instances"
    __table_args__ = (
        Index("instances_of_person", "journey", "person_table", "person_id", "number", unique=True),
        Index("standing_by_person", "person_table", "person_id", "status"),
        Index("standing_by_binding", "binding", "status"),
        Index("instances_of_journey", "journey", "status", "tile"),
    )

    id: str = Field(primary_key=True)
    journey: str
    version: int
    digest: str
    person_table: str
    person_id: str
    number: int
    binding: str | None = None
    fired_id: str
    workflow_id: str = Field(unique=True)
    status: str = "active"
    reason: str | None = None
    tile: str | None = None
    next_wake_at: datetime | None = moment_field(nullable=True)
    watching: str | None = Field(default=None, index=True)
    goal_reached_at: datetime | None = moment_field(nullable=True)
    entered_at: datetime = moment_field()
    ended_at: datetime | None = moment_field(nullable=True)

    @property
    def person(self) -> RecordRef:
        return RecordRef(self.person_table, self.person_id)

    @property
    def binding_ref(self) -> RecordRef | None:
        return None if self.binding is None else RecordRef.parse(self.binding)

    @property
    def standing(self) -> Standing:
        return Standing(
            id=self.id,
            journey=self.journey,
            version=self.version,
            person=self.person,
            binding=self.binding_ref,
            fired_id=self.fired_id,
            active=self.status == "active",
            watching=None if self.watching is None else RecordRef.parse(self.watching),
        )


def by_ids(session: Session, ids: Collection[str]) -> dict[str, InstanceRow]:
    """Return the instances *ids*."""
    rows = session.exec(select(InstanceRow).where(col(InstanceRow.id).in_(ids)))
    return {row.id: row for row in rows}


def past_of(session: Session, journey: str, person: RecordRef) -> Past:
    """Return how *person* has passed through *journey* so far."""
    mine = (
        InstanceRow.journey == journey,
        InstanceRow.person_table == person.table,
        InstanceRow.person_id == person.id,
    )
    entries, last = session.exec(
        select(func.count(), func.max(InstanceRow.entered_at)).where(*mine)
    ).one()
    if not entries:
        return Past()
    staying = (InstanceRow.status == "active", col(InstanceRow.reason).is_(None))
    inside = session.exec(select(InstanceRow).where(*mine, *staying))
    return Past(entries, last, tuple(row.standing for row in inside))


def standing(
    session: Session,
    *,
    person: RecordRef | None,
    binding: RecordRef | None,
    journeys: Collection[str],
    goal_since: datetime,
) -> list[Standing]:
    """Return the instances in *journeys* that are *person*'s or about *binding*.

    Those that ended after *goal_since* without their goal are among them: a goal counts for a
    while after completion (semantics: goals).
    """
    whose: list[Any] = []
    if person is not None:
        whose.append(
            (InstanceRow.person_table == person.table) & (InstanceRow.person_id == person.id)
        )
    if binding is not None:
        whose.append(InstanceRow.binding == str(binding))
    recent = (col(InstanceRow.ended_at) > goal_since) & col(InstanceRow.goal_reached_at).is_(None)
    query = select(InstanceRow).where(
        or_(*whose),
        or_(InstanceRow.status == "active", recent),
        col(InstanceRow.journey).in_(journeys),
    )
    return [row.standing for row in session.exec(query.order_by(InstanceRow.id))]


def about(session: Session, record: RecordRef, journeys: Collection[str]) -> list[Standing]:
    """Return the active instances in *journeys* whose person or record this is, or whose date it holds."""
    is_person = (InstanceRow.person_table == record.table) & (InstanceRow.person_id == record.id)
    query = select(InstanceRow).where(
        or_(is_person, InstanceRow.binding == str(record), InstanceRow.watching == str(record)),
        InstanceRow.status == "active",
        col(InstanceRow.journey).in_(journeys),
    )
    return [row.standing for row in session.exec(query.order_by(InstanceRow.id))]


def instances(
    session: Session,
    *,
    journey: str | None = None,
    person: RecordRef | None = None,
    tile: str | None = None,
    status: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> list[InstanceRow]:
    """Return up to *limit* instances, the newest first, from before the id *before*."""
    query = select(InstanceRow)
    if journey is not None:
        query = query.where(InstanceRow.journey == journey)
    if person is not None:
        query = query.where(
            InstanceRow.person_table == person.table, InstanceRow.person_id == person.id
        )
    if tile is not None:
        query = query.where(InstanceRow.tile == tile)
    if status is not None:
        query = query.where(InstanceRow.status == status)
    if before is not None:
        query = query.where(InstanceRow.id < before)
    return list(session.exec(query.order_by(col(InstanceRow.id).desc()).limit(limit)))


def stand(session: Session, instance_id: str, now: Mapping[str, Any]) -> None:
    """Write where an instance stands: its columns as they are *now*."""
    session.execute(update(InstanceRow).where(col(InstanceRow.id) == instance_id).values(**now))


def reach_goal(session: Session, instance_id: str, at: datetime) -> None:
    """Write that an instance reached its goal; the first time stands."""
    session.execute(
        update(InstanceRow)
        .where(col(InstanceRow.id) == instance_id, col(InstanceRow.goal_reached_at).is_(None))
        .values(goal_reached_at=at)
    )


def end(session: Session, instance_id: str, ending: Ending, at: datetime) -> None:
    """Write down how an instance left its journey; the first ending stands."""
    session.execute(
        update(InstanceRow)
        .where(col(InstanceRow.id) == instance_id, col(InstanceRow.status) == "active")
        .values(
            status=ending.status,
            reason=ending.reason,
            ended_at=at,
            next_wake_at=None,
            watching=None,
        )
    )
