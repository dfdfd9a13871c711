"""Arriving: what sources post at their URLs, read in their format and answered as they need."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from api.bodies import any_json, takes
from api.fetching import completed
from api.gateway import Gateway, ThisGateway, clock
from api.posted import sent_by
from api.scopes import asker_of, needs
from api.sourcebook import FIXED, Source

router = APIRouter(prefix="/v1", tags=["changes in"], dependencies=needs("ingest"))


_ANY = TypeAdapter[Any](Any)


@router.post("/sources/{name}/in", openapi_extra=takes(_ANY))
async def take_from_source(name: str, request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a source posts, unchanged.

    Senders look at the status alone, and drop or stop at anything but 200: so what cannot be used
    is answered with 200 as well, and kept as refused; what is of no use is named in `ignored`.
    """
    return await _taken(request, gateway)


async def take_from_built_in(request: Request, gateway: ThisGateway) -> dict[str, Any]:
    """Take in what a system posts, unchanged, at the URL of a source that need not be declared."""
    return await _taken(request, gateway)


for _path in FIXED:
    router.add_api_route(
        _path.removeprefix("/v1"),
        take_from_built_in,
        methods=["POST"],
        name=f"take_{_path.rpartition('/')[2]}",
        openapi_extra=takes(_ANY),
    )


async def _taken(request: Request, gateway: Gateway) -> dict[str, Any]:
    source: Source = request.scope["sojourn.source"]  # the door has found it
    body = any_json(await request.body())
    if isinstance(body, dict):
        body.pop(source.form.write_key, None)  # the door has seen it, and nobody keeps it
    about = {":path": request.url.path, ":received": clock().isoformat()}
    sending = sent_by(source, body, {**request.headers, **about}, asker_of(request).delivery)
    sending = await completed(gateway, source, sending)
    answer = await run_in_threadpool(gateway.intake.take, sending)
    return {**source.form.answer, **answer.told()}
