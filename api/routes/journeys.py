"""Journeys: drafting, copying and deleting them."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlmodel import Session, col, select

from api.basis import IfMatch, base_of, etag
from api.bodies import JsonBody, named, read, takes
from api.door.scopes import needs
from api.errors import Conflict, Malformed
from api.gateway import ThisGateway, clock
from api.paging import Page
from api.routes.publishing import as_published
from api.routes.states import State, journey_called
from journeys.catalogue import Catalogue
from journeys.drawing import drawing
from journeys.journey import Journey, draft_from
from journeys.problem import Problem
from journeys.publishing import problems
from journeys.trigger import Name
from store.catalogue import TriggerRow, catalogue
from store.drafts import forget_drafts, keep_draft
from store.instances import entered_and_inside, state_now
from store.journeys import JourneyRow

router = APIRouter(
    prefix="/v1/journeys",
    tags=["journeys"],
    dependencies=needs("author", reading=["author", "operate"]),
)

_LONGEST_NAME = 63


class Summary(BaseModel):
    """A journey, its state, and the number of its newest version.

    *draft* says whether publishing would change anything, *draft_version* how often the draft
    was saved; *entered* are all who ever entered, *inside* those who have not left.
    """

    name: str
    title: str
    state: State
    version: int | None
    draft: bool
    draft_version: int
    changed_at: datetime
    entered: int
    inside: int


class Drafted(Summary):
    """A journey with its draft (*journey*) and what keeps that from going live (*problems*)."""

    journey: dict[str, Any]
    problems: list[Problem]


class FromTrigger(BaseModel):
    """The trigger that a journey is to be entered by; the names follow from the trigger's."""

    model_config = ConfigDict(extra="forbid")

    trigger: Name
    name: Name | None = None
    title: str | None = None


class FoundProblems(BaseModel):
    """Everything that keeps a draft from going live."""

    problems: list[Problem]


