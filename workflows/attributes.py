"""Search attributes: what an operator may list and filter instances by in the Temporal UI."""

from datetime import datetime
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

JOURNEY_ID = SearchAttributeKey.for_keyword("JourneyId")
JOURNEY_VERSION = SearchAttributeKey.for_int("JourneyVersion")
AUDIENCE_ID = SearchAttributeKey.for_keyword("AudienceId")
BINDING = SearchAttributeKey.for_keyword("Binding")
TILE = SearchAttributeKey.for_keyword("Tile")
NEXT_WAKE_AT = SearchAttributeKey.for_datetime("NextWakeAt")

WANTED = {
    JOURNEY_ID.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    JOURNEY_VERSION.name: IndexedValueType.INDEXED_VALUE_TYPE_INT,
    AUDIENCE_ID.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    BINDING.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    TILE.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    NEXT_WAKE_AT.name: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}

_LONGEST_KEYWORD = 255
"""Temporal's SQL stores keep keywords in VARCHAR(255); a longer one would be refused later."""


class WrongSearchAttribute(Exception):
    """A search attribute exists with another type, so instances could not be started."""


async def register_search_attributes(client: Client) -> None:
    """Make the namespace know our search attributes; raise WrongSearchAttribute when it cannot.

    Adding one that exists with another type is silently ignored by the server, and upserting one
    it does not know would stall the instance for ever: so both are looked at here.
    """
    service = client.operator_service
    namespace = client.namespace
    there = await service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
    known = there.custom_attributes
    for name, kind in WANTED.items():
        if name in known and known[name] != kind:
            raise WrongSearchAttribute(
                f"Expected the search attribute {name} of namespace {namespace} to be "
                f"{IndexedValueType.Name(kind)}, but it is {IndexedValueType.Name(known[name])}."
            )
    missing = {name: kind for name, kind in WANTED.items() if name not in known}
    if missing:
        await service.add_search_attributes(
            AddSearchAttributesRequest(namespace=namespace, search_attributes=missing)
        )


def at_start(
    journey: str, version: int, person: str, binding: str | None, tile: str | None
) -> TypedSearchAttributes:
    """Return the attributes an instance starts with; *person* and *binding* hold no personal data."""
    pairs: list[SearchAttributePair[str] | SearchAttributePair[int]] = [
        SearchAttributePair(JOURNEY_ID, keyword(journey)),
        SearchAttributePair(JOURNEY_VERSION, version),
        SearchAttributePair(AUDIENCE_ID, keyword(person)),
    ]
    if binding is not None:
        pairs.append(SearchAttributePair(BINDING, keyword(binding)))
    if tile is not None:
        pairs.append(SearchAttributePair(TILE, keyword(tile)))
    return TypedSearchAttributes(pairs)


def keyword(text: str) -> str:
    """Return *text* as long as a keyword may be."""
    return text[:_LONGEST_KEYWORD]


def standing_on(tile: str, until: datetime) -> list[SearchAttributeUpdate[Any]]:
    """Return the updates that say where an instance stands, and until when."""
    return [TILE.value_set(keyword(tile)), NEXT_WAKE_AT.value_set(until)]
