"""Explaining: what a change would fire, start and tell, and why not the rest; it is applied to nothing."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter
from sqlmodel import Session

from api.admission import Admission
from api.bodies import JsonBody, read, takes
from api.door.scopes import needs
from api.errors import Malformed
from api.gateway import ThisGateway, clock
from journeys.changes import RecordChange, RecordChanged, SentTrigger, TriggerFired
from journeys.explaining import (
    Explanation,
    OfInstance,
    OfJourney,
    OfTrigger,
    explain_change,
    explain_event,
)
from journeys.known import Known
from journeys.mirror import comes_late, taken_in
from journeys.routing import Routes
from journeys.scripted import problems_of_change, problems_of_event
from journeys.trigger import CustomTrigger
from store.catalogue import routes
from store.inbox import was_taken
from store.journeys import paused
from store.records import Mirror, lookup_in

router = APIRouter(
    prefix="/v1/changes", tags=["changes in"], dependencies=needs("author", "operate")
)

_CHANGE, _EVENT = TypeAdapter(RecordChange), TypeAdapter(SentTrigger)
_ANY: TypeAdapter[RecordChange | SentTrigger] = TypeAdapter(RecordChange | SentTrigger)


class Explained(BaseModel):
    """What a change or a custom trigger would do: every trigger, every live journey, those told.

    *columns* are those whose value really differs from the mirror. Where it would have no effect
    at all, *reason* and *why* say so.
    """

    record: str | None = None
    operation: str | None = None
    columns: list[str] = []
    reason: str | None = None
    why: str | None = None
    triggers: list[OfTrigger] = []
    journeys: list[OfJourney] = []
    instances: list[OfInstance] = []


@router.post("/explain", openapi_extra=takes(_ANY))
def explain(body: JsonBody, gateway: ThisGateway) -> Explained:
    """Say what a change, or a custom trigger, would do. It is applied to nothing."""
    is_event = isinstance(body, dict) and "trigger" in body
    what: RecordChange | SentTrigger = read(_EVENT, body) if is_event else read(_CHANGE, body)
    now = clock()
    with gateway.database.reading() as session:
        known = routes(session)
        wrong = (
            problems_of_event(what, known.catalogue)
            if isinstance(what, SentTrigger)
            else problems_of_change(what, known.catalogue)
        )
        if found := list(wrong):
            raise Malformed("The body is not as expected.", found)
        if what.id is not None and was_taken(session, (what.source, what.id)):
            why = (
                f"Expected something new, but {what.id!r} from {what.source!r} was taken in before."
            )
            return Explained(reason="duplicate", why=why)
        if isinstance(what, SentTrigger):
            return _event(session, what, known, now)
        return _change(session, what, known, now)


def _event(session: Session, sent: SentTrigger, known: Routes, now: datetime) -> Explained:
    trigger = known.catalogue.triggers[sent.trigger]
    event = TriggerFired(
        event_id=sent.id or "explained",
        trigger=sent.trigger,
        person=sent.person.record,
        binding=sent.binding,
        values=trigger.read(sent.attributes)[0] if isinstance(trigger, CustomTrigger) else {},
        occurred_at=sent.occurred_at or now,
    )
    ledger = Admission(session, known, now, lookup_in(session))  # only read: its pen stays put
    return Explained(**_parts(explain_event(event, known, ledger, now, paused(session))))


def _change(session: Session, change: RecordChange, known: Routes, now: datetime) -> Explained:
    table = known.catalogue.tables[change.table]
    row = Mirror(session).mirrored(change.record)
    here: dict[str, Any] = {"record": str(change.record), "operation": change.operation}
    before = None if row is None else row.known
    late = row is not None and comes_late(change, row.version, row.source, row.occurred_at)
    created = row is not None and (row.created or (late and before is None))
    if late and (change.operation != "create" or created):
        why = f"Expected the newest change, but a newer one of {change.record} was taken in before."
        return Explained(**here, reason="out of order", why=why)
    if row is not None and row.known is None and change.operation == "delete":
        why = f"Expected a record that is there, but {change.record} is deleted."
        return Explained(**here, reason="deleted before", why=why)
    changed: RecordChanged = taken_in(
        change.model_copy(update={"id": change.id or "explained"}),
        table,
        table.read(change.values)[0],
        table.read(change.before or {})[0],
        None if late else before,  # a creation that comes late is the record as it was then
        now,
        created=created,
    )
    after = {**changed.after, **before} if late and before else changed.after
    known_then = Known(beneath=lookup_in(session))
    known_then.keep(changed.record, None if changed.operation == "delete" else after)
    ledger = Admission(session, known, now, known_then)  # only read: its pen stays where it is
    here = {**here, "operation": changed.operation, "columns": sorted(changed.columns)}
    explanation = explain_change(changed, known, ledger, now, paused(session))
    return Explained(**here, **_parts(explanation))


def _parts(explanation: Explanation) -> dict[str, Any]:
    return {
        "triggers": explanation.triggers,
        "journeys": explanation.journeys,
        "instances": explanation.instances,
    }
