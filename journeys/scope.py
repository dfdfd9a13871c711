"""Scope: which fields a journey's conditions and templates may name, and of which type they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from journeys.alike import merged, require_one_type
from journeys.catalogue import Catalogue
from journeys.field import field_of, steps_of
from journeys.journey import Journey
from journeys.problem import Unfounded
from journeys.readiness import audience_tables, pointed_to
from journeys.table import Column, Table
from journeys.tile import BaseTile
from journeys.trigger import CustomTrigger, RecordChangeTrigger, Trigger, pointing

_NOW = Column(name="now", type="datetime")
_VISITS = Column(name="visits", type="integer", label="Visits")
_STATUS = Column(name="status", type="integer", label="Status")
_JOURNEY = {
    "name": Column(name="name", type="text"),
    "title": Column(name="title", type="text"),
    "version": Column(name="version", type="integer"),
}


@dataclass(frozen=True)
class Scope:
    """The fields known in one place of *journey*.

    *event* is the trigger listened for there, *each* the table of the related records that are
    chosen there, if any.
    """

    journey: Journey
    catalogue: Catalogue
    event: str | None = None
    each: str | None = None

    def at(self, event: str | None, each: str | None = None) -> "Scope":
        """Return the scope of a filter on trigger *event*, or of a choice among records of table *each*."""
        if (event, each) == (self.event, self.each):
            return self
        return replace(self, event=event, each=each)

    def records(self, field: str) -> tuple[Table, ...]:
        """Return the tables of the record that *field* is; raise ValueError where it is no record."""
        if field == "record":
            return (self._record(),)
        if field == "person":
            return self._people()
        if steps_of(field)[0] not in ("trigger", "record", "person"):
            raise ValueError(
                f"Expected a record of trigger, record or person, but it is {field!r}."
            )
        column = self.column(field)
        if column.type != "lookup":
            raise ValueError(
                f"Expected a lookup, but {field} is not a lookup: it is of type {column.type}."
            )
        return pointed_to([column], self.catalogue.tables)

    def value(self, field: str, through: tuple[str, ...] = ()) -> Column:
        """Return the column that *field* names, or, where it is a record, a lookup of it.

        *through* are the tiles by whose records it was led to.
        """
        match steps_of(field):
            case ("record",) | ("person",):
                tables = self.records(field)
            case ("tiles", tile_id) if (tile := self.journey.by_id.get(tile_id)) is not None:
                tables = self.written(tile, through)
            case _:
                return self.column(field)
        return Column(name=field, type="lookup", targets=tuple(table.name for table in tables))

    def written(self, tile: BaseTile, through: tuple[str, ...] = ()) -> tuple[Table, ...]:
        """Return the tables of the record that *tile* writes; raise ValueError where it writes none."""
        if tile.creates is not None:
            return (self._table(tile.creates),)
        if tile.updates is None or tile.id in through:
            raise ValueError(
                f"Expected a tile that writes a record, but {tile.id!r} is of kind {tile.kind}."
            )
        return self.pointed(tile.updates, (*through, tile.id))

    def pointed(self, field: str, through: tuple[str, ...] = ()) -> tuple[Table, ...]:
        """Return the tables of the record that *field* leads to; raise ValueError where it leads to none."""
        column = self.value(field, through)
        if column.type != "lookup":
            raise ValueError(
                f"Expected record, person, tiles.<id> or a lookup, but {field} is of type {column.type}."
            )
        if not (tables := pointed_to([column], self.catalogue.tables)):
            raise ValueError(f"Expected a table that {field} points to, but none is known.")
        return tables

    def column(self, field: str) -> Column:
        """Return the column that *field* names; raise ValueError with a sentence where there is none."""
        root, *steps = steps_of(field)
        if field == "now":
            return _NOW
        find = self._roots.get(root)
        if find is None:
            known = ", ".join((*self._roots, "now"))
            raise ValueError(
                f"Expected a field that begins with one of {known}, but it is {field!r}."
            )
        if not steps or not all(steps):
            raise ValueError(
                f"Expected a column of {root}, such as {root}.name, but it is {field!r}."
            )
        return find(steps)

    @cached_property
    def _roots(self) -> dict[str, Callable[[Sequence[str]], Column]]:
        if self.each is not None:
            table = self._table(self.each)
            return {"each": lambda steps: self._over_lookups((table,), steps)}
        return {
            "trigger": lambda steps: self._of_trigger(self.journey.entry.trigger, steps),
            "record": lambda steps: self._over_lookups((self._record(),), steps),
            "person": lambda steps: self._over_lookups(self._people(), steps),
            "event": self._of_event,
            "tiles": self._of_tile,
            "related": self._of_related,
            "journey": _of_journey,
        }

    def _of_event(self, steps: Sequence[str]) -> Column:
        if self.event is None:
            raise ValueError(
                "Expected a field that is known here, but event is known only in the filter and "
                "match of a trigger that is listened for."
            )
        return self._of_trigger(self.event, steps)

    def _trigger(self, name: str) -> Trigger:
        trigger = self.catalogue.triggers.get(name)
        if trigger is None:
            raise Unfounded(f"Expected a trigger, but there is none called {name!r}.")
        return trigger

    def _table(self, name: str) -> Table:
        table = self.catalogue.tables.get(name)
        if table is None:
            raise ValueError(f"Expected a table, but there is none called {name!r}.")
        return table

    def _of_trigger(self, name: str, steps: Sequence[str], *, with_before: bool = True) -> Column:
        trigger = self._trigger(name)
        if isinstance(trigger, RecordChangeTrigger):
            if with_before and steps[0] == "before" and len(steps) > 1:
                steps = steps[1:]
            return self._over_lookups((self._table(trigger.table),), steps)
        if steps[0] == "before":
            raise ValueError(
                f"Expected a record change, but {name} is a custom trigger, "
                "which brings no values from before."
            )
        column = trigger.column(steps[0])
        if column is None:
            raise ValueError(
                f"Expected an attribute of {name}, but it has none called {steps[0]!r}."
            )
        return self._beyond((column,), steps)

    def _of_tile(self, path: Sequence[str]) -> Column:
        tile_id, *steps = path
        tile = self.journey.by_id.get(tile_id)
        if tile is None:
            raise ValueError(f"Expected a tile, but there is none called {tile_id!r}.")
        if steps == ["visits"]:
            return _VISITS
        if steps and (tile.creates or tile.updates):
            return self._over_lookups(self.written(tile), steps)
        if steps and tile.answers:
            return _of_answer(steps)
        if not tile.brings:
            raise ValueError(
                f"Expected a tile that brings values, but {tile_id!r} is of kind {tile.kind}, "
                "which brings none."
            )
        if not steps:
            raise ValueError(f"Expected what tile {tile_id!r} brings, but no column is named.")
        return self._of_any(tile.brings, steps)

    def _of_any(self, triggers: Sequence[str], steps: Sequence[str]) -> Column:
        """Return what each of *triggers* has, as one column: any of them may be the one that came."""
        columns: dict[str, Column] = {}
        for name in triggers:
            try:
                columns[name] = self._of_trigger(name, steps, with_before=False)
            except Unfounded:
                raise
            except ValueError as error:
                if len(triggers) == 1:
                    raise
                named = " and ".join(triggers)
                raise ValueError(f"{error} Expected what {named} all have.") from None
        require_one_type(field_of(steps), columns)
        return merged(list(columns.values()))

    def _of_related(self, path: Sequence[str]) -> Column:
        name, *steps = path
        related = self.journey.related.get(name)
        if related is None:
            raise ValueError(f"Expected related records, but there are none called {name!r}.")
        table = self._table(pointing(related.each)[0])
        match steps:
            case ["count"]:
                return Column(name="count", type="integer")
            case ["all"]:
                return Column(name="all", type="json")
            case ["first"]:
                return Column(name="first", type="lookup", targets=(table.name,))
            case ["first", *beyond]:
                return self._over_lookups((table,), beyond)
            case _:
                raise ValueError(
                    f"Expected related.{name}.first, .count or .all, "
                    f"but it is {field_of(('related', *path))!r}."
                )

    def _record(self) -> Table:
        trigger = self._trigger(self.journey.entry.trigger)
        if isinstance(trigger, CustomTrigger):
            raise ValueError(  # noqa: TRY004 - what is wrong is the field
                f"Expected a journey that people enter by a record change, but {trigger.name} is "
                "a custom trigger: there is no record."
            )
        return self._table(trigger.table)

    def _people(self) -> tuple[Table, ...]:
        """Return the tables the participant may be of: of a custom trigger, any that holds people."""
        trigger, tables = self._trigger(self.journey.entry.trigger), self.catalogue.tables
        if isinstance(trigger, RecordChangeTrigger):
            return audience_tables(trigger, tables)
        people = tuple(table for table in tables.values() if table.audience)
        if not people:
            raise ValueError("Expected a table of people, but there is none.")
        return people

    def _over_lookups(self, tables: Sequence[Table], steps: Sequence[str]) -> Column:
        """Return the column at the end of a path; where a lookup has several targets, of any that has it."""
        columns = [column for table in tables if (column := table.column(steps[0])) is not None]
        if not columns:
            names = " or ".join(table.name for table in tables)
            raise ValueError(
                f"Expected a column of {names}, but there is none called {steps[0]!r}."
            )
        return self._beyond(columns, steps)

    def _beyond(self, columns: Sequence[Column], steps: Sequence[str]) -> Column:
        """Follow the rest of the path from *columns*, which are called *steps[0]*."""
        if len(steps) == 1:
            return merged(columns)
        for column in columns:
            if column.type == "json":
                return Column(name=steps[-1], type="json")
        lookups = [column for column in columns if column.type == "lookup"]
        if not lookups:
            raise ValueError(
                f"Expected a lookup before .{steps[1]}, but {steps[0]} is not a lookup: "
                f"it is of type {columns[0].type}."
            )
        tables = pointed_to(lookups, self.catalogue.tables)
        if not tables:
            named = ", ".join(repr(name) for column in lookups for name in column.targets)
            raise ValueError(
                f"Expected a table that {steps[0]} points to, but {named} is not known."
            )
        return self._over_lookups(tables, steps[1:])


def _of_answer(steps: Sequence[str]) -> Column:
    """Return what the answer of an endpoint may hold: nobody knows before what its body says."""
    if steps == ["status"]:
        return _STATUS
    if steps[0] != "body":
        raise ValueError(
            f"Expected status or body of an answer, but it is {field_of(('answer', *steps))!r}."
        )
    return Column(name=steps[-1], type="json")


def _of_journey(steps: Sequence[str]) -> Column:
    if len(steps) != 1 or steps[0] not in _JOURNEY:
        raise ValueError(
            f"Expected journey.name, journey.title or journey.version, but it is {field_of(('journey', *steps))!r}."
        )
    return _JOURNEY[steps[0]]
