"""The six tables every gateway knows from the start: names, types, choices and lookups of Dynamics 365.

The JSON files hold facts, one column a line, taken from the metadata of an organisation of
December 2024 with Microsoft's add-ons; the states and reasons of cases were compared with
Microsoft's published table reference.
"""

from functools import cache
from importlib.resources import files

from journeys.table import Table

NAMES = ("contact", "lead", "account", "incident", "opportunity", "salesorder")


@cache
def builtin_tables() -> tuple[Table, ...]:
    """Return the built-in tables: those that hold people first."""
    folder = files(__name__)
    return tuple(
        Table.model_validate_json((folder / f"{name}.json").read_bytes()) for name in NAMES
    )
