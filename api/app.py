"""The FastAPI application of the gateway."""

from fastapi import APIRouter, FastAPI

from api import changes, health
from api.errors import add_error_handlers
from api.gateway import Gateway


def create_app(gateway: Gateway, *more: APIRouter) -> FastAPI:
    """Return the gateway's application; *more* are routers only some installations have."""
    app = FastAPI(title="Sojourn", version="1", description=__doc__)
    app.state.gateway = gateway
    add_error_handlers(app)
    for router in (changes.router, health.router, *more):
        app.include_router(router)
    return app
