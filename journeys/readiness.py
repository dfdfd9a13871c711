"""Readiness: what keeps a trigger from being ready, and the tables that its people are of."""

from collections.abc import Iterator, Mapping, Sequence

from journeys.problem import Problem, pointer
from journeys.table import Column, Table
from journeys.trigger import RecordChangeTrigger, Trigger, pointing


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
        way = "path" if trigger.audience.each is None else "each"
        yield Problem(path=pointer("audience", way), message=str(error))


def audience_tables(trigger: RecordChangeTrigger, tables: Mapping[str, Table]) -> tuple[Table, ...]:
    """Return the tables a person of *trigger* may be of; raise ValueError where there is none.

    A table on the path that lacks its next column is where the path ends for its records: a
    polymorphic lookup that reached the person early.
    """
    if trigger.table not in tables:
        raise ValueError(f"Expected a table, but there is none called {trigger.table!r}.")
    if trigger.audience.each is not None:
        return (_people_pointing(trigger.audience.each, trigger.table, tables),)
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


def _people_pointing(each: str, to: str, tables: Mapping[str, Table]) -> Table:
    table, _ = pointing_column(each, (to,), tables)
    if table.audience is None:
        raise ValueError(f"Expected a table of people, but {table.name} holds none.")
    return table


def pointing_column(
    each: str, to: Sequence[str], tables: Mapping[str, Table]
) -> tuple[Table, Column]:
    """Return the table and the lookup that *each* names, which points to a record of one of *to*.

    Raises ValueError with a sentence where there is no such lookup.
    """
    table_name, name = pointing(each)
    table = tables.get(table_name)
    if table is None:
        raise ValueError(f"Expected a table, but there is none called {table_name!r}.")
    column = table.column(name)
    if column is None:
        raise ValueError(f"Expected a column of {table.name}, but there is none called {name!r}.")
    if column.type != "lookup":
        raise ValueError(
            f"Expected a lookup, but {name} is not a lookup: it is of type {column.type}."
        )
    if column.targets and not set(to).intersection(column.targets):
        raise ValueError(
            f"Expected a lookup that points to {' or '.join(to)}, "
            f"but {each} points to {' or '.join(column.targets)}."
        )
    return table, column


def pointed_to(lookups: Sequence[Column], tables: Mapping[str, Table]) -> tuple[Table, ...]:
    """Return the known tables that *lookups* point to; one without targets may point to any."""
    names = [name for column in lookups for name in column.targets or tables]
    return tuple(tables[name] for name in dict.fromkeys(names) if name in tables)


def _names(tables: Sequence[Table]) -> str:
    return " or ".join(table.name for table in tables) or "no known table"
