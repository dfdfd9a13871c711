"""Sourcebook: the sources there are, at hand for every request, and what lets each of them in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlmodel import Session
from starlette.types import Scope

from api.fresh import Fresh
from api.gateway import clock
from journeys.changes import Values
from journeys.table import Table
from store.database import Database
from store.sources import SourceRow, sources
from wire.cloudevents import STRUCTURED
from wire.credentials import Kept
from wire.formats import FORMATS, Format

FIXED = {path: name for name, form in FORMATS.items() for path in form.paths}
"""The URLs of sources that are there without being declared, and how those are called."""

_IN = re.compile(r"/v1/sources/([^/]+)/in")


@dataclass(frozen=True)
class Source:
    """A system that posts to us, as the gateway reads what it sends.

    One with *credentials* needs one of them, and no key; *declared* = it is not only built in.
    """

    name: str
    format: str
    settings: Any
    credentials: tuple[Kept, ...] = ()
    enabled: bool = True
    declared: bool = False

    @classmethod
    def of(cls, row: SourceRow) -> "Source":
        return cls(
            name=row.name,
            format=row.format,
            settings=FORMATS[row.format].settings_of(row.settings),
            credentials=tuple(Kept.model_validate(each) for each in row.credentials),
            enabled=row.enabled,
            declared=True,
        )

    @property
    def form(self) -> Format:
        return FORMATS[self.format]

    def typed(self, values: Values, table: Table) -> Values:
        """Return a row that it sent as the columns of *table* have it."""
        return self.form.typed(values, table, self.settings)

    @property
    def write_keys(self) -> tuple[Kept, ...]:
        return tuple(kept for kept in self.credentials if kept.kind == "write-key")

    def is_written_with(self, write_key: str) -> bool:
        """Say whether *write_key* is one of its own."""
        return any(kept.fits(write_key) for kept in self.write_keys)


BUILT_IN = {name: Source(name, name, FORMATS[name].settings_of({})) for name in FIXED.values()}


def source_at(path: str, content_type: str = "") -> str | None:
    """Return the name of the source whose URL *path* is, whether there is one or not.

    CloudEvents say by their *content_type* what they are, also where changes come in.
    """
    if path == "/v1/changes" and content_type.lower().startswith(STRUCTURED):
        return "cloudevents"
    found = _IN.fullmatch(path)
    return found[1] if found else FIXED.get(path)


def asks_to_send(scope: Scope) -> bool:
    """Say whether a request asks, before anything is sent, whether we want what CloudEvents bring.

    It lets nobody in: whoever sends it then still needs a key or credentials.
    """
    path = scope["path"]
    here = _IN.fullmatch(path) or path in FORMATS["cloudevents"].paths
    return scope["method"] == "OPTIONS" and bool(here)


def find_source(session: Session, name: str) -> Source | None:
    """Return the source called *name* as this transaction sees it, or None."""
    row = session.get(SourceRow, name)
    return BUILT_IN.get(name) if row is None else Source.of(row)


class Sourcebook:
    """The sources of a store, and those that are built in."""

    def __init__(self, database: Database, now: Callable[[], datetime] = clock) -> None:
        self._database = database
        self._sources: Fresh[Mapping[str, Source]] = Fresh(self._look, now)

    async def find(self, name: str) -> Source | None:
        """Return the source called *name*, or None; raises the database's errors."""
        return (await self._sources.now()).get(name)

    async def with_write_keys(self, form: str) -> list[Source]:
        """Return those that are enabled, speak *form* and have write keys; raises the database's errors."""
        found = (await self._sources.now()).values()
        return [each for each in found if each.format == form and each.enabled and each.write_keys]

    def changed(self) -> None:
        """A source was declared or removed here: it counts for the very next request."""
        self._sources.changed()

    def _look(self) -> Mapping[str, Source]:
        with self._database.reading() as session:
            return BUILT_IN | {row.name: Source.of(row) for row in sources(session)}


async def sourcebook(request: Request) -> Sourcebook:
    """Return the sourcebook of this application."""
    found: Sourcebook = request.app.state.sourcebook
    return found


ThisSourcebook = Annotated[Sourcebook, Depends(sourcebook)]
