"""Pruning: forgets what is over and needed no more, a little at a time, while others write."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any, cast

from sqlalchemy import CursorResult
from sqlmodel import (
    Session,
    SQLModel,
    and_,
    col,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)

from store.brought import BroughtRow
from store.columns import COUNTED, ids_before
from store.commands import CommandRow
from store.database import Database
from store.fired import FiredRow
from store.heard import HeardRow, forget_heard
from store.inbox import InboxRow
from store.instances import NEVER_STARTED, InstanceRow
from store.matches import forget_matches
from store.messages import MessageRow
from store.refused import BAD_INPUT, RefusedRow
from store.set_aside import SET_ASIDE
from store.timeline import NoteRow

_AT_A_TIME = 500
_INSTANCES_AT_A_TIME = 100
"""Each with its timeline: so few, since nobody else writes meanwhile."""


@dataclass(frozen=True)
class Keeping:
    """How long is kept what is over.

    *ids*: by which a second delivery is told, and the commands that were carried over. *history*:
    what an ended instance went through, and what was refused and needs no answer.
    """

    ids: timedelta = timedelta(days=30)
    history: timedelta = timedelta(days=365)


def prune(database: Database, keeping: Keeping, now: datetime) -> Iterator[tuple[str, int]]:
    """Forget what was over before the time of *keeping*; yield what, and how many, after each piece.

    Each piece is a transaction of its own. What is still needed stays however old it is: what
    somebody inside went through and may read, commands that were not carried over, changes that
    wait for their correction. The row of an instance stays for ever: by it a person who enters
    once has entered, and what is counted stays exact.
    """
    ids, history = now - keeping.ids, now - keeping.history
    yield from (("event ids", count) for count in _pieces(database, _forget_ids, ids))
    yield from (("commands", count) for count in _walk(database, CommandRow, _commands, ids))
    yield from (("instances", count) for count in _pieces(database, _forget_instances, history))
    yield from (("triggers", count) for count in _walk(database, FiredRow, _fired, history))
    yield from (("refusals", count) for count in _walk(database, RefusedRow, _refused, history))


def _pieces(
    database: Database, forget: Callable[[Session, datetime], int], before: datetime
) -> Iterator[int]:
    """Forget piece by piece until there is nothing left."""
    while count := database.write(lambda session: forget(session, before)):
        yield count


def _forget_ids(session: Session, before: datetime) -> int:
    key = tuple_(col(InboxRow.source), col(InboxRow.event_id))
    oldest = select(InboxRow.source, InboxRow.event_id).where(InboxRow.received_at < before)
    oldest = oldest.order_by(col(InboxRow.received_at)).limit(_AT_A_TIME)
    return _executed(session, delete(InboxRow).where(key.in_(oldest)))


def _forget_instances(session: Session, before: datetime) -> int:
    """Forget what instances went through that ended *before*; that they were there stays."""
    never_again = func.coalesce(InstanceRow.reason, "") != NEVER_STARTED
    over = select(InstanceRow.id).where(
        text("NOT pruned"), col(InstanceRow.ended_at) < before, never_again
    )
    ids = session.exec(over.order_by(col(InstanceRow.ended_at)).limit(_INSTANCES_AT_A_TIME)).all()
    theirs = (NoteRow.instance_id, MessageRow.instance, BroughtRow.instance)
    for table, whose in zip((NoteRow, MessageRow, BroughtRow), theirs, strict=True):
        session.execute(delete(table).where(col(whose).in_(ids)))
    forget_matches(session, ids)
    forget_heard(session, ids)
    session.execute(update(InstanceRow).where(col(InstanceRow.id).in_(ids)).values(pruned=True))
    return len(ids)


Found = list[tuple[Any, bool]]
"""Ids in their order, and whether each is needed."""


def _walk(
    database: Database,
    table: type[SQLModel],
    page: Callable[[Session, Any, datetime], Found],
    before: datetime,
) -> Iterator[int]:
    """Go through the rows of *table* from *before*, *page* by page, and forget what is not needed."""
    key = table.__table__.c.id  # type: ignore[attr-defined]
    after = None
    while True:
        with database.reading() as session:
            found = page(session, after, before)
        if ids := [each for each, needed in found if not needed]:
            forget = delete(table).where(key.in_(ids))
            yield database.write(partial(_executed, statement=forget))
        if len(found) < _AT_A_TIME:
            return
        after = found[-1][0]


def _commands(session: Session, after: int | None, before: datetime) -> Found:
    query = select(CommandRow.id, CommandRow.outcome, CommandRow.created_at)
    query = query.where(col(CommandRow.id) > (after or 0)).order_by(col(CommandRow.id))
    rows = session.exec(query.limit(_AT_A_TIME))
    return [
        (command, outcome not in ("done", "gone"))
        for command, outcome, _ in takewhile(lambda row: row[2] < before, rows)
    ]


def _fired(session: Session, after: str | None, before: datetime) -> Found:
    """Find triggers; those stay that an instance may read whose own history is kept.

    An instance hears of what happens to its person, to the record it is about, and of what a match
    found it for.
    """
    kept = select(InstanceRow.id).where(~col(InstanceRow.pruned))
    of_the_person = kept.where(
        InstanceRow.person_table == FiredRow.person_table,
        InstanceRow.person_id == FiredRow.person_id,
    )
    of_the_record = kept.where(InstanceRow.binding == FiredRow.binding)
    found = kept.where(HeardRow.fired == FiredRow.id, HeardRow.instance == InstanceRow.id)
    needed = or_(exists(of_the_person), exists(of_the_record), exists(found))
    query = select(FiredRow.id, needed).where(
        FiredRow.id > (after or ""), FiredRow.id < ids_before(before)
    )
    return _found(session, query.order_by(col(FiredRow.id)))


def _refused(session: Session, after: str | None, before: datetime) -> Found:
    """Find refusals; what nobody has corrected, or carried again, stays."""
    unanswered = and_(
        col(RefusedRow.reason).in_((BAD_INPUT, SET_ASIDE)), col(RefusedRow.replayed_at).is_(None)
    )
    query = select(RefusedRow.id, unanswered).where(
        RefusedRow.id > (after or ""), RefusedRow.id < ids_before(before)
    )
    return _found(session, query.order_by(col(RefusedRow.id)))


def _found(session: Session, query: Any) -> Found:
    return [(each, bool(needed)) for each, needed in session.exec(query.limit(_AT_A_TIME))]


def _executed(session: Session, statement: Any) -> int:
    result = session.execute(statement, execution_options=COUNTED)
    return int(cast("CursorResult[Any]", result).rowcount)
