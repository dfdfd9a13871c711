"""Sources: the systems that post to us, declared, tried out, and what has come from each."""

import secrets
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from sqlmodel import Session

from api.bodies import JsonBody, named, read, takes
from api.door.scopes import needs
from api.errors import Malformed, NotFound
from api.gateway import Gateway, ThisGateway, clock
from api.paging import Page
from api.sourcebook import BUILT_IN, Source, ThisSourcebook, find_source
from api.trying import Tried, tried
from journeys.problem import Problem, problems_of_shape
from journeys.trigger import Name
from store.catalogue import catalogue
from store.sources import ReceivedRow, SourceRow, forget_source, received, sources
from store.tracking import forget_track
from wire.credentials import Credential, Kept
from wire.formats import FORMATS, Format

router = APIRouter(prefix="/v1/sources", tags=["sources"])

_SEES = needs("author", "operate")
_DECLARES = needs("admin")  # what lets a source in is as good as a key


class SourceDraft(BaseModel):
    """A source as it is declared: its *format*, and the *settings* that this format has.

    It is let in by one of its *credentials*, without a key; where it has none it needs a key.
    Left out, the credentials it has stay.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    format: str
    title: str = ""
    settings: dict[str, Any] = {}
    credentials: list[Credential] | None = None
    enabled: bool = True


class SourceShown(BaseModel):
    """A source, without what it is let in by, and what has come from it.

    *declared* is false for one that is built in and nothing else. Things are counted, not bodies:
    each was *accepted*, a duplicate, *refused* or *ignored*; *last_hour* is about how many came
    within the last hour.
    """

    name: str
    format: str
    title: str
    settings: dict[str, Any]
    credentials: list[dict[str, Any]]
    enabled: bool
    declared: bool
    url: str
    created_at: datetime | None
    last_received_at: datetime | None
    received: int
    accepted: int
    duplicates: int
    refused: int
    ignored: int
    last_hour: int


class Pasted(BaseModel):
    """A *body* as a source would post it, with its *headers*; *settings* to try instead of its own."""

    model_config = ConfigDict(extra="forbid")

    body: Any
    headers: dict[str, str] = {}
    settings: dict[str, Any] | None = None


_DRAFT, _PASTED = TypeAdapter(SourceDraft), TypeAdapter(Pasted)


@router.get("", dependencies=_SEES)
def list_sources(gateway: ThisGateway) -> Page[SourceShown]:
    """Answer every source by name: those that were declared, and those that are built in."""
    with gateway.database.reading() as session:
        rows, came = {row.name: row for row in sources(session)}, received(session)
        names = sorted(rows.keys() | BUILT_IN.keys())
        return Page.whole([_shown(gateway, name, rows.get(name), came.get(name)) for name in names])


@router.get("/{name}", dependencies=_SEES)
def get_source(name: str, gateway: ThisGateway) -> SourceShown:
    """Answer one source."""
    with gateway.database.reading() as session:
        source_called(session, name)
        row, came = session.get(SourceRow, name), session.get(ReceivedRow, name)
        return _shown(gateway, name, row, came)


@router.put("/{name}", dependencies=_DECLARES, openapi_extra=takes(_DRAFT))
def put_source(
    name: str, body: JsonBody, gateway: ThisGateway, book: ThisSourcebook, response: Response
) -> SourceShown:
    """Declare a source, or replace it; one that is built in takes its name's place."""
    draft = read(_DRAFT, named(body, name))
    form = _form(draft.format)
    with gateway.database.writing() as session:
        row = session.get(SourceRow, name)
        before = row.settings if row is not None and row.format == draft.format else {}
        settings = form.settings.completed(draft.settings, before)
        _settings(draft.format, settings)
        if row is None:
            response.status_code = HTTPStatus.CREATED
            row = SourceRow(name=name, format=draft.format, created_at=clock())
        row.format, row.title = draft.format, draft.title
        row.settings, row.enabled = settings, draft.enabled
        if draft.credentials is not None:
            row.credentials = [_kept(each) for each in draft.credentials]
        session.add(row)
        session.flush()
        shown = _shown(gateway, name, row, session.get(ReceivedRow, name))
    book.changed()
    return shown


@router.delete("/{name}", dependencies=_DECLARES, status_code=HTTPStatus.NO_CONTENT)
def delete_source(name: str, gateway: ThisGateway, book: ThisSourcebook) -> None:
    """Forget a source; one that is built in is again as it was. What it sent stays."""
    with gateway.database.writing() as session:
        source_called(session, name)
        forget_source(session, name, counts=name not in BUILT_IN)
        forget_track(session, name)
    book.changed()


@router.post("/{name}/try", dependencies=_SEES, openapi_extra=takes(_PASTED))
def try_source(name: str, body: JsonBody, gateway: ThisGateway) -> Tried:
    """Say what is understood of a pasted body. It is applied to nothing."""
    pasted = read(_PASTED, body)
    with gateway.database.reading() as session:
        source = source_called(session, name)
        if pasted.settings is not None:
            settings = _settings(source.format, pasted.settings)
            source = Source(name, source.format, settings)
        return tried(source, pasted.body, pasted.headers, catalogue(session))


def source_called(session: Session, name: str) -> Source:
    """Return the source called *name*; raise NotFound where there is none."""
    source = find_source(session, name)
    if source is None:
        raise NotFound(f"Expected a source, but there is none called {name!r:.80}.")
    return source


def _form(name: str) -> Format:
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        message = f"Expected a format that is one of {known}, but it is {name!r:.80}."
        raise Malformed("The body is not as expected.", [Problem(path="/format", message=message)])
    return FORMATS[name]


def _settings(form: str, said: dict[str, Any]) -> Any:
    try:
        return _form(form).settings_of(said)
    except ValidationError as error:
        problems = [each.below("settings") for each in problems_of_shape(error, said)]
        raise Malformed("The body is not as expected.", problems) from None


def _kept(credential: Credential) -> dict[str, Any]:
    return Kept.of(credential, secrets.token_hex(8)).model_dump(mode="json", exclude_none=True)


def _shown(
    gateway: Gateway, name: str, row: SourceRow | None, came: ReceivedRow | None
) -> SourceShown:
    now = clock()
    declared = row or SourceRow(name=name, format=BUILT_IN[name].format, created_at=now)
    counted = came or ReceivedRow(source=name, last_received_at=now, hour=now)
    return SourceShown.model_validate(
        {
            **declared.model_dump(),
            **counted.model_dump(),
            "settings": FORMATS[declared.format].settings.shown(declared.settings),
            "credentials": [Kept.model_validate(each).shown() for each in declared.credentials],
            "declared": row is not None,
            "url": f"{gateway.base_url}/v1/sources/{name}/in",
            "created_at": declared.created_at if row else None,
            "last_received_at": counted.last_received_at if came else None,
            "last_hour": counted.in_the_last_hour(now),
        }
    )
