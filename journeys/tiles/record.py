"""Record: create a record, update one, or whichever of both it takes."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from journeys.given import Given, wrong_record, wrong_values
from journeys.problem import Problem
from journeys.table import Column, Table
from journeys.tile import BaseTile, TileId
from journeys.visit import Visit, Writing

if TYPE_CHECKING:
    from journeys.scope import Scope


class RecordTile(BaseTile):
    """Write a record: *create* one in a *table*, or *update* the *record* that a field leads to.

    An *upsert* updates the record of the *table* that is *found_by* its values in these columns,
    letter for letter, and creates it where there is none; several are a failure. In Dataverse they
    are an alternate key of the table.

    The record to update is `record`, `person`, a lookup (`record.primarycontactid`), or one that
    an earlier tile wrote (`tiles.<id>`). A value is a literal, a field
    (`{"field": "trigger.title"}`) or text with Liquid in it; null clears. It is a record change
    like any other, with the journey as its actor (`journey/<name>`), so it may fire triggers.
    What was written is read as `tiles.<id>.…` from then on. Where it cannot be written, such as
    a record that is deleted, the participant takes *if_failed* where that is drawn, else *next*.
    A record of a table that lives in a connected Dataverse is written there, and the mirror
    takes over what became of it; what Dataverse refuses is a failure.
    In an instance's history it takes one event, or four where the record lives elsewhere.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "record", "id": "call", "operation": "create", "table": "incident",
        "values": {"title": "Call {{ person.firstname }}", "primarycontactid": {"field": "person"}},
        "next": None,
    }  # fmt: skip
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "kind": "record", "id": "raise", "operation": "update", "record": "record",
            "values": {"prioritycode": "High"}, "next": None,
        },
        {
            "kind": "record", "id": "survey", "operation": "upsert", "table": "incident",
            "found_by": ["primarycontactid", "title"],
            "values": {"title": "Survey", "primarycontactid": {"field": "person"},
                       "prioritycode": "High"},
            "next": None,
        },
    )  # fmt: skip

    kind: Literal["record"] = "record"
    operation: Writing
    table: str | None = Field(default=None, min_length=1)
    record: str | None = Field(default=None, min_length=1)
    found_by: tuple[str, ...] = ()
    values: dict[str, Given] = Field(min_length=1)
    next: TileId | None = None
    if_failed: TileId | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "RecordTile":
        creates = self.operation != "update"
        if creates != (self.table is not None) or creates == (self.record is not None):
            raise ValueError("Expected a table to create a record in, or a record to update.")
        if (self.operation == "upsert") != bool(self.found_by):
            raise ValueError(
                "Expected found_by, the columns by which a record is found, of an upsert and of "
                f"nothing else, but it is {list(self.found_by)} of {self.operation!r}."
            )
        return self

    @property
    def targets(self) -> dict[str, TileId | None]:
        failing = {} if self.if_failed is None else {"if_failed": self.if_failed}
        return {"next": self.next, **failing}

    @property
    def creates(self) -> str | None:
        return self.table

    @property
    def updates(self) -> str | None:
        return self.record

    def problems_within(self, scope: "Scope") -> Iterator[Problem]:
        if self.table is not None and self.table not in scope.catalogue.tables:
            said = f"Expected a table, but there is none called {self.table!r}."
            yield Problem(path="/table", message=said)
            return
        if self.record is not None and (wrong := wrong_record(self.record, scope)):
            yield Problem(path="/record", message=wrong)
            return
        tables = scope.written(self)
        names = " or ".join(table.name for table in tables)
        columns = {column.name: column for table in tables[::-1] for column in table.columns}
        yield from wrong_values(self.values, "values", columns.get, f"a column of {names}", scope)
        for place, name in enumerate(self.found_by):
            if wrong := _wrong_to_find_by(name, self.values, columns.get(name), tables[0]):
                yield Problem(path=f"/found_by/{place}", message=wrong)

    async def run(self, visit: Visit) -> TileId | None:
        where = self.table or self.record or ""
        effect = await visit.write(self.operation, where, self.values, self.found_by)
        if effect.done:
            visit.note("wrote", why=f"{_DONE[self.operation]} {where}", target=self.next)
            return self.next
        target = self.if_failed or self.next
        visit.note("failed", why=effect.reason, target=target)
        return target


_FOUND_BY = ("text", "integer", "date", "choice", "lookup")
"""The types of column by which a record is found: those whose values are written in one way."""

_DONE: Mapping[Writing, str] = {
    "create": "created",
    "update": "updated",
    "upsert": "created or updated",
}


def _wrong_to_find_by(
    name: str, values: Mapping[str, Given], column: Column | None, table: Table
) -> str | None:
    """Return what is wrong with finding a record of *table* by its *column* called *name*, if anything."""
    if values.get(name) is None:
        return f"Expected a value for each column of found_by, but {name!r} has none."
    if name == table.primary_id:
        return f"Expected columns that others than us know a record by, but {name} is its id."
    if column is not None and column.type not in _FOUND_BY:
        kinds = ", ".join(_FOUND_BY)
        return f"Expected to find by columns of type {kinds}, but {name} is of type {column.type}."
    return None
