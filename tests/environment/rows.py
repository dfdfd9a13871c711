"""The rows of the environment: what they hold, every version of them, and what changed since when."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.environment.definitions import KEYS, NAVIGATION, SETS

LOGICAL_NAME = "@Microsoft.Dynamics.CRM.lookuplogicalname"


_PAIR = re.compile(r"(\w+)=(?:'((?:[^']|'')*)'|([^,']*))(?:,|$)")


class Bad(Exception):
    """A request is not as the Web API has it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a system has a clock of its own


def table_of(entity_set: str) -> str:
    if entity_set not in SETS:
        raise Bad(f"Resource not found for the segment '{entity_set}'.", 404)
    return str(SETS[entity_set]["LogicalName"])


def attributes_of(entity_set: str) -> dict[str, dict[str, Any]]:
    return {each["LogicalName"]: each for each in SETS[entity_set]["Attributes"]}


@dataclass
class Rows:
    """*log* is what happened, in order: the version, the entity set and the id; *gone* what was deleted."""

    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    gone: dict[tuple[str, str], int] = field(default_factory=dict)
    version: int = 1000
    began: datetime = field(default_factory=lambda: _now() - timedelta(seconds=1000))

    def now(self) -> str:
        """Return the present moment; with each version that is written a second passes."""
        return (self.began + timedelta(seconds=self.version)).isoformat().replace("+00:00", "Z")

    def put(
        self, entity_set: str, record_id: str | None, values: dict[str, Any], *, new: bool
    ) -> str:
        """Write what a body says, as strictly as the Web API takes it; return the id."""
        columns = self._columns(entity_set, values)
        primary = f"{table_of(entity_set)}id"
        own = columns.pop(primary, None)
        record_id = record_id or own or str(uuid.uuid4())
        self.version += 1
        at = self.now()
        if new:
            self.rows[entity_set, record_id] = {primary: record_id, "createdon": at}
        row = self.rows[entity_set, record_id]
        row |= columns
        row["modifiedon"] = at
        self.versions[entity_set, record_id] = self.version
        return str(record_id)

    def found(self, entity_set: str, said: str) -> tuple[str | None, dict[str, Any]]:
        """Return the id of the row that has the alternate key *said*, if any, and the key's columns."""
        known, table = attributes_of(entity_set), table_of(entity_set)
        key: dict[str, Any] = {}
        for name, text, bare in _PAIR.findall(said):
            lookup = name.startswith("_")
            numbers = known.get(name, {}).get("AttributeType") in {"Integer", "Picklist"}
            key[name] = text.replace("''", "'") if text else int(bare) if numbers else bare
            if lookup:
                key[name + LOGICAL_NAME] = "contact"
        columns = {name.removeprefix("_").removesuffix("_value") for name in key if "@" not in name}
        if columns not in KEYS[table]:
            names = ", ".join(sorted(columns))
            raise Bad(f"The specified key properties {names} are no key of {table}.")
        for (there, record_id), row in self.rows.items():
            if there == entity_set and all(row.get(name) == each for name, each in key.items()):
                return record_id, key
        return None, key

    def delete(self, entity_set: str, record_id: str) -> None:
        self.version += 1
        del self.rows[entity_set, record_id]
        self.gone[entity_set, record_id] = self.version

    def _columns(self, entity_set: str, values: dict[str, Any]) -> dict[str, Any]:
        table, known = table_of(entity_set), attributes_of(entity_set)
        found: dict[str, Any] = {}
        for name, value in values.items():
            navigation, bound, _ = name.partition("@odata.bind")
            if bound:
                if navigation not in NAVIGATION[table]:
                    raise Bad(f"An undeclared property '{navigation}' was found in the payload.")
                column, target = NAVIGATION[table][navigation]
                found |= self._lookup(column, target, value)
                continue
            if name not in known or "Targets" in known[name]:
                raise Bad(f"Invalid property '{name}' was found in entity '{table}'.")
            _check(known[name], value)
            found[name] = value
        return found

    def _lookup(self, column: str, target: str, value: Any) -> dict[str, Any]:
        name = f"_{column}_value"
        if value is None:
            return {name: None, name + LOGICAL_NAME: None}
        entity_set, _, record_id = value.removeprefix("/").rstrip(")").partition("(")
        if entity_set not in SETS or table_of(entity_set) != target:
            raise Bad(f"Resource not found for the segment '{entity_set}'.")
        if (entity_set, record_id) not in self.rows:
            raise Bad(f"{target} With Id = {record_id} Does Not Exist", 404)
        return {name: record_id, name + LOGICAL_NAME: target}

    def answered(
        self, entity_set: str, record_id: str, select: str | None, prefer: str = ""
    ) -> dict[str, Any]:
        """Return a row as it is answered: with its version, and every column null that is empty.

        To which table a lookup points is only said where that is preferred.
        """
        row = self.rows[entity_set, record_id]
        names = select.split(",") if select else list(attributes_of(entity_set))
        found: dict[str, Any] = {"@odata.etag": self.etag(entity_set, record_id)}
        for name in names:
            column = name.removeprefix("_").removesuffix("_value")
            attribute = attributes_of(entity_set).get(column)
            lookup = attribute is not None and "Targets" in attribute
            if attribute is None or lookup != (column != name and bool(select)):
                if not select and lookup:
                    name = f"_{column}_value"  # noqa: PLW2901 - a lookup is answered so
                else:
                    raise Bad(f"Could not find a property named '{name}' on type '{entity_set}'.")
            found[name] = row.get(name)
            if row.get(name + LOGICAL_NAME) and LOGICAL_NAME.removeprefix("@") in prefer:
                found[name + LOGICAL_NAME] = row[name + LOGICAL_NAME]
        found[f"{table_of(entity_set)}id"] = record_id  # whatever is selected
        return found

    def etag(self, entity_set: str, record_id: str) -> str:
        return f'W/"{self.versions[entity_set, record_id]}"'


def _check(attribute: dict[str, Any], value: Any) -> None:
    kind, name = attribute["AttributeType"], attribute["LogicalName"]
    if value is None:
        return
    options = attribute.get("OptionSet")
    if options and kind != "Virtual":
        if value not in [each["Value"] for each in options["Options"]]:
            raise Bad(f"A validation error occurred. The value {value} of '{name}' is outside.")
        return
    kinds: dict[str, Any] = {
        "Integer": int, "Boolean": bool, "Decimal": (int, float), "Money": (int, float),
    }  # fmt: skip
    if not isinstance(value, kinds.get(kind, str)):
        raise Bad(f"Cannot convert a value to target type of '{name}'.")
