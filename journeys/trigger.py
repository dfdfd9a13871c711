"""Triggers: named happenings to a person, from a record change or sent by a system."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from journeys.changes import Operation, RecordChanged, Values
from journeys.problem import Problem, quoted
from journeys.table import Column, ColumnType, read_values

_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise ValueError(
            f"Expected lower-case words with hyphens such as case-resolved, but it is {quoted(text)}."
        )
    return text


Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": _NAME})]
"""The name of a trigger, template or journey: lower-case words with hyphens."""

TriggerOperation = Literal["created", "updated", "deleted"]
DONE: Mapping[Operation, TriggerOperation] = {
    "create": "created", "update": "updated", "delete": "deleted",
}  # fmt: skip

AttributeType = Literal["text", "number", "boolean", "datetime", "lookup"]
_COLUMN_TYPES: dict[AttributeType, ColumnType] = {
    "text": "text", "number": "decimal", "boolean": "boolean",
    "datetime": "datetime", "lookup": "lookup",
}  # fmt: skip


class AudiencePath(BaseModel):
    """Who a record change happens to: the record itself (`self`), or a path over its lookups.

    A polymorphic lookup resolves by the table it points to: `customerid.primarycontactid` is the
    customer where that is a person, else the customer's primary contact.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(min_length=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The lookup columns from the record to the person; none where the record is the person."""
        return () if self.path == "self" else tuple(self.path.split("."))


class RecordChangeTrigger(BaseModel):
    """Fires when a record of *table* is created, updated or deleted.

    For updates, *columns* are the watched ones (none = any); a rewrite of the same value fires
    nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["record_change"] = "record_change"
    name: Name
    title: str = ""
    table: str
    audience: AudiencePath
    operations: tuple[TriggerOperation, ...] = Field(min_length=1)
    columns: tuple[str, ...] = ()
    ignore_actors: tuple[str, ...] = ()

    def fires_on(self, changed: RecordChanged) -> bool:
        """Say whether *changed* is a happening that this trigger names."""
        if changed.record.table != self.table or DONE[changed.operation] not in self.operations:
            return False
        if changed.actor is not None and changed.actor in self.ignore_actors:
            return False
        if changed.operation != "update":
            return True
        return bool(changed.columns.intersection(self.columns) if self.columns else changed.columns)


def _attribute_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", text) or text == "before":
        raise ValueError(
            "Expected the name of an attribute (letters and digits such as cart_id, and not "
            f"before, which is what was there before), but it is {quoted(text)}."
        )
    return text


AttributeName = Annotated[str, AfterValidator(_attribute_name)]


class CustomTrigger(BaseModel):
    """Fires when a system sends it over HTTP, with the person and typed attributes.

    Every attribute may be null or left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["custom"] = "custom"
    name: Name
    title: str = ""
    attributes: dict[AttributeName, AttributeType] = {}

    def column(self, name: str) -> Column | None:
        """Return attribute *name* as a column, so that values and conditions are read alike."""
        kind = self.attributes.get(name)
        return None if kind is None else Column(name=name, type=_COLUMN_TYPES[kind])

    def read(self, attributes: Values) -> tuple[dict[str, Any], list[Problem]]:
        """Return *attributes* in the form in which they are kept, and everything that is wrong."""
        return read_values(attributes, self.column, f"an attribute of {self.name}")


Trigger = Annotated[RecordChangeTrigger | CustomTrigger, Field(discriminator="kind")]
TriggerState = Literal["draft", "ready", "stopped"]
