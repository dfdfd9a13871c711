"""Definitions: what a Dataverse environment says of its tables, put together from several answers."""

from collections.abc import Sequence
from typing import Any

from connections.web_api import Refusal, WebApi

_TABLE = (
    "$select=LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,DisplayName"
    "&$expand=Attributes($select=LogicalName,AttributeType,AttributeTypeName,AttributeOf,DisplayName)"
)
_CASTS = (
    *(
        (f"{kind}AttributeMetadata", "$select=LogicalName&$expand=OptionSet,GlobalOptionSet")
        for kind in ("Picklist", "MultiSelectPicklist")
    ),
    ("StateAttributeMetadata", "$select=LogicalName&$expand=OptionSet"),
    ("StatusAttributeMetadata", "$select=LogicalName&$expand=OptionSet"),
    ("LookupAttributeMetadata", "$select=LogicalName,Targets"),
    ("DateTimeAttributeMetadata", "$select=LogicalName,DateTimeBehavior"),
    ("StringAttributeMetadata", "$select=LogicalName,FormatName"),
)
"""What the attributes of one kind say beyond the others is only answered when asked by the kind."""

_NOT_THERE = 404


async def definitions(there: WebApi, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the definitions of the tables called *names*, with choices and targets.

    Raises Refusal where there is no such table, and what a `WebApi` raises.
    """
    return [await _definition(there, name) for name in names]


async def _definition(there: WebApi, name: str) -> dict[str, Any]:
    place = f"EntityDefinitions(LogicalName='{name}')"
    try:
        found = await there.get(f"{place}?{_TABLE}")
    except Refusal as error:
        if error.status == _NOT_THERE:
            raise Refusal(
                f"Expected a table of Dataverse, but there is none called {name!r}.", error.status
            ) from None
        raise
    attributes = {each["LogicalName"]: each for each in found["Attributes"]}
    for kind, asked in _CASTS:
        more = await there.get(f"{place}/Attributes/Microsoft.Dynamics.CRM.{kind}?{asked}")
        for each in more["value"]:
            attributes[each["LogicalName"]] |= each
    return found
