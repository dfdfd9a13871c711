"""Keys over the API: an administrator makes them, sees when they were used, and revokes them."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from api.bodies import JsonBody, read, takes
from api.door.keyring import ThisKeyring
from api.door.scopes import needs
from api.errors import Conflict, NotFound
from api.gateway import ThisGateway, clock
from api.paging import Page
from journeys.trigger import Name
from store.keys import KeyRow, NameTaken, Scope, create_key, keys, revoke_key

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=needs("admin"))


class KeyWanted(BaseModel):
    """A key to be made; with *signed* it has a secret, and changes sent with it are signed."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1)]
    signed: bool = False


class Key(BaseModel):
    """A key as it is listed: what it opens with is nowhere in it."""

    name: str
    scopes: list[str]
    signed: bool
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: KeyRow) -> "Key":
        return cls.model_validate({**row.model_dump(), "signed": row.signing_secret is not None})


class NewKey(Key):
    """A key as it is answered once, with what it opens with."""

    key: str
    signing_secret: str | None


_WANTED = TypeAdapter(KeyWanted)


@router.get("")
def list_keys(gateway: ThisGateway) -> Page[Key]:
    """Answer every key there is or was."""
    with gateway.database.reading() as session:
        return Page.whole([Key.of(row) for row in keys(session)])


@router.post("", status_code=HTTPStatus.CREATED, openapi_extra=takes(_WANTED))
def make_key(body: JsonBody, gateway: ThisGateway, keyring: ThisKeyring) -> NewKey:
    """Make a key. It is answered this once: nobody can read it again."""
    wanted = read(_WANTED, body)
    try:
        key, row = gateway.database.write(
            lambda session: create_key(
                session, wanted.name, wanted.scopes, clock(), signed=wanted.signed
            )
        )
    except NameTaken as error:
        raise Conflict(str(error)) from None
    keyring.changed()
    return NewKey(**Key.of(row).model_dump(), key=key, signing_secret=row.signing_secret)


@router.delete("/{name}")
def revoke(name: str, gateway: ThisGateway, keyring: ThisKeyring) -> Key:
    """Revoke a key: it opens nothing from the next request on. It stays in the list."""
    row = gateway.database.write(lambda session: revoke_key(session, name, clock()))
    if row is None:
        raise NotFound(f"Expected a key, but there is none called {name!r}.")
    keyring.changed()
    return Key.of(row)
