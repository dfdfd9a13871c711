"""Bundle: journeys with the triggers and templates they are made with, as one file."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from journeys.changes import RecordRef
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
