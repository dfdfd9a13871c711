"""Telling instances: one, or all of a journey; those who queue wait with what they were told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select as sa_select
from sqlmodel import Session, case, col, delete, func, insert, literal, select, update

from journeys.entering import RATE_LIMIT
from journeys.hearing import PAUSED, Hearing
from journeys.journey import RateLimit
from journeys.telling import Told
from journeys.trace import Note
from store.columns import COUNTED, Moment, new_id
from store.commands import HELD, CommandRow
from store.instances import InstanceRow
from store.timeline import NoteRow, add_note

LEAVING = "about to leave"


def tell(session: Session, instance_id: str, told: Told, now: datetime) -> None:
    """Write that an active instance is to be told, in this transaction.

    One that queues has no workflow yet: it starts with what it was told, or leaves at once without
    ever starting.
    """
    row = session.get_one(InstanceRow, instance_id)
    if row.queued:  # whoever lets it start waits for this transaction, or this one for them
        session.refresh(row, with_for_update=True)
    if row.queued:
        _starts_with(session, row, told, now)
        if told.leave is not None:
            session.flush()
            turn_back(session, [col(InstanceRow.id) == row.id], told.leave, now)
        return
    if told.leave is not None:
        row.reason = row.reason or told.leave
    session.add(
        CommandRow(
            instance_id=row.id,
            journey=row.journey,
            kind="tell",
            payload=told.model_dump(mode="json"),
            created_at=now,
        )
    )


def _starts_with(session: Session, row: InstanceRow, told: Told, now: datetime) -> None:
    """Let one that queues have heard *told* by its start; a goal counts from its entry on."""
    start = session.exec(select(CommandRow).where(HELD, CommandRow.instance_id == row.id)).one()
    heard = Hearing.model_validate(start.payload.get("heard", {}))
    payload = dict(start.payload)
    if heard.hear(told, None, now):
        row.goal_reached_at = max(now, row.entered_at)
        add_note(session, row.id, Note(at=row.goal_reached_at, what="goal", why=told.what))
        payload["next_note"] += 1
    payload["heard"] = heard.model_dump(mode="json", exclude_defaults=True)
    start.payload = payload


def tell_all(session: Session, whose: Sequence[Any], told: Told, now: datetime) -> int:
    """Write that all active instances *whose* conditions hold are to be told; return how many.

    Those who queue are turned back where they are to leave, and hear of nothing else.
    """
    session.flush()
    inside = [*whose, InstanceRow.status == "active"]
    count = 0
    if told.leave is not None:
        count += turn_back(session, [*inside, col(InstanceRow.queued)], told.leave, now)
    inside.append(~col(InstanceRow.queued))
    count += command_all(session, inside, "tell", told.model_dump(mode="json"), now)
    if told.leave is not None:
        leaving = func.coalesce(InstanceRow.reason, told.leave)
        session.execute(update(InstanceRow).where(*inside).values(reason=leaving))
    return count


def command_all(
    session: Session, whose: Sequence[Any], kind: str, payload: dict[str, Any], now: datetime
) -> int:
    """Write one command for each instance *whose* conditions hold, in one statement."""
    columns = CommandRow.__table__.c  # type: ignore[attr-defined]
    each = (
        sa_select(
            col(InstanceRow.id),
            col(InstanceRow.journey),
            literal(kind),
            literal(payload, columns.payload.type),
            literal(now, Moment),
        )
        .where(*whose)
        .order_by(InstanceRow.id)
    )
    names = ["instance_id", "journey", "kind", "payload", "created_at"]
    written = session.execute(
        insert(CommandRow).from_select(names, each), execution_options=COUNTED
    )
    return int(written.rowcount)  # type: ignore[attr-defined]


def turn_back(session: Session, whose: Sequence[Any], reason: str, now: datetime) -> int:
    """Let those who queue, and *whose* conditions hold, leave without ever starting; return how many."""
    ids = select(InstanceRow.id).where(*whose, InstanceRow.status == "active", InstanceRow.queued)
    session.execute(
        update(CommandRow).where(HELD, col(CommandRow.instance_id).in_(ids)).values(outcome="gone")
    )
    never_entered = select(NoteRow.instance_id).where(
        col(NoteRow.instance_id).in_(ids), col(NoteRow.seq) == 0, NoteRow.what == "held"
    )
    session.execute(
        update(InstanceRow)
        .where(col(InstanceRow.id).in_(never_entered))
        .values(goal_reached_at=None)
    )
    session.execute(
        delete(NoteRow).where(col(NoteRow.instance_id).in_(never_entered), col(NoteRow.seq) > 0)
    )
    last = select(func.max(NoteRow.seq)).where(NoteRow.instance_id == InstanceRow.id)
    columns = NoteRow.__table__.c  # type: ignore[attr-defined]
    line = {
        "instance_id": col(InstanceRow.id),
        "seq": func.coalesce(last.scalar_subquery(), 0) + 1,
        "at": literal(now, Moment),
        "what": literal("exited"),
        "why": literal(reason),
        "values": literal({}, columns["values"].type),
    }
    exited = sa_select(*line.values()).where(col(InstanceRow.id).in_(ids))
    session.execute(insert(NoteRow).from_select(list(line), exited))
    turned = session.execute(
        update(InstanceRow)
        .where(col(InstanceRow.id).in_(ids))
        .values(status="exited", reason=reason, ended_at=now, queued=False, held=None),
        execution_options=COUNTED,
    )
    return int(turned.rowcount)  # type: ignore[attr-defined]


def pause(session: Session, journey: str) -> None:
    """Let those who queue for *journey* queue until it is resumed."""
    session.flush()
    queued = _queueing(journey)
    session.execute(update(InstanceRow).where(*queued).values(held=PAUSED))
    ids = select(InstanceRow.id).where(*queued)
    session.execute(
        update(CommandRow).where(HELD, col(CommandRow.instance_id).in_(ids)).values(due_at=None)
    )


def resume(session: Session, journey: str, limit: RateLimit | None, now: datetime) -> int:
    """Let those go on who are held because *journey* is paused; return how many those are.

    Those who stand before a tile that acts are told, since only their workflow can go on. Those
    who queue start now; with a *limit*, as fast as that allows, in the order they came.
    """
    session.flush()
    standing: list[Any] = [
        InstanceRow.journey == journey,
        InstanceRow.status == "active",
        InstanceRow.held == PAUSED,
        ~col(InstanceRow.queued),
    ]
    told = Told(id=f"resume/{new_id(now)}", at=now, what="resumed", resume=True)
    count = command_all(session, standing, "tell", told.model_dump(mode="json"), now)
    session.execute(update(InstanceRow).where(*standing).values(held=None))
    if limit is not None:
        return count + _queue_anew(session, journey, limit, now)
    # The rows first: whoever tells one that queues holds its row until the command is written.
    queued = _queueing(journey)
    started = session.exec(select(InstanceRow.id).where(*queued).with_for_update()).all()
    ids = select(InstanceRow.id).where(*queued)
    session.execute(
        update(CommandRow)
        .where(HELD, col(CommandRow.instance_id).in_(ids))
        .values(outcome=None, due_at=now)
    )
    session.execute(update(InstanceRow).where(*queued).values(queued=False, held=None))
    return count + len(started)


def _queue_anew(session: Session, journey: str, limit: RateLimit, now: datetime) -> int:
    """Give those who queue for *journey* new moments of entry, from now on, in the order they came."""
    mine = select(InstanceRow.id, InstanceRow.entered_at).where(InstanceRow.journey == journey)
    entered = session.exec(
        mine.where(~col(InstanceRow.queued))
        .order_by(col(InstanceRow.entered_at).desc())
        .limit(limit.count)
    )
    moments = [entered_at for _, entered_at in reversed(list(entered))]
    queue = session.exec(
        mine.where(InstanceRow.queued)
        .order_by(col(InstanceRow.entered_at), col(InstanceRow.id))
        .with_for_update()
    ).all()
    for instance_id, _ in queue:
        before = moments[-limit.count] if len(moments) >= limit.count else None
        moment = limit.next_entry(before, now)
        moments.append(moment)
        _enters_at(session, instance_id, moment)
    return len(queue)


def _enters_at(session: Session, instance_id: str, moment: datetime) -> None:
    reached = case((col(InstanceRow.goal_reached_at).is_not(None), moment), else_=None)
    session.execute(
        update(InstanceRow)
        .where(col(InstanceRow.id) == instance_id)
        .values(entered_at=moment, held=RATE_LIMIT, goal_reached_at=reached)
    )
    session.execute(  # the lines after the first, which says why they wait
        update(NoteRow)
        .where(col(NoteRow.instance_id) == instance_id, col(NoteRow.seq) > 0)
        .values(at=moment)
    )
    session.execute(
        update(CommandRow)
        .where(HELD, col(CommandRow.instance_id) == instance_id)
        .values(due_at=moment)
    )


def release_due(session: Session, now: datetime) -> None:
    """Let those start whose moment of entry has come."""
    due: list[Any] = [HELD, col(CommandRow.due_at) <= now]
    ids = select(CommandRow.instance_id).where(*due)
    session.execute(
        update(InstanceRow).where(col(InstanceRow.id).in_(ids)).values(queued=False, held=None)
    )
    session.execute(update(CommandRow).where(*due).values(outcome=None))


def _queueing(journey: str) -> list[Any]:
    """Return the conditions of those who queue for *journey*."""
    return [
        InstanceRow.journey == journey,
        InstanceRow.status == "active",
        col(InstanceRow.queued),
    ]
