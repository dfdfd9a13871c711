"""What a Dataverse environment can be asked for: its tables, and to post every change of theirs."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, model_validator

from api.bodies import JsonBody, read, takes
from api.door.scopes import needs
from api.errors import Conflict, Later
from api.gateway import Gateway, ThisGateway
from api.importing import TableRead, declare_as_defined
from api.repairing import repair
from api.routes.sources import source_called
from api.sourcebook import ThisSourcebook
from connections import web_api
from connections.definitions import definitions
from connections.registering import find_endpoint, post_to, register_steps
from connections.web_api import WebApi
from store.sources import SourceRow
from wire.credentials import Kept, Query
from wire.dataverse_settings import DataverseConnection, TableName, connection_in

router = APIRouter(prefix="/v1/sources/{name}", tags=["sources"])

_CODE = "code"
"""The query parameter in which Dataverse brings a WebhookKey."""


class TablesWanted(BaseModel):
    """Which *tables* to read from the environment, or their *definitions* as it answered them before.

    Those of *people* become audiences. A *dry_run* says what would change, and changes nothing.
    """

    model_config = ConfigDict(extra="forbid")

    tables: tuple[TableName, ...] = Field(default=(), max_length=100)
    definitions: Any = None
    people: tuple[TableName, ...] = ()
    dry_run: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.tables) == (self.definitions is not None):
            raise ValueError("Expected tables to read, or their definitions.")
        return self


class TablesRead(BaseModel):
    """What an import does, table by table."""

    tables: list[TableRead]


class RegistrationWanted(BaseModel):
    """To which *url* the environment posts, and the *tables* of which it tells; left out, as it is known."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    tables: tuple[TableName, ...] = ()


class Registered(BaseModel):
    """What was missing: whether the webhook is new, and how many steps and images were."""

    url: str
    webhook: Literal["new", "changed", "same"]
    tables: tuple[str, ...]
    made: int


class TableRepaired(BaseModel):
    """What came of asking for a table: *rows* that were answered, and changes that were *missed*.

    It was *full* where everything was read; *problem* says why it could not be asked for.
    """

    table: str
    rows: int
    missed: int
    full: bool
    problem: str | None


class TablesRepaired(BaseModel):
    """What came of a repair, table by table."""

    tables: list[TableRepaired]


_TABLES, _REGISTRATION = TypeAdapter(TablesWanted), TypeAdapter(RegistrationWanted)


@router.post("/tables", dependencies=needs("author"), openapi_extra=takes(_TABLES))
async def import_tables(name: str, body: JsonBody, gateway: ThisGateway) -> TablesRead:
    """Declare tables as a Dataverse environment defines them; what is declared beyond that stays."""
    wanted = read(_TABLES, body)
    if wanted.definitions is None:
        async with _connected(gateway, name) as there:
            found = await definitions(there, wanted.tables)
    else:
        found = wanted.definitions
    return await asyncio.to_thread(_imported, gateway, found, wanted)


def _imported(gateway: Gateway, found: Any, wanted: TablesWanted) -> TablesRead:
    with gateway.database.writing() as session:
        done = declare_as_defined(session, found, wanted.people)
        if wanted.dry_run:
            session.rollback()
    return TablesRead(tables=done)


@router.post("/register", dependencies=needs("admin"), openapi_extra=takes(_REGISTRATION))
async def register_webhook(
    name: str, body: JsonBody, gateway: ThisGateway, book: ThisSourcebook
) -> Registered:
    """Let a Dataverse environment post every change of tables to this source, with a key of its own."""
    wanted = read(_REGISTRATION, body)
    chosen = wanted.tables or _connection_of(gateway, name).tables
    if not chosen:
        raise Conflict(f"Expected tables to hear of, but neither you nor {name} names any.")
    url = wanted.url or f"{gateway.base_url}/v1/sources/{name}/in"
    async with _connected(gateway, name) as there:
        called = f"Sojourn {name}"
        found = await find_endpoint(there, called)
        key = await asyncio.to_thread(_new_key, gateway, name, there_already=found is not None)
        book.changed()
        endpoint, webhook = await post_to(there, called, url, found, key)
        made = sum([await register_steps(there, endpoint, table) for table in chosen])
    return Registered(url=url, webhook=webhook, tables=chosen, made=made)


def _new_key(gateway: Gateway, name: str, *, there_already: bool) -> str | None:
    """Return a new key that lets the source in, or None where the webhook has one that does.

    It counts before anything is posted with it.
    """
    with gateway.database.writing() as session:
        row = session.get_one(SourceRow, name)
        kept = [each for each in row.credentials if (each["kind"], each.get("name")) == _ITS_KIND]
        if there_already and kept:
            return None
        key = secrets.token_urlsafe(32)
        made = Kept.of(Query(kind="query", name=_CODE, value=SecretStr(key)), secrets.token_hex(8))
        row.credentials = [*row.credentials, made.model_dump(mode="json", exclude_none=True)]
        session.add(row)
    return key


_ITS_KIND = ("query", _CODE)


@router.post("/repair", dependencies=needs("operate"))
async def repair_source(name: str, gateway: ThisGateway) -> TablesRepaired:
    """Ask a Dataverse environment for what changed, and take in what its webhooks missed."""
    connection = await asyncio.to_thread(_connection_of, gateway, name)
    done = [await repair(gateway, name, connection, table) for table in connection.tables]
    return TablesRepaired(tables=[TableRepaired(**vars(each)) for each in done])


def _connection_of(gateway: Gateway, name: str) -> DataverseConnection:
    """Return how to ask the environment of the source *name*; raise NotFound or Conflict without one."""
    with gateway.database.reading() as session:
        source = source_called(session, name)
    connection = connection_in(source.settings)
    if connection is None:
        raise Conflict(
            f"Expected a source with a connection to Dataverse in its settings, but {name} has none."
        )
    return connection


@asynccontextmanager
async def _connected(gateway: Gateway, name: str) -> AsyncIterator[WebApi]:
    """Converse with the environment of the source *name*.

    Raises NotFound and Conflict where there is none, or it will not do what it is asked, and Later
    where it may another time.
    """
    connection = _connection_of(gateway, name)
    try:
        async with WebApi(connection, gateway.memory) as there:
            yield there
    except web_api.Refusal as error:
        raise Conflict(str(error)) from error
    except web_api.Later as error:
        raise Later(str(error), int(error.after or 0) or 1) from error
