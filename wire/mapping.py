"""A mapping: where in a body a record change is, written as JSON instead of code."""

from collections.abc import Iterator
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from wire.finding import Place, Places, Pointer
from wire.reading import Settings


class OneColumn(BaseModel):
    """A row of one column, whose name and value stand apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Places
    value: Places


class MappingSettings(Settings):
    """Where the parts of a record change are. Of several places the first counts where anything is.

    *each* is the list of what happened, where the body is neither that nor one thing itself. An
    *operation* that is none of ours is ignored. *values* are the row, *before* the old one,
    *previous* the old values of those columns that changed, *changed* only their names. *id* is
    what is at all its places, and names the notification. *columns* says for a table where in its
    row each column is; the rows of other tables are taken as they are.
    """

    each: Pointer | None = None
    table: Places = Field(min_length=1)
    record_id: Places = Field(min_length=1)
    operation: Places = Field(min_length=1)
    values: OneColumn | Places = ()
    before: OneColumn | Places = ()
    previous: OneColumn | Places = ()
    changed: Places = ()
    id: Places = ()
    occurred_at: Places = ()
    version: Places = ()
    actor: Places = ()
    columns: dict[str, dict[str, Places]] = Field(default_factory=dict)

    @cached_property
    def heard(self) -> tuple[str, ...]:
        return tuple(sorted({place.header for place in self._places() if place.header}))

    def _places(self) -> Iterator[Place]:
        for name in set(MappingSettings.model_fields) - {"each", "columns"}:
            there = getattr(self, name)
            yield from (*there.name, *there.value) if isinstance(there, OneColumn) else there
