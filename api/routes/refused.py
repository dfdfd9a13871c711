"""Refused: entries that were not allowed and changes that could not be used, each with its reason."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, TypeAdapter
from sqlmodel import Session

from api.bodies import OptionalBody, takes
from api.door.scopes import needs
from api.errors import Conflict, Malformed, NotFound
from api.gateway import Gateway, ThisGateway, clock
from api.missed import Missed
from api.paging import ById, Cursor, Limit, Page, Person, paged, person_of, position
from api.posted import sent_before
from api.sending import Answer, Sending, Unusable
from journeys.problem import Problem
from store.refused import BAD_INPUT, OUT_OF_ORDER, RefusedRow, refused
from store.set_aside import carry_again

router = APIRouter(prefix="/v1/refused", tags=["refused"], dependencies=needs("operate"))


class Refusal(BaseModel):
    """What was refused (*change*) and why: *reason* in a word or two, *problem* as a sentence.

    *source* is the one that sent it, where it came from one.

    Of an entry also the journey, the trigger, the person (`table/id`) and the values it was
    judged on; of a command, which Temporal refused, the journey and the person. *replayed_at* is
    when it was taken in after all, and *became* the answer to that.
    """

    id: str
    at: datetime
    what: str
    reason: str
    problem: str
    change: Any
    source: str | None
    journey: str | None
    trigger: str | None
    person: str | None
    values: dict[str, Any]
    replayed_at: datetime | None
    became: Any

    @classmethod
    def of(cls, row: RefusedRow) -> "Refusal":
        return cls.model_validate(row.model_dump())


_CORRECTED = TypeAdapter(dict[str, Any])


@router.get("")
def list_refused(
    gateway: ThisGateway,
    what: Annotated[Literal["entry", "change", "command"] | None, Query()] = None,
    journey: str | None = None,
    person: Person = None,
    source: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Refusal]:
    """Answer refusals, the newest first."""
    whose = person_of(person)
    with gateway.database.reading() as session:
        rows = refused(
            session,
            what=what,
            journey=journey,
            person=None if whose is None else str(whose),
            source=source,
            before=position(cursor, ById),
            limit=limit + 1,
        )
        return paged(rows, limit, Refusal.of, lambda row: row.id)


@router.post("/{refused}/replay", openapi_extra=takes(_CORRECTED, required=False))
def replay(refused: str, gateway: ThisGateway, corrected: OptionalBody) -> Refusal:
    """Take in what was refused, as it was sent or *corrected*, once; what is still wrong is 422.

    What came too late is to be *corrected*, by another version or moment or by none. An entry whose
    trigger found nobody is decided again, with the people and records as they are by now, and a
    command that was set aside is carried to Temporal once more.
    """
    if _is_command(gateway, refused):
        return _carry_again(gateway, refused)

    def read(session: Session) -> Sending | Missed:
        row = _row(session, refused)
        missed = Missed.of(row)
        if missed is None and (row.form is None or row.reason not in {BAD_INPUT, OUT_OF_ORDER}):
            raise Conflict(
                "Expected what could not be understood, came too late or found nobody, but this "
                f"is {row.what} refused for {row.reason!r}: send what corrects it anew."
            )
        _require_not_replayed(row)
        if missed is not None:
            return missed
        return _sending(session, row, corrected or row.change)

    def settle(session: Session, now: datetime, answer: Answer) -> None:
        if answer.refused:
            problems = [Problem(**each) for one in answer.refused for each in one["problems"]]
            raise Malformed("It cannot be taken in yet.", problems)
        if answer.ignored and not (answer.accepted or answer.duplicates):
            raise Malformed(answer.ignored[0])
        row = session.get_one(RefusedRow, refused)
        row.replayed_at, row.became = now, answer.told()

    gateway.intake.take_again(read, settle)
    with gateway.database.reading() as session:
        return Refusal.of(session.get_one(RefusedRow, refused))


def _row(session: Session, refused: str) -> RefusedRow:
    row = session.get(RefusedRow, refused, with_for_update=True)
    if row is None:
        raise NotFound(f"Expected something refused, but there is no {refused!r}.")
    return row


def _sending(session: Session, row: RefusedRow, body: Any) -> Sending:
    """Return what is to be taken in again; what came too late has its id taken, and gets another."""
    sending = sent_before(session, row, body)
    if row.reason != OUT_OF_ORDER:
        return sending
    anew = [
        each if isinstance(each, Unusable) else each.model_copy(update={"id": None})
        for each in sending.items
    ]
    return replace(sending, items=anew)


def _require_not_replayed(row: RefusedRow) -> None:
    if row.replayed_at is not None:
        raise Conflict(f"Expected it to be replayed once, but it was at {row.replayed_at}.")


def _is_command(gateway: Gateway, refused: str) -> bool:
    with gateway.database.reading() as session:
        return _row(session, refused).what == "command"


def _carry_again(gateway: Gateway, refused: str) -> Refusal:
    with gateway.database.writing() as session:
        row = _row(session, refused)
        _require_not_replayed(row)
        why_not = carry_again(session, row)
        if why_not is not None:
            raise Conflict(f"Expected a command that is set aside, but {why_not}.")
        row.replayed_at, row.became = clock(), row.change
        session.add(row)
        answer = Refusal.of(row)
    gateway.wake_relay()
    return answer
