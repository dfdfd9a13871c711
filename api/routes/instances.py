"""Instances: where people stand in journeys, what happened to them, and letting one go on or leave."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from api.bodies import JsonBody, OptionalBody, read, takes
from api.door.scopes import needs
from api.errors import Conflict, Gone, NotFound
from api.gateway import Gateway, ThisGateway, clock
from api.paging import ById, Cursor, Limit, Page, Person, paged, person_of, position
from journeys.changes import PersonRef
from journeys.telling import Told
from journeys.trace import Note
from store.columns import new_id
from store.instances import InstanceRow, instances
from store.telling import tell
from store.timeline import timeline

router = APIRouter(prefix="/v1/instances", tags=["instances"], dependencies=needs("operate"))

_PATIENCE = 10.0  # seconds in which what an operator asked for has taken effect, if all is well
_LOOK_AGAIN_AFTER = 0.05  # seconds
_FARTHEST = timedelta(days=3653)

Status = Literal["active", "completed", "exited"]


class Instance(BaseModel):
    """One pass of one participant through one version of a journey; *binding* is `table/record id`.

    *held* says why it goes no further for the time being. One that queues for its entry has an
    *entered_at* to come.
    """

    id: str
    journey: str
    version: int
    person: PersonRef
    binding: str | None
    status: Status
    reason: str | None
    tile: str | None
    next_wake_at: datetime | None
    held: str | None
    goal_reached_at: datetime | None
    entered_at: datetime
    ended_at: datetime | None
    workflow_id: str

    @classmethod
    def of(cls, row: InstanceRow) -> "Instance":
        person = PersonRef(table=row.person_table, id=row.person_id)
        return cls.model_validate({**row.model_dump(), "person": person})


class Timeline(BaseModel):
    """Everything that happened to an instance, from its entry on."""

    items: list[Note]


class Eject(BaseModel):
    """Why an operator lets an instance leave."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="ejected", min_length=1, max_length=200)


class FastForward(BaseModel):
    """How far the clock of one instance is moved on."""

    model_config = ConfigDict(extra="forbid")

    by: timedelta = Field(gt=timedelta(0), le=_FARTHEST)


_EJECT, _FAST_FORWARD = TypeAdapter(Eject), TypeAdapter(FastForward)


