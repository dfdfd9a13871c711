"""Values as the Web API of Dataverse takes them: lookups are bound, several choices are one text."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from journeys.changes import RecordRef, Values
from journeys.table import Table


def lookups_in(values: Values, table: Table) -> dict[str, RecordRef | None]:
    """Return the lookups among *values*, which are as *table* keeps them, and where they point."""
    lookups = (name for name in values if _type(table, name) == "lookup")
    return {name: RecordRef.of(values[name]) for name in lookups}


def body_of(
    values: Values,
    table: Table,
    navigation: Mapping[tuple[str, str], str],
    places: Mapping[RecordRef, str],
) -> dict[str, Any]:
    """Return the body that writes *values*; *places* says where the records are that lookups name.

    *navigation* is how lookups are called, by column and table. Raises ValueError where one cannot
    point to a record of that table.
    """
    body: dict[str, Any] = {}
    lookups = lookups_in(values, table)
    for name, value in values.items():
        if name in lookups:
            body |= _bound(name, lookups[name], navigation, places)
        elif _type(table, name) == "multi_choice" and value is not None:
            body[name] = ",".join(str(each) for each in value)
        elif name != table.primary_id:
            body[name] = value
    return body


_NOT_IN_A_KEY = frozenset("/<>*%&:\\?+#")
"""What the Web API cannot read in the value of an alternate key, however it is written."""


def key_in(key: Values, table: Table) -> str:
    """Return *key*, values by which a record is found, as an address has them.

    Raises ValueError where one cannot stand in an address.
    """
    return ",".join(_said(name, value, table) for name, value in key.items())


def _said(name: str, value: Any, table: Table) -> str:
    target = RecordRef.of(value) if _type(table, name) == "lookup" else None
    if target is not None:
        return f"_{name}_value={target.id}"
    if not isinstance(value, str) or _type(table, name) == "date":
        return f"{name}={value}"
    if odd := sorted(_NOT_IN_A_KEY & {*value}):
        raise ValueError(
            f"Expected a {name} by which Dataverse can find a record, but it has {' '.join(odd)} in it."
        )
    doubled = value.replace("'", "''")
    return f"{name}='{quote(doubled, safe='')}'"


def _bound(
    name: str,
    target: RecordRef | None,
    navigation: Mapping[tuple[str, str], str],
    places: Mapping[RecordRef, str],
) -> dict[str, Any]:
    called = [
        said
        for (column, table), said in sorted(navigation.items())
        if column == name and (target is None or table == target.table)
    ]
    if not called:
        where = "" if target is None else f" to a record of {target.table}"
        raise ValueError(f"Expected a lookup that can point{where}, but {name} cannot.")
    return {f"{called[0]}@odata.bind": None if target is None else f"/{places[target]}"}


def _type(table: Table, name: str) -> str | None:
    column = table.column(name)
    return None if column is None else column.type