class Copy(BaseModel):
    """The name of the copy, and its title where that is to be another."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    title: str | None = None


_JOURNEY, _FROM_TRIGGER = TypeAdapter(Journey), TypeAdapter(FromTrigger)
_COPY = TypeAdapter(Copy)


@router.get("")
def list_journeys(gateway: ThisGateway) -> Page[Summary]:
    """Answer every journey."""
    with gateway.database.reading() as session:
        known = catalogue(session)
        passed = entered_and_inside(session)
        rows = session.exec(select(JourneyRow).order_by(col(JourneyRow.name)))
        return Page.whole([Summary(**_summary(session, row, known, passed)) for row in rows])


@router.post("", status_code=HTTPStatus.CREATED, openapi_extra=takes(_FROM_TRIGGER))
def create_journey(body: JsonBody, gateway: ThisGateway) -> Drafted:
    """Draft a journey that people enter by a trigger."""
    asked = read(_FROM_TRIGGER, body)
    with gateway.database.writing() as session:
        trigger = session.get(TriggerRow, asked.trigger)
        if trigger is None:
            message = f"Expected a trigger, but there is none called {asked.trigger!r}."
            raise Malformed(message, [Problem(path="/trigger", message=message)])
        if asked.name is not None:
            _require_free(session, asked.name)
        name = asked.name or _free_name(session, asked.trigger)
        title = trigger.trigger.title if asked.title is None else asked.title
        return _drafted(session, _new(session, name, draft_from(asked.trigger, name, title)))


@router.get("/{name}")
def get_journey(name: str, gateway: ThisGateway, response: Response) -> Drafted:
    """Answer one journey with its draft."""
    with gateway.database.reading() as session:
        row = journey_called(session, name)
        response.headers["ETag"] = etag(row)
        return _drafted(session, row)


@router.put("/{name}", openapi_extra=takes(_JOURNEY))
def put_journey(
    name: str, body: JsonBody, gateway: ThisGateway, response: Response, if_match: IfMatch = None
) -> Drafted:
    """Save a draft. What keeps it from going live is answered, and hinders nothing yet.

    One that was made from what is not the newest any more, as its `draft_version`, `version` or
    the header If-Match says, is refused with all that has changed since.
    """
    body, base = base_of(body, if_match)
    journey = read(_JOURNEY, named(body, name))
    with gateway.database.writing() as session:
        row = session.get(JourneyRow, name)
        base.require_newest(session, name, row, journey.draft())
        if row is None:
            row = _new(session, name, journey.draft())
            response.status_code = HTTPStatus.CREATED
        else:
            row.draft, row.changed_at = journey.draft(), clock()
            row.draft_version += 1
            session.add(row)
            keep_draft(session, name, row.draft_version, row.draft)
        response.headers["ETag"] = etag(row)
        return _drafted(session, row)


@router.post("/{name}/copy", status_code=HTTPStatus.CREATED, openapi_extra=takes(_COPY))
def copy_journey(name: str, body: JsonBody, gateway: ThisGateway) -> Drafted:
    """Draft the same journey under another name, whatever state it is in."""
    asked = read(_COPY, body)
    with gateway.database.writing() as session:
        original = journey_called(session, name)
        _require_free(session, asked.name)
        title = original.draft.get("title", "") if asked.title is None else asked.title
        draft = {**original.draft, "name": asked.name, "title": title}
        draft = Journey.model_validate(draft).draft()  # as it would be saved
        return _drafted(session, _new(session, asked.name, draft))


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
def delete_journey(name: str, gateway: ThisGateway) -> None:
    """Delete a journey that nobody is in or enters; its instances and versions stay on record."""
    with gateway.database.writing() as session:
        row = journey_called(session, name)
        state = state_now(session, row)
        if state not in ("draft", "stopped", "completed"):
            raise Conflict(
                f"Expected a draft, a stopped or a completed journey, but {name} is {state}."
            )
        forget_drafts(session, name)
        session.delete(row)


@router.get("/{name}/problems")
def get_problems(name: str, gateway: ThisGateway) -> FoundProblems:
    """Answer everything that keeps the draft from going live."""
    with gateway.database.reading() as session:
        draft = Journey.model_validate(journey_called(session, name).draft)
        return FoundProblems(problems=list(problems(draft, catalogue(session))))


@router.get("/{name}/drawing.svg", response_class=Response)
def draw_journey(name: str, gateway: ThisGateway) -> Response:
    """Answer a picture of the draft."""
    with gateway.database.reading() as session:
        draft = Journey.model_validate(journey_called(session, name).draft)
    return Response(drawing(draft), media_type="image/svg+xml")


def _new(session: Session, name: str, draft: dict[str, Any]) -> JourneyRow:
    """Keep *draft* as that of a new journey."""
    row = JourneyRow(name=name, draft=draft, changed_at=clock())
    session.add(row)
    keep_draft(session, name, row.draft_version, draft)
    return row


def _require_free(session: Session, name: str) -> None:
    if session.get(JourneyRow, name) is not None:
        raise Conflict(f"Expected a name that is free, but there is a journey called {name!r}.")


def _free_name(session: Session, trigger: str) -> str:
    """Return a name for a journey entered by *trigger*: the trigger's, with a number where it is taken."""
    name, number = trigger, 1
    while session.get(JourneyRow, name) is not None:
        number += 1
        ending = f"-{number}"
        name = trigger[: _LONGEST_NAME - len(ending)] + ending
    return name


def _drafted(session: Session, row: JourneyRow) -> Drafted:
    known = catalogue(session)
    found = problems(Journey.model_validate(row.draft), known)
    passed = entered_and_inside(session, row.name)
    return Drafted(**_summary(session, row, known, passed), journey=row.draft, problems=list(found))


def _summary(
    session: Session, row: JourneyRow, known: Catalogue, passed: Mapping[str, tuple[int, int]]
) -> dict[str, Any]:
    entered, within = passed.get(row.name, (0, 0))
    return {
        **row.model_dump(exclude={"draft"}),
        "title": row.draft.get("title", ""),
        "state": state_now(session, row),
        "entered": entered,
        "inside": within,
        "draft": as_published(session, row, known) is None,
    }
