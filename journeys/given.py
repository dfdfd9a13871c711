"""Given values: what a tile writes, fires or calls with, checked before it goes live.

A given value is a literal, a field (`{"field": "trigger.title"}`), or text with Liquid in it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from journeys.problem import Problem, Unfounded, pointer
from journeys.table import Column, ColumnType
from journeys.template import fields_of, is_liquid, wrong_in

if TYPE_CHECKING:  # a scope knows journeys, and these the tiles that give values
    from journeys.scope import Scope

Given = Any

_TAKES: Mapping[ColumnType, frozenset[ColumnType]] = {
    "integer": frozenset({"integer", "choice"}),
    "decimal": frozenset({"integer", "decimal", "money"}),
    "money": frozenset({"integer", "decimal", "money"}),
    "date": frozenset({"date", "datetime"}),
    "choice": frozenset({"choice", "integer", "text", "boolean"}),
}
"""Which columns' values a column takes, where it takes more than its own type."""


def wrong_value(given: Given, column: Column, scope: "Scope") -> Iterator[str]:
    """Yield what is wrong with giving *given* to *column*."""
    match given:
        case {"field": str(field)} if len(given) == 1:
            yield from _wrong_field(field, column, scope)
        case str() if is_liquid(given):
            if column.type not in ("text", "json"):
                yield (
                    f"Expected Liquid only for text, but {column.name} is of type {column.type}: "
                    'give it a {"field": "…"}.'
                )
            else:
                yield from wrong_liquid(given, scope)
        case dict() | list() if column.type == "json":
            for each in given.values() if isinstance(given, dict) else given:
                yield from wrong_value(each, column, scope)
        case _:
            try:
                column.read(given)
            except ValueError as error:
                yield str(error)


def wrong_values(
    values: Mapping[str, Given],
    where: str,
    column_of: Callable[[str], Column | None],
    named: str,
    scope: "Scope",
) -> Iterator[Problem]:
    """Yield what is wrong with *values*, by the columns that *column_of* finds; *named* says what they are."""
    for name, given in values.items():
        column = column_of(name)
        path = f"/{where}{pointer(name)}"
        if column is None:
            yield Problem(path=path, message=f"Expected {named}, but {name!r} is none.")
            continue
        for said in wrong_value(given, column, scope):
            yield Problem(path=path, message=said)


def wrong_liquid(source: str, scope: "Scope") -> Iterator[str]:
    """Yield what is wrong with Liquid that reads the fields of *scope*."""
    wrong = list(wrong_in(source))
    yield from wrong
    for field in () if wrong else sorted(fields_of(source)):
        try:
            scope.column(field)
        except Unfounded:
            continue
        except ValueError as error:
            yield str(error)


def _wrong_field(field: str, column: Column, scope: "Scope") -> Iterator[str]:
    try:
        read = scope.value(field)
    except Unfounded:
        return
    except ValueError as error:
        yield str(error)
        return
    if "json" in (read.type, column.type):
        return
    if read.type not in _TAKES.get(column.type, {column.type}):
        yield (
            f"Expected a field that {column.name} takes, which is of type {column.type}, "
            f"but {field} is of type {read.type}."
        )
    elif read.targets and column.targets and not {*read.targets} & {*column.targets}:
        yield (
            f"Expected a record of {' or '.join(column.targets)} for {column.name}, "
            f"but {field} is one of {' or '.join(read.targets)}."
        )


def wrong_record(field: str, scope: "Scope") -> str | None:
    """Return what is wrong with *field* as the field of a record, if anything."""
    try:
        scope.pointed(field)
    except Unfounded:
        return None
    except ValueError as error:
        return str(error)
    return None
