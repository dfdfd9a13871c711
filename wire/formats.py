"""Formats: in which words systems say what happened, by name; each is a module and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from journeys.changes import Values
from journeys.table import Table
from wire import (
    cloudevents,
    dataverse,
    debezium,
    debezium_columns,
    debezium_events,
    mapped,
    segment,
)
from wire.dataverse_settings import DataverseSettings
from wire.mapping import MappingSettings
from wire.reading import Reading, Refused, Settings
from wire.ready import ready
from wire.traits import SegmentSettings

Opened = Callable[[bytes, Mapping[str, str], Callable[[bytes], Any]], Any | Refused]
Typed = Callable[[Values, Table, Any], Values]


def _parsed(content: bytes, headers: Mapping[str, str], parsed: Callable[[bytes], Any]) -> Any:
    return parsed(content)


def _as_sent(values: Values, table: Table, settings: Any) -> Values:
    return values


@dataclass(frozen=True)
class Format:
    """How a body is *read*, and the model of what a source of this format can be told.

    *read* takes the body as JSON, the headers it hears and settings; it raises Unreadable, and
    nothing else. What a source does not say of its settings is as in *ready*. *paths* are URLs at
    which a source that is called like its format is there without being declared. Where the
    sender has a *write key* to show, that may be in the body, as the member of this name.
    *answer* is what it wants to be told beside what became of it.
    *opened* makes the body of a request's bytes, of all its headers, and of what parses JSON;
    Refused where that cannot be. *typed* returns a row as the columns of its table have it, where
    only they tell what a value is.
    """

    read: Callable[[Any, Mapping[str, str], Any], Reading]
    settings: type[Settings] = Settings
    ready: Mapping[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    write_key: str | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    opened: Opened = _parsed
    typed: Typed = _as_sent

    def settings_of(self, said: Mapping[str, Any]) -> Any:
        """Return settings as a source *said* them; raises pydantic's ValidationError."""
        return self.settings.model_validate({**self.ready, **said})


FORMATS: Mapping[str, Format] = {
    "dataverse": Format(dataverse.read, DataverseSettings, paths=("/v1/changes/dataverse",)),
    "segment": Format(
        segment.read,
        SegmentSettings,
        paths=("/v1/batch", *segment.OF_ONE),
        write_key="writeKey",
        answer={"success": True},
    ),
    "cloudevents": Format(
        cloudevents.read,
        MappingSettings,
        ready("cloudevents"),
        paths=("/v1/changes/cloudevents",),
        opened=cloudevents.opened,
    ),
    "debezium": Format(
        debezium.read,
        debezium.DebeziumSettings,
        paths=("/v1/changes/debezium",),
        opened=debezium_events.opened,
        typed=debezium_columns.typed,
    ),
    "mapping": Format(mapped.read, MappingSettings),
    "standard-webhooks": Format(mapped.read, MappingSettings, ready("standard-webhooks")),
    "stripe": Format(mapped.read, MappingSettings, ready("stripe")),
    "hubspot": Format(mapped.read, MappingSettings, ready("hubspot")),
    "zendesk": Format(mapped.read, MappingSettings, ready("zendesk")),
    "shopify": Format(mapped.read, MappingSettings, ready("shopify")),
}
