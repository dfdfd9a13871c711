"""Bundle: journeys with the triggers and templates they are made with, as one file."""

from collections.abc import Collection, Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

from journeys.catalogue import Catalogue
from journeys.changes import RecordRef
from journeys.declaring import extended
from journeys.journey import Journey
from journeys.table import Table
from journeys.template import Template
from journeys.trigger import Trigger


class GivenRecord(BaseModel):
    """A record as it is before anything happens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    id: str
    values: dict[str, Any] = {}

    @property
    def ref(self) -> RecordRef:
        return RecordRef(self.table, self.id)


class Bundle(BaseModel):
    """What an example or an export holds; *records* are there for trying it out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: tuple[Table, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    templates: tuple[Template, ...] = ()
    journeys: tuple[Journey, ...] = ()
    records: tuple[GivenRecord, ...] = ()


def catalogue_of(builtin: Iterable[Table], bundles: Collection[Bundle]) -> Catalogue:
    """Return the catalogue of *builtin* tables and everything in *bundles*, whose triggers are ready."""
    triggers = {each.name: each for bundle in bundles for each in bundle.triggers}
    tables = {each.name: each for each in builtin}
    for declared in (each for bundle in bundles for each in bundle.tables):
        there = tables.get(declared.name)
        tables[declared.name] = declared if there is None else extended(there, declared)
    return Catalogue(
        tables=tables,
        triggers=triggers,
        templates={each.name: each for bundle in bundles for each in bundle.templates},
        ready=frozenset(triggers),
    )
