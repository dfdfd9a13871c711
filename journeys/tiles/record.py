"""Record: create a record, or update one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from journeys.given import Given, wrong_record, wrong_values
from journeys.problem import Problem
from journeys.tile import BaseTile, TileId
from journeys.visit import Visit

if TYPE_CHECKING:
    from journeys.scope import Scope


class RecordTile(BaseTile):
    """Write a record: *create* one in a *table*, or *update* the *record* that a field leads to.

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
    )  # fmt: skip

    kind: Literal["record"] = "record"
    operation: Literal["create", "update"]
    table: str | None = Field(default=None, min_length=1)
    record: str | None = Field(default=None, min_length=1)
    values: dict[str, Given] = Field(min_length=1)
    next: TileId | None = None
    if_failed: TileId | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "RecordTile":
        creates = self.operation == "create"
        if creates != (self.table is not None) or creates == (self.record is not None):
            raise ValueError("Expected a table to create a record in, or a record to update.")
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

    async def run(self, visit: Visit) -> TileId | None:
        effect = await visit.write(self.operation, self.table or self.record or "", self.values)
        if effect.done:
            what = "created" if self.operation == "create" else "updated"
            visit.note("wrote", why=f"{what} {self.table or self.record}", target=self.next)
            return self.next
        target = self.if_failed or self.next
        visit.note("failed", why=effect.reason, target=target)
        return target
