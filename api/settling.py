"""Settling: what became of the commands that were carried, written down for the store to know."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from api.admission import count_late_goal
from api.carrying import Carried, Order
from journeys.telling import Told
from journeys.trace import Ending, Note
from store.commands import Outcome, settle
from store.instances import end
from store.set_aside import list_set_aside
from store.timeline import add_note

GONE = "gone from Temporal"


def write_outcomes(session: Session, carried: Sequence[Carried], now: datetime) -> None:
    """Write down what became of the commands *carried*, and what follows from it.

    What another relay wrote down of a command before stands, and nothing follows any more.
    """
    by_outcome: defaultdict[tuple[Outcome, str | None], dict[int, Order]] = defaultdict(dict)
    for each in carried:
        by_outcome[each.outcome, each.problem][each.order.command.id or 0] = each.order
    for (outcome, problem), orders in by_outcome.items():
        for command_id in sorted(settle(session, orders.keys(), outcome, problem)):
            order = orders[command_id]
            if outcome == "gone" and order.command.kind != "start":
                _gone(session, order)
            elif outcome == "poisoned":
                list_set_aside(session, order.command, order.instance, problem or "", now)


def _gone(session: Session, order: Order) -> None:
    """Write down that an instance has no workflow any more.

    Mostly it ended just before it could be told; where the store says otherwise, somebody
    terminated it in Temporal, or Temporal has lost or forgotten it.
    """
    payload, instance = order.command.payload, order.instance
    told = Told.model_validate(payload["told"] if order.command.kind == "move" else payload)
    if told.goal:  # it counts after completion too, however close the two were
        count_late_goal(session, instance.id, told, told.at)
    if end(session, instance.id, Ending(status="exited", reason=GONE), told.at):
        add_note(session, instance.id, Note(at=told.at, what="exited", why=GONE))
