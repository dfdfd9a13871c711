"""Connected: a conversation with the system that a source is, for whoever asks the gateway for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.errors import Conflict, Later, NotFound
from api.gateway import Gateway
from api.sourcebook import source_called
from connections import web_api
from connections.web_api import WebApi
from wire.dataverse_settings import DataverseConnection, connection_in


def connection_of(gateway: Gateway, name: str) -> DataverseConnection:
    """Return how to ask the environment of the source *name*; raise NotFound or Conflict without one."""
    with gateway.database.reading() as session:
        source = source_called(session, name)
    if source is None:
        raise NotFound(f"Expected a source, but there is none called {name!r:.80}.")
    connection = connection_in(source.settings)
    if connection is None:
        raise Conflict(
            f"Expected a source with a connection to Dataverse in its settings, but {name} has none."
        )
    return connection


@asynccontextmanager
async def connected(gateway: Gateway, name: str) -> AsyncIterator[WebApi]:
    """Converse with the environment of the source *name*.

    Raises NotFound and Conflict where there is none, or it will not do what it is asked, and Later
    where it may another time.
    """
    connection = connection_of(gateway, name)
    try:
        async with WebApi(connection, gateway.memory) as there:
            yield there
    except web_api.Refusal as error:
        raise Conflict(str(error)) from error
    except web_api.Later as error:
        raise Later(str(error), int(error.after or 0) or 1) from error
