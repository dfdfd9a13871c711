"""Matches: by which values of the trigger that let them in instances are found, whoever they are of."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, Session, SQLModel, col, delete, select

from journeys.facts import Lookup
from journeys.journey import Version
from journeys.telling import Standing, likenesses, matched
from store.columns import insert_once
from store.fired import FiredRow
from store.instances import InstanceRow, under_way


class MatchRow(SQLModel, table=True):
    """How a *field* of the trigger that let an instance in reads: alike for all that is equal."""

    __tablename__ = "matches"
    __table_args__ = (Index("matches_alike", "journey", "field", "likeness"),)

    instance: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    journey: str
    likeness: str


def keep_matches(
    session: Session, journey: str, instance: str, reads: Iterable[tuple[str, str]]
) -> None:
    """Let *instance* be found by what the fields of its trigger read like."""
    rows = [
        {"instance": instance, "field": field, "journey": journey, "likeness": likeness}
        for field, likeness in reads
    ]
    if rows:
        insert_once(session, MatchRow, rows)


def match_anew(session: Session, whose: list[Any], version: Version, lookup: Lookup) -> None:
    """Let the instances *whose* conditions hold be found by what the matches of *version* compare."""
    if not matched(version):
        return
    query = select(InstanceRow.id, FiredRow).where(*whose, FiredRow.id == InstanceRow.fired_id)
    for instance, fired in session.exec(query).all():
        reads = likenesses(version, fired.facts, lookup)
        keep_matches(session, version.journey.name, instance, reads)


def forget_matches(session: Session, instances: Any) -> None:
    """Forget by what *instances*, their ids or a query for them, are found."""
    session.execute(delete(MatchRow).where(col(MatchRow.instance).in_(instances)))


def alike(
    session: Session, journey: str, field: str, likeness: str, goal_since: datetime
) -> Iterator[Standing]:
    """Yield the instances in *journey* whose *field* reads like that, as `store.instances.standing` does."""
    found = select(MatchRow.instance).where(
        MatchRow.journey == journey, MatchRow.field == field, MatchRow.likeness == likeness
    )
    query = select(InstanceRow).where(col(InstanceRow.id).in_(found), under_way(goal_since))
    for row in session.exec(query.order_by(InstanceRow.id)):
        yield row.standing
