"""Changes in: what systems send, taken in and answered once it is durable."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, TypeAdapter
from starlette.concurrency import run_in_threadpool

from api.batch import Answer, Item, Sending, Unreadable
from api.bodies import items_of, items_of_lines, json_body, reading_of, takes
from api.gateway import ThisGateway
from api.intake import Intake
from api.scopes import asker_of, needs
from journeys.changes import RecordChange, SentTrigger

router = APIRouter(prefix="/v1", tags=["changes in"], dependencies=needs("ingest"))


LISTED = 1_000
"""Of a stream so many ids, and so many that were refused, are named; all of them are kept."""


_CHANGES = TypeAdapter(RecordChange | list[RecordChange])
_EVENTS = TypeAdapter(SentTrigger | list[SentTrigger])
_ANY = TypeAdapter(dict[str, Any])


MOST = 10_000
"""How many may be in one list, which is taken in as a whole; lines may be any number."""


@router.post("/changes", response_model=dict[str, Any], openapi_extra=takes(_CHANGES, lines=True))
async def take_changes(request: Request, gateway: ThisGateway) -> Response:
    """Take in one record change, a list, or NDJSON. One bad item never spoils the others."""
    return await _taken(request, gateway.intake, RecordChange, "change")


@router.post("/events", response_model=dict[str, Any], openapi_extra=takes(_EVENTS, lines=True))
async def take_events(request: Request, gateway: ThisGateway) -> Response:
    """Take in one custom trigger, a list, or NDJSON."""
    return await _taken(request, gateway.intake, SentTrigger, "event")


async def _taken(request: Request, intake: Intake, model: type[BaseModel], form: str) -> Response:
    content_type = request.headers.get("content-type", "")
    if "ndjson" in content_type or "jsonl" in content_type:
        return _answered(await _taken_as_it_comes(request, intake, model, form))
    items = items_of(await request.body(), model, MOST)
    items = _as_delivered(items, asker_of(request).delivery)
    return _answered(await run_in_threadpool(intake.take, Sending(items, form)))


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
        items = _as_delivered(items, asker_of(request).delivery, count)  # noqa: PLW2901 - the same
        piece = await run_in_threadpool(intake.take, Sending(items, form))
        answer.go_on(count, piece, LISTED)
        count, refused = count + len(items), refused + len(piece.refused)
    unlisted = {"ids": answer.accepted - len(answer.ids), "refused": refused - len(answer.refused)}
    return {**vars(answer), "unlisted": unlisted} if any(unlisted.values()) else vars(answer)


def _as_delivered(items: list[Item], delivery: str | None, first: int = 0) -> list[Item]:
    """Name what has no id by the signed *delivery* it came in: delivered again, it counts once."""
    if delivery is None:
        return items
    return [
        item.model_copy(update={"id": f"{delivery}/{index}"})
        if not isinstance(item, Unreadable) and item.id is None
        else item
        for index, item in enumerate(items, first)
    ]


@router.post("/changes/dataverse", openapi_extra=takes(_ANY))
async def take_dataverse(request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a Dataverse webhook posts. Messages we do not need are acknowledged.

    Dataverse looks at the status alone, and anything but 200 fails the job that posted: so what
    cannot be used is answered with 200 as well, and kept as refused.
    """
    sending, ignored = reading_of(await json_body(request), request.headers, "dataverse")
    answer = vars(await run_in_threadpool(gateway.intake.take, sending))
    return {**answer, "ignored": ignored} if ignored else answer
