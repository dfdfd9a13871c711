"""Triggers: named happenings to a person, from a record change or sent by a system."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from journeys.changes import Operation, RecordChanged, Values
from journeys.field import steps_of
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


def pointing(each: str) -> tuple[str, str]:
    """Return the table and the lookup column that *each* names (`contact.parentcustomerid`).

    Raises ValueError with a sentence where it names none.
    """
    match steps_of(each):
        case (table, column) if table and column:
            return table, column
    raise ValueError(
        "Expected a table and its lookup such as contact.parentcustomerid, "
        f"but it is {quoted(each)}."
    )


class AudiencePath(BaseModel):
    """Who a record change happens to: by a *path* from the record, or *each* of those that point to it.

    A path is the record itself (`self`) or leads over its lookups. A polymorphic lookup resolves by
    the table it points to: `customerid.primarycontactid` is the customer where that is a person,
    else the customer's primary contact. `contact.parentcustomerid` is each contact whose lookup
    points to the record; the trigger fires for each of them by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | None = Field(default=None, min_length=1)
    each: str | None = None

    @model_validator(mode="after")
    def _one_way_to_people(self) -> "AudiencePath":
        if (self.path is None) == (self.each is None):
            raise ValueError("Expected either path or each, but there are both or none.")
        if self.each is not None:
            pointing(self.each)
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: way for name, way in write(self).items() if way is not None}

    @property
    def columns(self) -> tuple[str, ...]:
        """The lookup columns from the record to the person; none where the record is the person."""
        return () if self.path in (None, "self") else steps_of(self.path or "")

    def __str__(self) -> str:
        return self.path or f"each {self.each}"


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
        if changed.loaded:
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

    def read(
        self, attributes: Values, *, lenient: bool = False
    ) -> tuple[dict[str, Any], list[Problem]]:
        """Return *attributes* in the form in which they are kept, and everything that is wrong.

        *lenient* is for systems that send more than anybody asked for: that is left out.
        """
        columns = filter(None, map(self.column, attributes))
        readers = {column.name: column.reader() for column in columns}
        return read_values(attributes, readers, f"an attribute of {self.name}", lenient=lenient)


Trigger = Annotated[RecordChangeTrigger | CustomTrigger, Field(discriminator="kind")]
TriggerState = Literal["draft", "ready", "stopped"]
