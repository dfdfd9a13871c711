"""The FastAPI application of the gateway."""

from collections.abc import Callable, Sequence
from datetime import datetime

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api.door.door import Door
from api.door.keyring import Keyring
from api.door.limits import Limits
from api.errors import add_error_handlers
from api.gateway import Gateway, clock
from api.openapi import complete_openapi
from api.routes import ROUTERS
from api.sourcebook import Sourcebook


def create_app(
    gateway: Gateway,
    *more: APIRouter,
    keyring: Keyring | None = None,
    limits: Limits | None = None,
    keyless: Sequence[str] = (),
    now: Callable[[], datetime] = clock,
) -> FastAPI:
    """Return the gateway's application; *more* are routers only some installations have.

    Without a *keyring*, requests need a key from the first one on that is made in its store;
    *keyless* are paths of *more* that never need one.
    """
    keyring = keyring or Keyring(gateway.database, now)
    sourcebook = Sourcebook(gateway.database, now)
    app = FastAPI(
        title="Sojourn",
        version="1",
        description="Customer journeys that start, move and end on record changes.",
        generate_unique_id_function=_operation_id,
        separate_input_output_schemas=False,
    )
    app.state.gateway = gateway
    app.state.keyring = keyring
    app.state.sourcebook = sourcebook
    app.state.limits = limits = limits or Limits()
    app.add_middleware(
        Door, keyring=keyring, sourcebook=sourcebook, limits=limits, keyless=keyless, now=now
    )
    add_error_handlers(app)
    for router in (*ROUTERS, *more):
        app.include_router(router)
    complete_openapi(app)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