@router.get("")
def list_instances(
    gateway: ThisGateway,
    journey: str | None = None,
    person: Person = None,
    tile: str | None = None,
    status: Annotated[Status | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Instance]:
    """Answer instances, the newest first."""
    with gateway.database.reading() as session:
        rows = instances(
            session,
            journey=journey,
            person=person_of(person),
            tile=tile,
            status=status,
            before=position(cursor, ById),
            limit=limit + 1,
        )
        return paged(rows, limit, Instance.of, lambda row: row.id)


@router.get("/{instance}")
def get_instance(instance: str, gateway: ThisGateway) -> Instance:
    """Answer one instance."""
    with gateway.database.reading() as session:
        return Instance.of(_instance(session, instance))


@router.get("/{instance}/timeline")
def get_timeline(instance: str, gateway: ThisGateway) -> Timeline:
    """Answer what happened to an instance, line by line; 410 when it ended too long ago."""
    with gateway.database.reading() as session:
        row = _instance(session, instance)
        if row.pruned:
            raise Gone(
                "Expected a timeline that is still kept (SOJOURN_KEEP_HISTORY), "
                f"but {instance} ended on {row.ended_at:%Y-%m-%d}."
            )
        return Timeline(items=timeline(session, row.id))


@router.post("/{instance}/eject", openapi_extra=takes(_EJECT))
async def eject_instance(
    instance: str, body: OptionalBody, gateway: ThisGateway, response: Response
) -> Instance:
    """Let an instance leave, wherever it stands; 202 where it has not left after some seconds."""
    await run_in_threadpool(_tell_to_leave, gateway, instance, read(_EJECT, body).reason)
    gateway.wake_relay()
    return await _once(gateway, instance, lambda row: row.status != "active", response)


@router.post("/{instance}/skip-wait")
async def skip_wait(instance: str, gateway: ThisGateway, response: Response) -> Instance:
    """End the present wait as if its time had come; 202 where that takes more than some seconds."""
    before = await run_in_threadpool(_tell_to_skip, gateway, instance)
    gateway.wake_relay()
    return await _once(gateway, instance, lambda row: not _waits_as(row, before), response)


@router.post("/{instance}/fast-forward", openapi_extra=takes(_FAST_FORWARD))
async def fast_forward_instance(
    instance: str, body: JsonBody, gateway: ThisGateway, response: Response
) -> Instance:
    """Move the clock of one instance on, where the Temporal server can; 409 elsewhere."""
    by = read(_FAST_FORWARD, body).by
    if not gateway.time_skipping:
        raise Conflict("Expected a Temporal server that can move clocks, but this one cannot.")
    row = await run_in_threadpool(_active, gateway, instance)
    handle = gateway.client.get_workflow_handle(row.workflow_id)
    skipper = TimeSkipper(gateway.client)
    try:
        await skipper.fast_forward(handle, by)
        present = await skipper.get_current_time(handle)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Conflict(f"Expected an instance that runs, but {instance} does not.") from None
    return await _once(gateway, instance, lambda row: _stands_at(row, present), response)


def _stands_at(row: InstanceRow, present: datetime) -> bool:
    """Say whether all that was to happen until *present* is written down."""
    waits = row.next_wake_at is not None and row.next_wake_at > present
    return row.status != "active" or waits


async def _once(
    gateway: Gateway, instance: str, took_effect: Callable[[InstanceRow], bool], response: Response
) -> Instance:
    """Answer the instance once what was asked for is written down; 202 where it takes too long."""
    try:
        async with asyncio.timeout(_PATIENCE):
            # Another process writes it down: there is nothing here that could wake us.
            while not took_effect(  # noqa: ASYNC110
                row := await run_in_threadpool(_read, gateway, instance)
            ):
                await asyncio.sleep(_LOOK_AGAIN_AFTER)
    except TimeoutError:
        response.status_code = HTTPStatus.ACCEPTED
        row = await run_in_threadpool(_read, gateway, instance)
    return Instance.of(row)


def _tell_to_leave(gateway: Gateway, instance: str, reason: str) -> None:
    now = clock()
    with gateway.database.writing() as session:
        row = _require_active(_instance(session, instance))
        told = Told(id=f"eject/{new_id(now)}", at=now, what="ejected", leave=reason)
        tell(session, row.id, told, now)


def _tell_to_skip(gateway: Gateway, instance: str) -> InstanceRow:
    """Write that the wait of an instance is over; return where it stood."""
    now = clock()
    with gateway.database.writing() as session:
        row = _require_active(_instance(session, instance))
        if row.next_wake_at is None:
            raise Conflict(f"Expected an instance that waits, but {instance} does not.")
        told = Told(id=f"skip/{new_id(now)}", at=now, what="wait skipped", skip=row.tile)
        tell(session, row.id, told, now)
    return row


def _waits_as(row: InstanceRow, before: InstanceRow) -> bool:
    """Say whether an instance still waits where it did *before*."""
    same = (row.tile, row.next_wake_at) == (before.tile, before.next_wake_at)
    return row.status == "active" and same


def _active(gateway: Gateway, instance: str) -> InstanceRow:
    return _require_active(_read(gateway, instance))


def _read(gateway: Gateway, instance: str) -> InstanceRow:
    with gateway.database.reading() as session:
        return _instance(session, instance)


def _require_active(row: InstanceRow) -> InstanceRow:
    if row.status != "active":
        raise Conflict(f"Expected an instance that is active, but {row.id} has {row.status}.")
    return row


def _instance(session: Session, instance: str) -> InstanceRow:
    row = session.get(InstanceRow, instance)
    if row is None:
        raise NotFound(f"Expected an instance, but there is none called {instance!r}.")
    return row
