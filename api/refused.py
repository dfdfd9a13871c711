"""Refused: entries that were not allowed and changes that could not be used, each with its reason."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.gateway import ThisGateway
from api.paging import ById, Cursor, Limit, Page, Person, paged, person_of, position
from store.refused import RefusedRow, refused

router = APIRouter(prefix="/v1/refused", tags=["refused"])


class Refusal(BaseModel):
    """What was refused (*change*) and why: *reason* in a word or two, *problem* as a sentence.

    Of an entry also the journey, the trigger, the person (`table/id`) and the values it was
    judged on.
    """

    id: str
    at: datetime
    what: str
    reason: str
    problem: str
    change: Any
    journey: str | None
    trigger: str | None
    person: str | None
    values: dict[str, Any]

    @classmethod
    def of(cls, row: RefusedRow) -> "Refusal":
        return cls.model_validate(row.model_dump())


@router.get("")
def list_refused(
    gateway: ThisGateway,
    what: Annotated[Literal["entry", "change"] | None, Query()] = None,
    journey: str | None = None,
    person: Person = None,
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
            before=position(cursor, ById),
            limit=limit + 1,
        )
        return paged(rows, limit, Refusal.of, lambda row: row.id)
