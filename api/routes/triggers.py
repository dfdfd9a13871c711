"""Triggers: draft, ready and stopped, and how a system sends a custom one."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, TypeAdapter
from sqlmodel import Session, col, select

from api.bodies import JsonBody, named, read, takes
from api.door.scopes import needs
from api.errors import Conflict, NotFound
from api.gateway import ThisGateway
from api.paging import Page
from api.snippets import Snippets, snippets
from api.uses import listed, live_users
from journeys.readiness import problems_of_trigger
from journeys.trigger import CustomTrigger, Name, Trigger, TriggerState
from store.catalogue import TriggerRow, catalogue_changed, tables

router = APIRouter(
    prefix="/v1/triggers",
    tags=["triggers"],
    dependencies=needs("author", reading=["author", "operate"]),
)

_TRIGGER: TypeAdapter[Trigger] = TypeAdapter(Trigger)
_ANSWERED = ("state", "fired_count", "last_fired_at")
"""What is answered with a trigger and is not part of its definition."""


class Clone(BaseModel):
    """What the copy of a trigger is called."""

    name: Name


class Firings(BaseModel):
    """A trigger's state, and how often it fired and when it last did."""

    state: TriggerState
    fired_count: int
    last_fired_at: datetime | None


_CLONE = TypeAdapter(Clone)


@router.get("")
def list_triggers(gateway: ThisGateway) -> Page[dict[str, Any]]:
    """Answer every trigger."""
    with gateway.database.reading() as session:
        rows = session.exec(select(TriggerRow).order_by(col(TriggerRow.name)))
        return Page.whole([_shown(row) for row in rows])


@router.get("/{name}")
def get_trigger(name: str, gateway: ThisGateway) -> dict[str, Any]:
    """Answer one trigger with its state, and how often it fired and when it last did."""
    with gateway.database.reading() as session:
        return _shown(_trigger(session, name))


@router.put("/{name}", openapi_extra=takes(_TRIGGER))
def put_trigger(
    name: str, body: JsonBody, gateway: ThisGateway, response: Response
) -> dict[str, Any]:
    """Draft a trigger, or edit one. Of one that is ready, only the title."""
    body = named(body, name)
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in _ANSWERED}
    trigger = read(_TRIGGER, body)
    with gateway.database.writing() as session:
        row = session.get(TriggerRow, name)
        if row is None:
            row = TriggerRow(name=name)
            response.status_code = HTTPStatus.CREATED
        elif row.state == "ready" and not _same_but_for_title(row.trigger, trigger):
            raise Conflict(
                f"Expected the same trigger with another title at most, since {name} is ready, "
                "but it means something else: clone it."
            )
        row.definition = trigger.model_dump(mode="json", exclude_defaults=True) | {
            "kind": trigger.kind
        }
        session.add(row)
        catalogue_changed(session)
        return _shown(row)


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
def delete_trigger(name: str, gateway: ThisGateway) -> None:
    """Delete a trigger that no live journey uses."""
    with gateway.database.writing() as session:
        row = _trigger(session, name)
        _require_unused(session, name)
        session.delete(row)
        catalogue_changed(session)


@router.post("/{name}/ready")
def ready_trigger(name: str, gateway: ThisGateway) -> dict[str, Any]:
    """Check a trigger and let it fire from now on; 409 says what keeps it from being ready."""
    with gateway.database.writing() as session:
        row = _trigger(session, name)
        if problems := problems_of_trigger(row.trigger, tables(session)):
            raise Conflict(f"Expected {name} to be ready, but something is wrong.", problems)
        return _now(session, row, "ready")


@router.post("/{name}/stop")
def stop_trigger(name: str, gateway: ThisGateway) -> dict[str, Any]:
    """Let a trigger that no live journey uses fire no more."""
    with gateway.database.writing() as session:
        row = _trigger(session, name)
        if row.state == "draft":
            raise Conflict(f"Expected a trigger that is ready, but {name} is a draft.")
        _require_unused(session, name)
        return _now(session, row, "stopped")


@router.post(
    "/{name}/clone", status_code=HTTPStatus.CREATED, openapi_extra=takes(TypeAdapter(Clone))
)
def clone_trigger(name: str, body: JsonBody, gateway: ThisGateway) -> dict[str, Any]:
    """Draft a trigger that means the same under another name."""
    other = read(_CLONE, body).name
    with gateway.database.writing() as session:
        row = _trigger(session, name)
        if session.get(TriggerRow, other) is not None:
            raise Conflict(
                f"Expected a name that is free, but there is a trigger called {other!r}."
            )
        clone = TriggerRow(name=other, definition=row.definition | {"name": other})
        session.add(clone)
        catalogue_changed(session)
        return _shown(clone)


@router.get("/{name}/snippets", responses={HTTPStatus.CONFLICT: {}})
def get_snippets(name: str, gateway: ThisGateway) -> Snippets:
    """Answer how a system sends a custom trigger: with curl, in Python and in JavaScript."""
    with gateway.database.reading() as session:
        trigger = _trigger(session, name).trigger
        if not isinstance(trigger, CustomTrigger):
            raise Conflict(f"Expected a custom trigger, but {name} fires on record changes.")
        people = [table.name for table in tables(session).values() if table.audience]
    return snippets(trigger, gateway.base_url.rstrip("/"), people[0])


def _trigger(session: Session, name: str) -> TriggerRow:
    row = session.get(TriggerRow, name)
    if row is None:
        raise NotFound(f"Expected a trigger, but there is none called {name!r}.")
    return row


def _shown(row: TriggerRow) -> dict[str, Any]:
    firings = Firings.model_validate(row, from_attributes=True)
    return row.trigger.model_dump(mode="json") | firings.model_dump(mode="json")


def _same_but_for_title(one: Trigger, other: Trigger) -> bool:
    return one == other.model_copy(update={"title": one.title})


def _now(session: Session, row: TriggerRow, state: TriggerState) -> dict[str, Any]:
    row.state = state
    session.add(row)
    catalogue_changed(session)
    return _shown(row)


def _require_unused(session: Session, name: str) -> None:
    if journeys := live_users(session, "trigger", name):
        raise Conflict(
            f"Expected a trigger that no live journey uses, but {listed(journeys)} uses {name}."
        )
