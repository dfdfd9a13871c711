"""Journeys: drafting, publishing and stopping them."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlmodel import Session, col, insert, select

from api.bodies import JsonBody, named, read, takes
from api.errors import Conflict, Malformed, NotFound
from api.gateway import ThisGateway, clock
from api.paging import Page
from journeys.catalogue import Catalogue
from journeys.journey import Journey, Version, draft_from
from journeys.problem import Problem, Problems
from journeys.publishing import problems, publish
from journeys.telling import Told
from journeys.trigger import Name
from store.catalogue import TriggerRow, catalogue, catalogue_changed
from store.columns import new_id
from store.commands import CommandRow
from store.instances import InstanceRow
from store.journeys import JourneyRow, keep_version, version, versions_of

router = APIRouter(prefix="/v1/journeys", tags=["journeys"])

State = Literal["draft", "live", "stopped"]
_LONGEST_NAME = 63


class Summary(BaseModel):
    """A journey, its state, and the number of its newest version.

    *draft* says whether publishing would change anything, *draft_version* how often the draft
    was saved.
    """

    name: str
    title: str
    state: State
    version: int | None
    draft: bool
    draft_version: int
    changed_at: datetime


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


class Published(BaseModel):
    """Which version is live."""

    name: str
    state: State
    version: int


class Stopped(BaseModel):
    """How many instances were told to leave."""

    name: str
    state: State
    leaving: int


class PublishedVersion(BaseModel):
    """A version as it was published; *journey* never changes."""

    number: int
    published_at: datetime
    digest: str
    live: bool
    journey: dict[str, Any]


_JOURNEY, _FROM_TRIGGER = TypeAdapter(Journey), TypeAdapter(FromTrigger)


@router.get("")
def list_journeys(gateway: ThisGateway) -> Page[Summary]:
    """Answer every journey."""
    with gateway.database.reading() as session:
        known = catalogue(session)
        rows = session.exec(select(JourneyRow).order_by(col(JourneyRow.name)))
        return Page.whole([Summary(**_summary(session, row, known)) for row in rows])


@router.post("", status_code=HTTPStatus.CREATED, openapi_extra=takes(_FROM_TRIGGER))
def create_journey(body: JsonBody, gateway: ThisGateway) -> Drafted:
    """Draft a journey that people enter by a trigger."""
    asked = read(_FROM_TRIGGER, body)
    with gateway.database.writing() as session:
        trigger = session.get(TriggerRow, asked.trigger)
        if trigger is None:
            message = f"Expected a trigger, but there is none called {asked.trigger!r}."
            raise Malformed(message, [Problem(path="/trigger", message=message)])
        if asked.name is not None and session.get(JourneyRow, asked.name) is not None:
            raise Conflict(
                f"Expected a name that is free, but there is a journey called {asked.name!r}."
            )
        name = asked.name or _free_name(session, asked.trigger)
        title = trigger.trigger.title if asked.title is None else asked.title
        draft = draft_from(asked.trigger, name, title)
        row = JourneyRow(name=name, draft=draft, changed_at=clock())
        session.add(row)
        return _drafted(session, row)


@router.get("/{name}")
def get_journey(name: str, gateway: ThisGateway) -> Drafted:
    """Answer one journey with its draft."""
    with gateway.database.reading() as session:
        return _drafted(session, _journey(session, name))


@router.put("/{name}", openapi_extra=takes(_JOURNEY))
def put_journey(name: str, body: JsonBody, gateway: ThisGateway, response: Response) -> Drafted:
    """Save a draft. What keeps it from going live is answered, and hinders nothing yet."""
    journey = read(_JOURNEY, named(body, name))
    with gateway.database.writing() as session:
        row = session.get(JourneyRow, name)
        if row is None:
            row = JourneyRow(name=name, draft_version=0, changed_at=clock())
            response.status_code = HTTPStatus.CREATED
        row.draft, row.changed_at = journey.draft(), clock()
        row.draft_version += 1
        session.add(row)
        return _drafted(session, row)


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
def delete_journey(name: str, gateway: ThisGateway) -> None:
    """Delete a journey that is a draft or stopped; its instances and versions stay on record."""
    with gateway.database.writing() as session:
        row = _journey(session, name)
        if row.state not in ("draft", "stopped"):
            raise Conflict(f"Expected a draft or a stopped journey, but {name} is {row.state}.")
        session.delete(row)


@router.get("/{name}/problems")
def get_problems(name: str, gateway: ThisGateway) -> FoundProblems:
    """Answer everything that keeps the draft from going live."""
    with gateway.database.reading() as session:
        draft = Journey.model_validate(_journey(session, name).draft)
        return FoundProblems(problems=list(problems(draft, catalogue(session))))


@router.post("/{name}/publish")
def publish_journey(name: str, gateway: ThisGateway) -> Published:
    """Make the draft the version that people enter from now on; 409 says what is in the way.

    A draft that is live as it stands stays the version it is.
    """
    now = clock()
    with gateway.database.writing() as session:
        row = _journey(session, name)
        known = catalogue(session)
        same = _as_published(session, row, known)
        if same is None:
            newest = versions_of(session, name)
            number = 1 + (newest[0].number if newest else 0)
            try:
                published = publish(Journey.model_validate(row.draft), known, number)
            except Problems as found:
                raise Conflict(
                    f"Expected a draft of {name} that can go live, but it has problems.",
                    found.problems,
                ) from None
            keep_version(session, published, now)
        else:
            number = same.number
        row.state, row.version = "live", number
        session.add(row)
        catalogue_changed(session)
        return Published(name=name, state="live", version=number)


@router.post("/{name}/stop")
def stop_journey(name: str, gateway: ThisGateway) -> Stopped:
    """Let nobody enter any more, and everybody leave with the reason *stopped*."""
    with gateway.database.writing() as session:
        row = _journey(session, name)
        if row.state != "live":
            raise Conflict(f"Expected a journey that is live, but {name} is {row.state}.")
        leaving = _tell_all_to_leave(session, name)
        row.state = "stopped"
        session.add(row)
        catalogue_changed(session)
    gateway.wake_relay()
    return Stopped(name=name, state="stopped", leaving=leaving)


@router.get("/{name}/versions")
def list_versions(name: str, gateway: ThisGateway) -> Page[PublishedVersion]:
    """Answer every version of a journey, the newest first."""
    with gateway.database.reading() as session:
        row = _journey(session, name)
        return Page.whole(
            [
                PublishedVersion(
                    number=each.number,
                    published_at=each.published_at,
                    digest=each.digest,
                    live=row.state == "live" and each.number == row.version,
                    journey=published.journey.draft(),
                )
                for each in versions_of(session, name)
                if (published := version(session, name, each.number)) is not None
            ]
        )


def _journey(session: Session, name: str) -> JourneyRow:
    row = session.get(JourneyRow, name)
    if row is None:
        raise NotFound(f"Expected a journey, but there is none called {name!r}.")
    return row


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
    return Drafted(**_summary(session, row, known), journey=row.draft, problems=list(found))


def _summary(session: Session, row: JourneyRow, known: Catalogue) -> dict[str, Any]:
    return {
        **row.model_dump(exclude={"draft"}),
        "title": row.draft.get("title", ""),
        "draft": _as_published(session, row, known) is None,
    }


def _as_published(session: Session, row: JourneyRow, known: Catalogue) -> Version | None:
    """Return the newest version where publishing the draft would make the same once more, else None."""
    newest = None if row.version is None else version(session, row.name, row.version)
    if newest is None:
        return None
    try:
        drafted = publish(Journey.model_validate(row.draft), known, newest.number)
    except Problems:
        return None
    return newest if drafted.as_bytes() == newest.as_bytes() else None


def _tell_all_to_leave(session: Session, journey: str) -> int:
    """Write a command for each active instance of *journey*; return how many there are."""
    now = clock()
    told = Told(id=f"stop/{new_id(now)}", at=now, what="stopped", leave="stopped")
    payload = told.model_dump(mode="json")
    inside = session.exec(
        select(InstanceRow.id).where(InstanceRow.journey == journey, InstanceRow.status == "active")
    )
    commands = [
        {"instance_id": instance, "kind": "tell", "payload": payload, "created_at": now}
        for instance in inside
    ]
    if commands:
        session.execute(insert(CommandRow), commands)
    return len(commands)
