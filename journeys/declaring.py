"""Declaring: what a table must be before records come into it, and how one that is built in is extended."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from journeys.problem import Problem, pointer
from journeys.table import Column, Table

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_LONGEST = 100


def extended(builtin: Table, declared: Table) -> Table:
    """Return *builtin* as *declared* has it, and with the columns that *declared* does not name.

    Systems are customised: labels, choices, contact points and further columns are theirs to say.
    """
    columns = builtin.by_name | declared.by_name
    return Table(
        name=builtin.name,
        label=declared.label or builtin.label,
        primary_id=builtin.primary_id,
        name_column=declared.name_column or builtin.name_column,
        columns=tuple(columns.values()),
        audience=declared.audience or builtin.audience,
    )


def brought_up_to(known: Table | None, builtin: Table | None, found: Table) -> Table:
    """Return what to declare so that the table that is *known* is as its system defines it (*found*).

    Nothing is taken away, and people stay people. Of one that is built in, columns keep their
    types, and lookups the tables they are known to name.
    """
    if known is None:
        return found
    own = {} if builtin is None else builtin.by_name
    fitting = {
        column.name: column
        for column in found.columns
        if column.name not in own
        or (column.type == own[column.name].type and not _forgets(column, own[column.name]))
    }
    columns = {
        name: column
        for name, column in {**known.by_name, **fitting}.items()
        if own.get(name) != column
    }
    return Table(
        name=known.name,
        label=found.label or known.label,
        primary_id=found.primary_id if builtin is None else builtin.primary_id,
        name_column=found.name_column or known.name_column,
        columns=tuple(columns.values()),
        audience=known.audience or found.audience,
    )


def _forgets(column: Column, own: Column) -> bool:
    return bool(own.targets) and not column.targets


def problems_of_table(
    declared: Table, tables: Mapping[str, Table], builtin: Table | None = None
) -> tuple[Problem, ...]:
    """Return everything that is wrong with *declared* among *tables*; *builtin* is what it extends."""
    known = {**tables, declared.name: declared}
    table = declared if builtin is None else extended(builtin, declared)
    found = [*_wrong_names(declared), *_wrong_columns(declared, known), *_wrong_parts(table)]
    if builtin is not None:
        found += _wrong_extension(declared, builtin)
    return tuple(found)


def _wrong_names(table: Table) -> Iterator[Problem]:
    if not _WORD.fullmatch(table.name):
        said = f"Expected a name of letters, digits and _, but it is {table.name!r:.80}."
        yield Problem(path="/name", message=said)
    names: dict[tuple[str | int, ...], str] = {("primary_id",): table.primary_id}
    names |= {("columns", index, "name"): each.name for index, each in enumerate(table.columns)}
    for steps, name in names.items():
        if not _is_column_name(name):
            yield Problem(
                path=pointer(*steps),
                message=f"Expected a name of 1 to {_LONGEST} printable characters without a space "
                f"at its ends, and not before, but it is {name!r:.80}.",
            )
    count = Counter(column.name for column in table.columns)
    for index, column in enumerate(table.columns):
        if count[column.name] > 1:
            yield Problem(
                path=pointer("columns", index, "name"),
                message=f"Expected each column once, but there are {count[column.name]} "
                f"called {column.name!r}.",
            )


def _is_column_name(name: str) -> bool:
    """Say whether a column may be called *name*; `before` is how the values before a change are read."""
    printable = name.isprintable() and name == name.strip()
    return printable and 0 < len(name) <= _LONGEST and name != "before"


def _wrong_columns(table: Table, known: Mapping[str, Table]) -> Iterator[Problem]:
    for index, column in enumerate(table.columns):
        here = ("columns", index)
        for place, target in enumerate(column.targets):
            if target not in known:
                message = f"Expected a table, but there is none called {target!r}."
                yield Problem(path=pointer(*here, "targets", place), message=message)
        if column.targets and column.type != "lookup":
            message = f"Expected targets of a lookup only, but {column.name} is {_a(column)}."
            yield Problem(path=pointer(*here, "targets"), message=message)
        if column.choices and column.type not in ("choice", "multi_choice"):
            message = f"Expected choices of a choice only, but {column.name} is {_a(column)}."
            yield Problem(path=pointer(*here, "choices"), message=message)


def _wrong_parts(table: Table) -> Iterator[Problem]:
    """Yield which columns the table's own settings name, and are none or not text."""
    parts: dict[tuple[str, ...], str | None] = {("name_column",): table.name_column}
    if table.audience is not None:
        parts |= {("audience", part): name for part, name in table.audience if name is not None}
    for steps, name in parts.items():
        if name is not None and table.column(name) is None:
            message = f"Expected a column of {table.name}, but there is none called {name!r}."
            yield Problem(path=pointer(*steps), message=message)
    primary = table.by_name.get(table.primary_id)
    if primary is not None and primary.type != "text":
        message = f"Expected an id that is text, but {primary.name} is {_a(primary)}."
        yield Problem(path="/primary_id", message=message)


def _wrong_extension(declared: Table, builtin: Table) -> Iterator[Problem]:
    if declared.primary_id != builtin.primary_id:
        yield Problem(
            path="/primary_id",
            message=f"Expected {builtin.primary_id!r}, since {builtin.name} is built in, "
            f"but it is {declared.primary_id!r:.80}.",
        )
    for index, column in enumerate(declared.columns):
        own = builtin.by_name.get(column.name)
        if own is not None and own.type != column.type:
            yield Problem(
                path=pointer("columns", index, "type"),
                message=f"Expected {own.type!r}, since {builtin.name}.{own.name} is built in, "
                f"but it is {column.type!r}.",
            )


def _a(column: Column) -> str:
    return f"of type {column.type}"
