"""Instances: one pass of one participant through one version of a journey."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Field, Index, Session, SQLModel, case, col, func, or_, select, text, update

from journeys.changes import RecordRef
from journeys.entering import Past
from journeys.telling import Standing
from journeys.trace import Ending
from store.bulk import each_of
from store.columns import Moment, moment_field
from store.journeys import JourneyRow, VersionRow

NEVER_STARTED = "could not be started"
"""The reason of those that left without ever having been in: they entered nothing."""


class InstanceRow(SQLModel, table=True):
    """Where an instance stands, and how it came in and went out.

    An active one with a *reason* has been told to leave, and does as soon as it hears of it.
    *version* is the one whose triggers concern it, *digest* the content its workflow walks by: a
    move to another version changes the first at once and the second when the workflow goes over.
    *queued* is one that has not started yet, *held* says why one goes no further. *erased* is one
    whose person's data was erased, *pruned* one that ended so long ago that only this row is left.
    """

    __tablename__ = "instances"
    __table_args__ = (
        Index("instances_of_person", "journey", "person_table", "person_id", "number", unique=True),
        Index("standing_by_person", "person_table", "person_id", "status"),
        Index("standing_by_binding", "binding", "status"),
        Index("instances_of_journey", "journey", "status", "tile"),
        Index("entries_of_journey", "journey", "entered_at"),
        Index("instances_in_order", "journey", "id"),
        Index(
            "instances_to_prune",
            "ended_at",
            sqlite_where=text("NOT pruned"),
            postgresql_where=text("NOT pruned"),
        ),
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
    queued: bool = False
    held: str | None = None
    erased: bool = False
    pruned: bool = False
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
            queued=self.queued,
            goal_reached=self.goal_reached_at is not None,
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
    entered_at = case((_has_started(), InstanceRow.entered_at), else_=None)
    number, last = session.exec(
        select(func.max(InstanceRow.number), func.max(entered_at, type_=Moment)).where(*mine)
    ).one()
    if number is None:
        return Past()
    staying = (InstanceRow.status == "active", col(InstanceRow.reason).is_(None))
    inside = session.exec(select(InstanceRow).where(*mine, *staying))
    return Past(number, last, tuple(row.standing for row in inside))


def who_entered(session: Session, people: Collection[RecordRef]) -> set[tuple[str, RecordRef]]:
    """Return who of *people* ever entered which journey."""
    by_table: defaultdict[str, list[str]] = defaultdict(list)
    for person in people:
        by_table[person.table].append(person.id)
    these = select(each_of("ids", session.connection().dialect.name))
    found: set[tuple[str, RecordRef]] = set()
    for table, ids in by_table.items():
        query = select(InstanceRow.journey, InstanceRow.person_id).where(
            InstanceRow.person_table == table, col(InstanceRow.person_id).in_(these)
        )
        rows = session.execute(query, {"ids": ids})
        found |= {(journey, RecordRef(table, each)) for journey, each in rows}
    return found


def entry_before(session: Session, journey: str, count: int) -> datetime | None:
    """Return the moment of the *count*th last entry into *journey*, or None with fewer entries."""
    query = select(InstanceRow.entered_at).where(InstanceRow.journey == journey)
    last_first = query.order_by(col(InstanceRow.entered_at).desc())
    return session.exec(last_first.offset(count - 1).limit(1)).one_or_none()


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
    query = select(InstanceRow).where(or_(*whose), under_way(goal_since))
    return _in_journeys(journeys, session.exec(query.order_by(InstanceRow.id)))


def under_way(goal_since: datetime) -> Any:
    """Return the condition of those whom a trigger may concern still."""
    recent = (
        (col(InstanceRow.status) == "completed")
        & (col(InstanceRow.ended_at) > goal_since)
        & col(InstanceRow.goal_reached_at).is_(None)
    )
    return or_(InstanceRow.status == "active", recent)


def about(session: Session, record: RecordRef, journeys: Collection[str]) -> list[Standing]:
    """Return the active instances in *journeys* whose person or record this is, or whose date it holds."""
    is_person = (InstanceRow.person_table == record.table) & (InstanceRow.person_id == record.id)
    query = select(InstanceRow).where(
        or_(is_person, InstanceRow.binding == str(record), InstanceRow.watching == str(record)),
        InstanceRow.status == "active",
    )
    return _in_journeys(journeys, session.exec(query.order_by(InstanceRow.id)))


def _in_journeys(journeys: Collection[str], rows: Iterable[InstanceRow]) -> list[Standing]:
    """Pick those in *journeys* here: named in the query, SQLite would look through a whole journey."""
    return [row.standing for row in rows if row.journey in journeys]


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


def inside(session: Session, journey: str) -> int:
    """Return how many are inside *journey*, those who queue among them."""
    active = (InstanceRow.journey == journey, InstanceRow.status == "active")
    return session.exec(select(func.count()).where(*active)).one()


def entered_and_inside(session: Session, journey: str | None = None) -> dict[str, tuple[int, int]]:
    """Return how many ever entered each journey, and how many are inside."""
    active = func.sum(case((col(InstanceRow.status) == "active", 1), else_=0))
    started = func.sum(case((_has_started(), 1), else_=0))
    query = select(InstanceRow.journey, started, active).group_by(InstanceRow.journey)
    if journey is not None:
        query = query.where(InstanceRow.journey == journey)
    return {name: (entered, within) for name, entered, within in session.exec(query)}


def _has_started() -> Any:
    return or_(col(InstanceRow.reason).is_(None), InstanceRow.reason != NEVER_STARTED)


def state_now(session: Session, row: JourneyRow) -> str:
    """Return the state of a journey: one that is running out is completed once all have left.

    Decided on reading: of several who leave in the same moment none could say who was the last.
    """
    if row.state == "completing" and not inside(session, row.name):
        return "completed"
    return row.state


def stand(session: Session, instance_id: str, now: Mapping[str, Any]) -> bool:
    """Write where an instance stands: its columns as they are *now*; say whether its person is erased."""
    written = session.connection().execute(_STANDING, {"instance": instance_id, **now})
    return bool(written.scalar())


def reach_goal(session: Session, instance_id: str, at: datetime) -> None:
    """Write that an instance reached its goal; the first time stands."""
    session.execute(
        update(InstanceRow)
        .where(col(InstanceRow.id) == instance_id, col(InstanceRow.goal_reached_at).is_(None))
        .values(goal_reached_at=at)
    )


def end(session: Session, instance_id: str, ending: Ending, at: datetime) -> bool:
    """Write down how an instance left its journey; the first ending stands. Return if this is it."""
    how = {"status": ending.status, "reason": ending.reason, "ended_at": at}
    written = session.connection().execute(_ENDING, {"instance": instance_id, **how})
    return bool(written.rowcount)


def _version_walked() -> Any:
    walked = VersionRow.digest == InstanceRow.digest
    query = select(VersionRow.number).where(VersionRow.journey == InstanceRow.journey, walked)
    return query.limit(1).scalar_subquery()


# Every instance takes these several times, so they are made once and need no objects.
_INSTANCES = InstanceRow.__table__  # type: ignore[attr-defined]
_THIS = update(_INSTANCES).where(_INSTANCES.c.id == bindparam("instance"))
_STANDING = _THIS.returning(_INSTANCES.c.erased)
_ENDING = _THIS.where(_INSTANCES.c.status == "active").values(
    next_wake_at=None,
    watching=None,
    queued=False,
    held=None,
    # one that was to be moved and ended before has passed through the version it walked by
    version=func.coalesce(_version_walked(), _INSTANCES.c.version),
)
