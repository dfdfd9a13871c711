"""Entities: how tables are called in the Web API, and one row of one of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connections.web_api import Refusal, WebApi

NOT_THERE = 404
NAMING_LOOKUPS = 'odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"'
"""The preference without which nobody says to which table a lookup points."""

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOOKUPS = frozenset({"Lookup", "Customer", "Owner"})
_NOT_SELECTED = frozenset({"PartyList", "ManagedProperty", "CalendarRules", "EntityName"})


@dataclass(frozen=True)
class Entity:
    """A table in the Web API: its *entity_set*, how each column is selected, and how lookups are written.

    *navigation* is by column and table.
    """

    table: str
    entity_set: str
    primary_id: str
    columns: Mapping[str, str]
    navigation: Mapping[tuple[str, str], str]

    def at(self, record_id: str) -> str:
        """Return where the record is; raise Refusal where it can have no such id."""
        if not is_id(record_id):
            raise Refusal(
                f"Expected a {self.table} of Dataverse, but {record_id!r:.80} is no id of one."
            )
        return f"{self.entity_set}({record_id})"

    def select(self, columns: Iterable[str]) -> str:
        """Return the query that asks for those of *columns* that it has, and the moments of its changes."""
        wanted = {*columns, "createdon", "modifiedon"}
        names = [said for name, said in self.columns.items() if name in wanted]
        return f"$select={','.join([self.primary_id, *names])}"


def is_id(record_id: str) -> bool:
    """Say whether a record of Dataverse can have this id."""
    return bool(_ID.fullmatch(record_id))


async def entity_of(there: WebApi, table: str) -> Entity:
    """Return how *table* is called; raise Refusal where there is none, and what a `WebApi` raises."""
    found = there.memory.entities.get((there.connection.url, table))
    if not isinstance(found, Entity):
        found = await _entity(there, table)
        there.memory.entities[there.connection.url, table] = found
    return found


async def _entity(there: WebApi, table: str) -> Entity:
    place = f"EntityDefinitions(LogicalName='{table}')"
    said = await there.get(
        f"{place}?$select=EntitySetName,PrimaryIdAttribute&$expand=Attributes($select="
        "LogicalName,AttributeType,AttributeTypeName,AttributeOf,IsValidForRead)"
    )
    lookups = await there.get(
        f"{place}/ManyToOneRelationships?$select=ReferencingAttribute,ReferencedEntity,"
        "ReferencingEntityNavigationPropertyName"
    )
    primary = said["PrimaryIdAttribute"]
    return Entity(
        table=table,
        entity_set=said["EntitySetName"],
        primary_id=primary,
        columns={
            each["LogicalName"]: _selected(each)
            for each in said["Attributes"]
            if _is_read(each) and each["LogicalName"] != primary
        },
        navigation={
            (each["ReferencingAttribute"], each["ReferencedEntity"]): each[
                "ReferencingEntityNavigationPropertyName"
            ]
            for each in lookups["value"]
        },
    )


def _is_read(attribute: Mapping[str, Any]) -> bool:
    kind = attribute["AttributeType"]
    several = (attribute.get("AttributeTypeName") or {}).get("Value") == "MultiSelectPicklistType"
    readable = attribute["IsValidForRead"] and not attribute["AttributeOf"]
    return readable and kind not in _NOT_SELECTED and (kind != "Virtual" or several)


def _selected(attribute: Mapping[str, Any]) -> str:
    name = str(attribute["LogicalName"])
    return f"_{name}_value" if attribute["AttributeType"] in _LOOKUPS else name


async def row_of(
    there: WebApi, entity: Entity, record_id: str, columns: Iterable[str]
) -> dict[str, Any] | None:
    """Return a row as it is, with *columns*; None where it is gone."""
    try:
        return await there.get(
            f"{entity.at(record_id)}?{entity.select(columns)}", {"prefer": NAMING_LOOKUPS}
        )
    except Refusal as error:
        if error.status == NOT_THERE:
            return None
        raise


async def organization_of(there: WebApi) -> str:
    """Return the id of the organisation, by which its webhooks name their source too."""
    found = there.memory.entities.get((there.connection.url, ""))
    if not isinstance(found, str):
        found = str((await there.get("WhoAmI"))["OrganizationId"])
        there.memory.entities[there.connection.url, ""] = found
    return found
