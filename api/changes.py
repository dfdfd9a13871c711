"""Changes in: what systems send, taken in and answered once it is durable."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from api.bodies import dataverse_items, items_of, json_body
from api.gateway import ThisGateway
from journeys.changes import RecordChange, SentTrigger

router = APIRouter(prefix="/v1", tags=["changes in"])


@router.post("/changes")
async def take_changes(request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in one record change, a list, or NDJSON. One bad item never spoils the others."""
    items = items_of(await request.body(), request.headers.get("content-type", ""), RecordChange)
    return asdict(await run_in_threadpool(gateway.intake.take, items))


@router.post("/events")
async def take_events(request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in one custom trigger, a list, or NDJSON."""
    items = items_of(await request.body(), request.headers.get("content-type", ""), SentTrigger)
    return asdict(await run_in_threadpool(gateway.intake.take, items, "event"))


@router.post("/changes/dataverse")
async def take_dataverse(request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a Dataverse webhook posts. Messages we do not need are acknowledged.

    Dataverse looks at the status alone, and anything but 200 fails the job that posted: so what
    cannot be used is answered with 200 as well, and kept as refused.
    """
    items, ignored = dataverse_items(await json_body(request), request.headers)
    answer = asdict(await run_in_threadpool(gateway.intake.take, items, "dataverse"))
    return {**answer, "ignored": ignored} if ignored else answer
