"""Health: whether the gateway is alive, and whether everything it needs can be reached."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api.door.scopes import needs_nothing
from api.gateway import Gateway, ThisGateway, clock
from store.commands import backlog

router = APIRouter(tags=["health"], dependencies=needs_nothing())


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """Answer that the gateway is alive."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(gateway: ThisGateway, response: Response) -> dict[str, Any]:
    """Answer whether database, Temporal and worker can be reached; 503 says which cannot.

    *relay* says how many commands wait to be carried to Temporal, and for how long the oldest has.
    """
    unwell = await gateway.ready()
    answer: dict[str, Any] = {"status": "ready"}
    if unwell:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        answer = {"status": "not ready", "problems": unwell}
    if "database" not in unwell:
        answer["relay"] = await run_in_threadpool(_relay, gateway)
    return answer


def _relay(gateway: Gateway) -> dict[str, Any]:
    with gateway.database.reading() as session:
        found = backlog(session)
    lag = clock() - found.since if found.since else timedelta(0)
    return {"waiting": found.waiting, "lag_seconds": max(lag.total_seconds(), 0.0)}
