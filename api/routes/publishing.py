"""Publishing journeys: which version people enter, and whether those inside go over to it."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlmodel import Session

from api.bodies import OptionalBody, read, takes
from api.door.scopes import needs
from api.errors import Conflict
from api.gateway import ThisGateway, clock
from api.paging import Page
from api.routes.states import State, journey_called
from journeys.catalogue import Catalogue
from journeys.journey import Journey, Version
from journeys.moving import Moving, moving_to
from journeys.problem import Problems
from journeys.publishing import publish
from store.catalogue import ENTERED, catalogue, catalogue_changed
from store.instances import state_now
from store.journeys import JourneyRow, keep_version, version, versions_of
from store.moving import move_all, standing_elsewhere, staying

router = APIRouter(
    prefix="/v1/journeys",
    tags=["journeys"],
    dependencies=needs("author", reading=["author", "operate"]),
)


class Publication(BaseModel):
    """How to publish: whether those inside *move* to the version, and *dry_run* to do nothing yet."""

    model_config = ConfigDict(extra="forbid")

    move: bool = False
    dry_run: bool = False


class Published(BaseModel):
    """Which version people enter, and what became of those inside where they were to move."""

    name: str
    state: State
    version: int
    moving: Moving | None = None


class PublishedVersion(BaseModel):
    """A version as it was published; *journey* never changes."""

    number: int
    published_at: datetime
    digest: str
    live: bool
    journey: dict[str, Any]


_PUBLICATION = TypeAdapter(Publication)


@router.post(
    "/{name}/publish", response_model_exclude_unset=True, openapi_extra=takes(_PUBLICATION)
)
def publish_journey(name: str, body: OptionalBody, gateway: ThisGateway) -> Published | Moving:
    """Make the draft the version that people enter from now on; 409 says what is in the way.

    A draft that is live as it stands stays the version it is. Those inside finish the version they
    entered, unless they are to *move*; a *dry_run* answers who would go where, and does nothing.
    """
    asked, now = read(_PUBLICATION, body), clock()
    with gateway.database.reading() if asked.dry_run else gateway.database.writing() as session:
        row = journey_called(session, name)
        state = state_now(session, row)
        if state == "completing":
            raise Conflict(
                f"Expected a journey that is not running out, but {name} is completing: "
                "publish it once the last one inside has left, or stop it."
            )
        known = catalogue(session)
        new = as_published(session, row, known)
        is_new = new is None
        new = new or next_version(session, row, known)
        moving = moving_to(new, standing_elsewhere(session, new)) if asked.move else None
        if asked.dry_run:
            return moving or Moving(stays=staying(session, name), moves={})
        if is_new:
            keep_version(session, new, now)
        row.state, row.version = "paused" if state == "paused" else "live", new.number
        session.add(row)
        catalogue_changed(session)
        answer = Published.model_validate({"name": name, "state": row.state, "version": new.number})
        if moving is not None:
            answer.moving = moving
            move_all(session, new, now)
    gateway.wake_relay()
    return answer


@router.get("/{name}/versions")
def list_versions(name: str, gateway: ThisGateway) -> Page[PublishedVersion]:
    """Answer every version of a journey, the newest first."""
    with gateway.database.reading() as session:
        row = journey_called(session, name)
        return Page.whole(
            [
                PublishedVersion(
                    number=each.number,
                    published_at=each.published_at,
                    digest=each.digest,
                    live=row.state in ENTERED and each.number == row.version,
                    journey=published.journey.draft(),
                )
                for each in versions_of(session, name)
                if (published := version(session, name, each.number)) is not None
            ]
        )


def as_published(session: Session, row: JourneyRow, known: Catalogue) -> Version | None:
    """Return the newest version where publishing the draft would make the same once more, else None."""
    newest = None if row.version is None else version(session, row.name, row.version)
    if newest is None:
        return None
    try:
        drafted = publish(Journey.model_validate(row.draft), known, newest.number)
    except Problems:
        return None
    return newest if drafted.as_bytes() == newest.as_bytes() else None


def next_version(session: Session, row: JourneyRow, known: Catalogue) -> Version:
    """Return the version that the draft becomes; raise Conflict where it has problems."""
    newest = versions_of(session, row.name)
    number = 1 + (newest[0].number if newest else 0)
    try:
        return publish(Journey.model_validate(row.draft), known, number)
    except Problems as found:
        raise Conflict(
            f"Expected a draft of {row.name} that can go live, but it has problems.",
            found.problems,
        ) from None
