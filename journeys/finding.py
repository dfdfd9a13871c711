"""Finding: which record an upsert is of, by the values that it has in some columns."""

import json
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any

from journeys.acts import new_id
from journeys.changes import RecordChange, RecordRef, Values
from journeys.facts import Lookup
from journeys.table import Table


def found(
    change: RecordChange, found_by: Collection[str], table: Table, lookup: Lookup
) -> RecordChange:
    """Return *change*, an upsert, of the record of *table* that has its values in the columns *found_by*.

    Where none has, it is of a new one whose id is made of these values: two upserts at once create
    one record. Raises ValueError where a value is none, or several records have them.
    """
    values, problems = table.read(change.values)
    if problems:
        raise ValueError(" ".join(problem.message for problem in problems))
    key = key_of(values, found_by, table)
    match list(islice(lookup.having(table.name, key), 2)):
        case []:
            made = new_id(json.dumps([table.name, key], sort_keys=True))
            if lookup(RecordRef(table.name, made)) is not None:
                return change  # it was found by these values once, and has others now
            return change.model_copy(update={"record_id": made})
        case [record]:
            return change.model_copy(update={"record_id": record.id})
        case _:
            said = " and ".join(
                f"{name} {json.dumps(each, ensure_ascii=False)}" for name, each in key.items()
            )
            raise ValueError(f"Expected one {table.name} with {said}, but there are several.")


def key_of(values: Values, found_by: Collection[str], table: Table) -> Mapping[str, Any]:
    """Return the *values* by which a record of *table* is found; raise ValueError where one is none."""
    if missing := [name for name in found_by if values.get(name) in (None, "")]:
        raise ValueError(
            f"Expected a value of {' and '.join(missing)} to find a record of {table.name} by, "
            "but there is none."
        )
    return {name: values[name] for name in found_by}
