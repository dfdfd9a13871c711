"""Health: whether the gateway is alive, and whether everything it needs can be reached."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response

from api.gateway import ThisGateway
from api.scopes import needs_nothing

router = APIRouter(tags=["health"], dependencies=needs_nothing())


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """Answer that the gateway is alive."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(gateway: ThisGateway, response: Response) -> dict[str, Any]:
    """Answer whether database, Temporal and worker can be reached; 503 says which cannot."""
    unwell = await gateway.ready()
    if unwell:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": "not ready", "problems": unwell}
    return {"status": "ready"}
