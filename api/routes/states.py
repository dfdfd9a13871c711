"""States of journeys: pausing and resuming them, letting them run out, and stopping them."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import Session

from api.door.scopes import needs
from api.errors import Conflict, NotFound
from api.gateway import ThisGateway, clock
from journeys.telling import STOPPED, Told
from store.catalogue import catalogue_changed
from store.columns import new_id
from store.instances import InstanceRow, inside, state_now
from store.journeys import JourneyRow, version
from store.telling import pause, resume, tell_all

router = APIRouter(
    prefix="/v1/journeys", tags=["journeys"], dependencies=needs("author", "operate")
)

State = Literal["draft", "live", "paused", "completing", "completed", "stopped"]


class Paused(BaseModel):
    """A journey whose waits go on, and in which nothing else happens."""

    name: str
    state: State


class Resumed(BaseModel):
    """How many were held and go on: those who queued, and those who stood before a tile that acts."""

    name: str
    state: State
    resumed: int


class Completing(BaseModel):
    """How many are inside still; the journey is completed once the last of them has left."""

    name: str
    state: State
    inside: int


class Stopped(BaseModel):
    """How many instances were told to leave."""

    name: str
    state: State
    leaving: int


@router.post("/{name}/pause")
def pause_journey(name: str, gateway: ThisGateway) -> Paused:
    """Let nobody start and no tile act until the journey is resumed; whoever enters queues."""
    with gateway.database.writing() as session:
        row = _in_state(session, name, "live")
        _becomes(session, row, "paused")
        pause(session, name)
    return Paused(name=name, state="paused")


@router.post("/{name}/resume")
def resume_journey(name: str, gateway: ThisGateway) -> Resumed:
    """Let those go on who were held while the journey was paused, in the order they came."""
    with gateway.database.writing() as session:
        row = _in_state(session, name, "paused")
        _becomes(session, row, "live")
        published = version(session, name, row.version or 0)
        limit = None if published is None else published.journey.entry.rate_limit
        resumed = resume(session, name, limit, clock())
    gateway.wake_relay()
    return Resumed(name=name, state="live", resumed=resumed)


@router.post("/{name}/complete")
def complete_journey(name: str, gateway: ThisGateway) -> Completing:
    """Let nobody enter any more; those inside, and those who queue, pass to the end."""
    with gateway.database.writing() as session:
        row = _in_state(session, name, "live")
        _becomes(session, row, "completing")
        session.flush()
        return Completing.model_validate(
            {"name": name, "state": state_now(session, row), "inside": inside(session, name)}
        )


@router.post("/{name}/stop")
def stop_journey(name: str, gateway: ThisGateway) -> Stopped:
    """Let nobody enter any more, and everybody leave with the reason *stopped*."""
    now = clock()
    with gateway.database.writing() as session:
        row = _in_state(session, name, "live", "paused", "completing")
        _becomes(session, row, "stopped")
        told = Told(id=f"stop/{new_id(now)}", at=now, what=STOPPED, leave=STOPPED)
        leaving = tell_all(session, [InstanceRow.journey == name], told, now)
    gateway.wake_relay()
    return Stopped(name=name, state="stopped", leaving=leaving)


def journey_called(session: Session, name: str) -> JourneyRow:
    """Return the journey called *name*; raise NotFound where there is none."""
    row = session.get(JourneyRow, name)
    if row is None:
        raise NotFound(f"Expected a journey, but there is none called {name!r}.")
    return row


def _in_state(session: Session, name: str, *states: State) -> JourneyRow:
    """Return the journey called *name*; raise Conflict where it is in none of *states*."""
    row = journey_called(session, name)
    session.refresh(row, with_for_update=True)
    state = state_now(session, row)
    if state not in states:
        expected = " or ".join(filter(None, [", ".join(states[:-1]), states[-1]]))
        raise Conflict(f"Expected a journey that is {expected}, but {name} is {state}.")
    return row


def _becomes(session: Session, row: JourneyRow, state: State) -> None:
    """Write that a journey is in *state*; it holds for the very next change."""
    row.state = state
    session.add(row)
    catalogue_changed(session)
