"""Exporting: journeys with everything they are made with, as one bundle."""

from collections.abc import Iterable, Iterator
from typing import Any

from journeys.bundle import Bundle
from journeys.catalogue import Catalogue
from journeys.condition import Comparison
from journeys.drawn import Drawn, settings
from journeys.journey import Journey
from journeys.problem import Problems
from journeys.related import Related
from journeys.scope import Scope
from journeys.table import Table
from journeys.template import template_fields
from journeys.trigger import CustomTrigger, RecordChangeTrigger, pointing


def bundle_of(
    journeys: Iterable[Journey], catalogue: Catalogue, builtin: Iterable[Table]
) -> Bundle:
    """Return *journeys* with the triggers, templates and declared tables that they use.

    A built-in table is in it only where somebody extended it, and then only what they did. What
    a journey names and *catalogue* does not know is left out.
    """
    drafts = tuple(journeys)
    drawn = [(journey, each) for journey in drafts for each in settings(journey)]
    triggers = _named("trigger", drawn, catalogue.triggers)
    touched = {name for trigger in triggers for name in _tables_of(trigger, catalogue)}
    for journey, each in drawn:
        touched |= set(_touched(each, Scope(journey, catalogue, each.event, each.each)))
    return Bundle(
        tables=_declared(touched, catalogue, {table.name: table for table in builtin}),
        triggers=triggers,
        templates=_named("template", drawn, catalogue.templates),
        journeys=drafts,
    )


def extension(builtin: Table, shown: Table) -> Table | None:
    """Return what *shown* adds to *builtin* or has otherwise, None where it is just that table."""
    columns = tuple(each for each in shown.columns if builtin.by_name.get(each.name) != each)
    own = {
        name: getattr(shown, name)
        for name in ("label", "name_column", "audience")
        if getattr(shown, name) != getattr(builtin, name)
    }
    if not columns and not own:
        return None
    return Table(name=builtin.name, primary_id=builtin.primary_id, columns=columns, **own)


def _named(setting: str, drawn: list[tuple[Journey, Drawn]], known: Any) -> tuple[Any, ...]:
    names = dict.fromkeys(
        name for _, each in drawn if each.setting == setting for name in _texts(each.value)
    )
    return tuple(known[name] for name in names if name in known)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list() | tuple():
            for each in value:
                yield from _texts(each)
        case dict():
            yield from _texts([*value, *value.values()])
        case _:
            return


def _touched(drawn: Drawn, scope: Scope) -> Iterator[str]:
    """Yield each table that a setting leads into."""
    if isinstance(drawn.value, Related):
        table, _ = pointing(drawn.value.each)
        yield table
        if drawn.value.sorted_by is not None:
            yield from _tables(drawn.value.sorted_by, scope.at(None, table))
    for field in _fields(drawn, scope.catalogue):
        yield from _tables(field, scope)


def _fields(drawn: Drawn, catalogue: Catalogue) -> Iterator[str]:
    """Yield what may be a field in a setting, whichever kind of tile or rule has it."""
    if isinstance(drawn.value, Comparison):
        yield drawn.value.field
    elif drawn.setting == "template" and drawn.value in catalogue.templates:
        try:
            yield from template_fields(catalogue.templates[drawn.value])
        except Problems:
            return  # a template that is wrong reads nothing
    else:
        yield from _texts(drawn.value)


def _tables(field: str, scope: Scope) -> Iterator[str]:
    """Yield each table that a path over lookups may lead into."""
    for end, sign in enumerate(field):
        if sign in ".[":
            try:
                yield from scope.column(field[:end]).targets
            except ValueError:
                continue  # a root alone, or no field at all


def _tables_of(trigger: RecordChangeTrigger | CustomTrigger, catalogue: Catalogue) -> Iterator[str]:
    """Yield the table of *trigger*, those on the way to its people, and theirs."""
    tables = catalogue.tables
    if isinstance(trigger, CustomTrigger):
        yield from (name for name, table in tables.items() if table.audience)
        return
    if trigger.audience.each is not None:
        yield pointing(trigger.audience.each)[0]
    here = [trigger.table]
    for column in trigger.audience.columns:
        yield from here
        lookups = [tables[name].column(column) for name in here if name in tables]
        here = [name for lookup in lookups if lookup is not None for name in lookup.targets]
    yield from here


def _declared(
    touched: set[str], catalogue: Catalogue, builtin: dict[str, Table]
) -> tuple[Table, ...]:
    """Return the tables among *touched* that somebody declared, and those their lookups need."""
    found: dict[str, Table | None] = {}
    ahead = sorted(touched)
    for name in ahead:
        if name in found or name not in catalogue.tables:
            continue
        table = catalogue.tables[name]
        own = extension(builtin[name], table) if name in builtin else table
        found[name] = own
        if own is not None:
            ahead += [target for column in own.columns for target in column.targets]
    return tuple(table for table in found.values() if table is not None)
