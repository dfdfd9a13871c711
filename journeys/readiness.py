"""Readiness: what keeps a trigger from being ready, and the tables that its people are of."""

from collections.abc import Iterator, Mapping, Sequence

from journeys.problem import Problem, pointer
from journeys.table import Column, Table
from journeys.trigger import RecordChangeTrigger, Trigger


def problems_of_trigger(trigger: Trigger, tables: Mapping[str, Table]) -> tuple[Problem, ...]:
    """Return everything that keeps *trigger* from being ready; a custom trigger is so by itself."""
    return tuple(_problems(trigger, tables)) if isinstance(trigger, RecordChangeTrigger) else ()


def _problems(trigger: RecordChangeTrigger, tables: Mapping[str, Table]) -> Iterator[Problem]:
    table = tables.get(trigger.table)
    if table is None:
        said = f"Expected a table, but there is none called {trigger.table!r}."
        yield Problem(path="/table", message=said)
        return
    for index, name in enumerate(trigger.columns):
        if table.column(name) is None:
            said = f"Expected a column of {table.name}, but there is none called {name!r}."
            yield Problem(path=pointer("columns", index), message=said)
    try:
        audience_tables(trigger, tables)
    except ValueError as error:
        yield Problem(path="/audience/path", message=str(error))


def audience_tables(trigger: RecordChangeTrigger, tables: Mapping[str, Table]) -> tuple[Table, ...]:
    """Return the tables a person of *trigger* may be of; raise ValueError where there is none.

    A table on the path that lacks its next column is where the path ends for its records: a
    polymorphic lookup that reached the person early.
    """
    if trigger.table not in tables:
        raise ValueError(f"Expected a table, but there is none called {trigger.table!r}.")
    here: tuple[Table, ...] = (tables[trigger.table],)
    ends: list[Table] = []
    for name in trigger.audience.columns:
        lookups = [column for table in here if (column := table.column(name))]
        if not lookups:
            raise ValueError(
                f"Expected a column of {_names(here)}, but there is none called {name!r}."
            )
        for column in lookups:
            if column.type != "lookup":
                raise ValueError(
                    f"Expected a lookup, but {name} is not a lookup: it is of type {column.type}."
                )
        ends += [table for table in here if table.column(name) is None]
        here = pointed_to(lookups, tables)
    reached = {table.name: table for table in (*ends, *here)}
    people = tuple(table for table in reached.values() if table.audience)
    if not people:
        raise ValueError(
            f"Expected a way to a person, but {trigger.audience.path} leads to "
            f"{_names(tuple(reached.values()))}, which holds no people."
        )
    return people


def pointed_to(lookups: Sequence[Column], tables: Mapping[str, Table]) -> tuple[Table, ...]:
    """Return the known tables that *lookups* point to; one without targets may point to any."""
    names = [name for column in lookups for name in column.targets or tables]
    return tuple(tables[name] for name in dict.fromkeys(names) if name in tables)


def _names(tables: Sequence[Table]) -> str:
    return " or ".join(table.name for table in tables) or "no known table"
