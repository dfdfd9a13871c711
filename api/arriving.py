"""Arriving: what sources post at their URLs, read in their format and answered as they need."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from api.bodies import takes
from api.fetching import completed
from api.gateway import Gateway, ThisGateway, clock
from api.limits import Limits
from api.posted import opened, sent_by
from api.scopes import asker_of, needs
from api.sourcebook import FIXED, Source
from wire.formats import FORMATS

router = APIRouter(prefix="/v1", tags=["changes in"], dependencies=needs("ingest"))


_ANY = TypeAdapter[Any](Any)


@router.post("/sources/{name}/in", openapi_extra=takes(_ANY))
async def take_from_source(name: str, request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a source posts, unchanged.

    Senders look at the status alone, and drop or stop at anything but 200: so what cannot be used
    is answered with 200 as well, and kept as refused; what is of no use is named in `ignored`.
    """
    return await take_posted(request, gateway)


async def take_from_built_in(request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a system posts, unchanged, at the URL of a source that need not be declared."""
    return await take_posted(request, gateway)


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


async def take_posted(request: Request, gateway: Gateway) -> dict[str, Any]:
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
