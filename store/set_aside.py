"""Set aside: commands that Temporal never takes, listed among what was refused, and tried again."""

from datetime import datetime

from sqlmodel import Session, col, delete, update

from journeys.trace import Ending, Note
from store.columns import new_id
from store.commands import WAITS, CommandRow
from store.instances import NEVER_STARTED, InstanceRow, end
from store.journeys import JourneyRow
from store.refused import RefusedRow
from store.timeline import NoteRow, add_note

SET_ASIDE = "set aside"


def list_set_aside(
    session: Session, command: CommandRow, instance: InstanceRow, problem: str, now: datetime
) -> None:
    """List a command that was set aside, for an operator; an instance that cannot start has left.

    It is inside no more then, and does not count as an entry: its person may enter again.
    """
    session.add(
        RefusedRow(
            id=new_id(now),
            at=now,
            what="command",
            reason=SET_ASIDE,
            problem=problem,
            change={"command": command.id, "kind": command.kind, "instance": instance.id},
            journey=instance.journey,
            person=str(instance.person),
        )
    )
    if command.kind != "start":
        return
    session.execute(
        update(CommandRow)
        .where(
            WAITS,
            col(CommandRow.journey) == instance.journey,
            col(CommandRow.instance_id) == instance.id,
        )
        .values(outcome="gone")
    )
    if end(session, instance.id, Ending(status="exited", reason=NEVER_STARTED), now):
        add_note(session, instance.id, Note(at=now, what="exited", why=NEVER_STARTED))


def carry_again(session: Session, row: RefusedRow) -> str | None:
    """Let the relay try the command that *row* lists once more; return why not, where it cannot."""
    command = session.get(CommandRow, row.change["command"]) if row.change else None
    instance = None if command is None else session.get(InstanceRow, command.instance_id)
    if command is None or instance is None or command.outcome != "poisoned":
        return "it is set aside no more"
    if instance.erased:
        return "its person was erased"
    journey = session.get(JourneyRow, instance.journey)
    if command.kind == "start" and (journey is None or journey.state == "stopped"):
        return f"{instance.journey} was stopped"
    command.outcome = command.problem = None
    if command.kind == "start" and instance.reason == NEVER_STARTED:
        instance.status, instance.reason, instance.ended_at = "active", None, None
        session.execute(  # its workflow goes on with the lines that were there before
            delete(NoteRow).where(
                col(NoteRow.instance_id) == instance.id,
                col(NoteRow.what) == "exited",
                col(NoteRow.why) == NEVER_STARTED,
            )
        )
    session.add_all([command, instance])
    return None
