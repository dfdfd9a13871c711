"""Reaching: a part that starts waits for the store and for Temporal, which may be starting beside it."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from settings import CannotStart, Settings
from store.database import Database
from store.schema import NotAnswering, upgrade
from workflows.attributes import WrongSearchAttribute, register_search_attributes
from workflows.definitions import data_converter

PATIENCE = 60.0
"""Seconds until a gateway or worker gives up waiting."""

_BETWEEN_TRIES = 0.5

T = TypeVar("T")

log = structlog.get_logger()


@contextmanager
def store_of(settings: Settings) -> Iterator[Database]:
    """Yield the store, as it is and whether it answers or not; its own folder is made where it is missing."""
    with suppress(OSError):  # what keeps it from being opened is said by `upgrade`
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url.get_secret_value())
    try:
        yield database
    finally:
        database.close()


@contextmanager
def opened_store(settings: Settings) -> Iterator[Database]:
    """Open the store, at the schema of this release."""
    with store_of(settings) as database:
        upgrade(database)
        yield database


async def reached(database: Database, patience: float) -> Database:
    """Return *database* at the schema of this release, once it answers.

    Raises CannotStart where it does not within *patience* seconds.
    """
    give_up, said = time.monotonic() + patience, False
    while True:
        try:
            await asyncio.to_thread(upgrade, database)
        except NotAnswering as error:
            if time.monotonic() > give_up:
                raise CannotStart(
                    f"Expected the database to answer within {patience:.0f} seconds "
                    f"(SOJOURN_DATABASE_URL), but: {error.why}"
                ) from error
            if not said:
                log.warning("the database cannot be reached yet", why=error.why)
            said = True
        else:
            return database
        await asyncio.sleep(_BETWEEN_TRIES)


async def connected(
    address: str, namespace: str, database: Database, patience: float = 0.0
) -> Client:
    """Return a client of Temporal at *address* whose namespace knows our search attributes.

    Raises CannotStart where it cannot be reached in *patience* seconds, or knows them with another
    type.
    """
    give_up = time.monotonic() + patience
    while True:
        try:
            client = await Client.connect(
                address, namespace=namespace, data_converter=data_converter(database)
            )
            await register_search_attributes(client)
        except (RPCError, RuntimeError) as error:  # RuntimeError: the connection is refused
            if time.monotonic() > give_up:
                raise CannotStart(
                    f"Expected Temporal at {address} with namespace {namespace} (TEMPORAL_ADDRESS, "
                    f"TEMPORAL_NAMESPACE), but: {error}"
                ) from error
        except WrongSearchAttribute as error:
            raise CannotStart(str(error)) from error
        else:
            return client
        await asyncio.sleep(_BETWEEN_TRIES)


async def unless_told_to(stop: asyncio.Event, waiting: Coroutine[Any, Any, T]) -> T | None:
    """Return what *waiting* returns, or None where *stop* is set before."""
    going_on, stopping = asyncio.create_task(waiting), asyncio.create_task(stop.wait())
    await asyncio.wait((going_on, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if going_on.done():
        return await going_on
    going_on.cancel()
    return None
