"""Changes in: what systems send, taken in and answered once it is durable."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, TypeAdapter
from starlette.concurrency import run_in_threadpool

from api.arriving import take_posted
from api.bodies import as_delivered, items_of, items_of_lines, takes
from api.gateway import ThisGateway
from api.intake import Intake
from api.scopes import asker_of, needs
from api.sending import Answer, Sending
from journeys.changes import RecordChange, SentTrigger

router = APIRouter(prefix="/v1", tags=["changes in"], dependencies=needs("ingest"))


LISTED = 1_000
"""Of a stream so many ids, and so many that were refused, are named; all of them are kept."""


_CHANGES = TypeAdapter(RecordChange | list[RecordChange])
_EVENTS = TypeAdapter(SentTrigger | list[SentTrigger])


MOST = 10_000
"""How many may be in one list, which is taken in as a whole; lines may be any number."""


@router.post("/changes", response_model=dict[str, Any], openapi_extra=takes(_CHANGES, lines=True))
async def take_changes(request: Request, gateway: ThisGateway) -> Response:
    """Take in one record change, a list, or NDJSON. One bad item never spoils the others.

    What says by its content type that it is CloudEvents is taken in as such.
    """
    if "sojourn.source" in request.scope:
        return _answered(await take_posted(request, gateway))
    return await _taken(request, gateway.intake, RecordChange, "change")


@router.post("/events", response_model=dict[str, Any], openapi_extra=takes(_EVENTS, lines=True))
async def take_events(request: Request, gateway: ThisGateway) -> Response:
    """Take in one custom trigger, a list, or NDJSON."""
    return await _taken(request, gateway.intake, SentTrigger, "event")


async def _taken(request: Request, intake: Intake, model: type[BaseModel], form: str) -> Response:
    content_type = request.headers.get("content-type", "")
    if "ndjson" in content_type or "jsonl" in content_type:
        return _answered(await _taken_as_it_comes(request, intake, model, form))
    body, delivery = await request.body(), asker_of(request).delivery

    def take() -> dict[str, Any]:
        items = as_delivered(items_of(body, model, MOST), delivery)
        return intake.take(Sending(items, form)).told()

    return _answered(await run_in_threadpool(take))


def _answered(answer: Any) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json")


async def _taken_as_it_comes(
    request: Request, intake: Intake, model: type[BaseModel], form: str
) -> dict[str, Any]:
    """Take NDJSON in piece by piece, each in a transaction of its own, and answer the sum.

    Where the connection breaks the pieces that came whole are taken in; sent again, they are
    duplicates by their ids.
    """
    answer, count, refused = Answer(), 0, 0
    async for items in items_of_lines(request.stream(), model):
        items = as_delivered(items, asker_of(request).delivery, count)  # noqa: PLW2901 - the same
        piece = await run_in_threadpool(intake.take, Sending(items, form))
        answer.go_on(count, piece, LISTED)
        count, refused = count + len(items), refused + len(piece.refused)
    unlisted = {"ids": answer.accepted - len(answer.ids), "refused": refused - len(answer.refused)}
    return {**answer.told(), "unlisted": unlisted} if any(unlisted.values()) else answer.told()
