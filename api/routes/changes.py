"""Changes in: what is sent in our words or posted by a source, answered once it is durable."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, TypeAdapter
from starlette.concurrency import run_in_threadpool

from api.bodies import as_delivered, items_of, items_of_lines, takes
from api.door.limits import Limits, is_lines
from api.door.scopes import asker_of, needs
from api.fetching import completed
from api.gateway import Gateway, ThisGateway, clock
from api.intake import Intake
from api.posted import opened, sent_by
from api.sending import Answer, Sending
from api.sourcebook import FIXED, Source
from journeys.changes import RecordChange, SentTrigger
from wire.formats import FORMATS

router = APIRouter(prefix="/v1", tags=["changes in"], dependencies=needs("ingest"))

LISTED = 1_000
"""Of a stream so many ids, and so many that were refused, are named; all of them are kept."""

MOST = 10_000
"""How many may be in one list, which is taken in as a whole; lines may be any number."""

_CHANGES = TypeAdapter(RecordChange | list[RecordChange])
_EVENTS = TypeAdapter(SentTrigger | list[SentTrigger])
_ANY = TypeAdapter[Any](Any)


@router.post("/changes", response_model=dict[str, Any], openapi_extra=takes(_CHANGES, lines=True))
async def take_changes(request: Request, gateway: ThisGateway) -> Response:
    """Take in one record change, a list, or NDJSON. One bad item never spoils the others.

    What says by its content type that it is CloudEvents is taken in as such.
    """
    if "sojourn.source" in request.scope:
        return _answered(await _take_posted(request, gateway))
    return await _taken(request, gateway.intake, RecordChange, "change")


@router.post("/events", response_model=dict[str, Any], openapi_extra=takes(_EVENTS, lines=True))
async def take_events(request: Request, gateway: ThisGateway) -> Response:
    """Take in one custom trigger, a list, or NDJSON."""
    return await _taken(request, gateway.intake, SentTrigger, "event")


@router.post("/sources/{name}/in", openapi_extra=takes(_ANY))
async def take_from_source(name: str, request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a source posts, unchanged.

    Senders look at the status alone, and drop or stop at anything but 200: so what cannot be used
    is answered with 200 as well, and kept as refused; what is of no use is named in `ignored`.
    """
    return await _take_posted(request, gateway)


async def take_from_built_in(request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a system posts, unchanged, at the URL of a source that need not be declared."""
    return await _take_posted(request, gateway)


async def answer_who_asks_to_send(request: Request) -> Response:
    """Answer a sender of CloudEvents that asks whether it may post here, and how often a minute.

    It may, under a key or the credentials of the source: there is nothing else that is told by this.
    """
    headers = {"Allow": "POST, OPTIONS"}
    if origin := request.headers.get("webhook-request-origin"):
        limits: Limits = request.app.state.limits
        often = limits.per_second
        rate = "*" if often is None else str(max(1, int(often * 60)))
        headers |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": rate}
    return Response(headers=headers)


for _path in ("/sources/{name}/in", *FORMATS["cloudevents"].paths):
    router.add_api_route(
        _path.removeprefix("/v1"),
        answer_who_asks_to_send,
        methods=["OPTIONS"],
        include_in_schema=False,
    )

for _path in FIXED:
    router.add_api_route(
        _path.removeprefix("/v1"),
        take_from_built_in,
        methods=["POST"],
        name=f"take_{_path.rpartition('/')[2]}",
        openapi_extra=takes(_ANY),
    )


async def _taken(request: Request, intake: Intake, model: type[BaseModel], form: str) -> Response:
    if is_lines(request.headers):
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


async def _take_posted(request: Request, gateway: Gateway) -> dict[str, Any]:
    """Take in what the source of this request posts, and return what became of it."""
    source: Source = request.scope["sojourn.source"]  # the door has found it
    body = opened(source, await request.body(), request.headers)
    if isinstance(body, dict):
        body.pop(source.form.write_key, None)  # the door has seen it, and nobody keeps it
    about = {":path": request.url.path, ":received": clock().isoformat()}
    sending = sent_by(source, body, {**request.headers, **about}, asker_of(request).delivery)
    sending = await completed(gateway, source, sending)
    answer = await run_in_threadpool(gateway.intake.take, sending)
    return {**source.form.answer, **answer.told()}
