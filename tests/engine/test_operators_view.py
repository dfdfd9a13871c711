"""What an operator sees of an instance in Temporal."""

from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle
from temporalio.common import SearchAttributePair

from tests.durable import DurableStory
from tests.engine.histories import events
from tests.story import changed, moment
from tests.world import journey, message, wait_for, when
from workflows.attributes import (
    AUDIENCE_ID,
    BINDING,
    JOURNEY_ID,
    JOURNEY_VERSION,
    NEXT_WAKE_AT,
    TILE,
    WANTED,
    register_search_attributes,
)

pytestmark = pytest.mark.slow


@pytest.fixture
async def waiting(engine: DurableStory) -> WorkflowHandle[Any, Any]:
    """An instance of the printer's case that waits for a week, until somebody rates it."""
    which = {
        "kind": "attribute_branch",
        "id": "which",
        "branches": [
            {
                "name": "unhappy",
                "when": when("record.customersatisfactioncode", "at_most", 2),
                "next": "thanks",
            }
        ],
    }
    tiles = (
        message("hello", "asked"),
        wait_for("case-rated", "which"),
        which,
        message("thanks"),
    )
    drawn = journey(*tiles, trigger="case-changed", title="After a case")
    engine.begin(engine.published(drawn))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(changed("incident/printer", statecode=1))
    return engine.standing()[0]


async def test_search_attributes_say_whose_instance_it_is_and_where_it_stands(
    waiting: WorkflowHandle[Any, Any],
) -> None:
    described = await waiting.describe()

    pairs = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    found = {name: value for name, value in pairs.items() if name in WANTED}
    wakes_at = found.pop(NEXT_WAKE_AT.name)
    assert found == {
        JOURNEY_ID.name: "story",
        JOURNEY_VERSION.name: 1,
        AUDIENCE_ID.name: "contact/ana",
        BINDING.name: "incident/printer",
        TILE.name: "asked",
    }
    assert isinstance(wakes_at, datetime)
    assert f"{wakes_at.astimezone(UTC):%Y-%m-%d %H:%M}" == "2031-03-10 09:00"


async def test_search_attributes_are_registered_with_their_types(engine: DurableStory) -> None:
    await register_search_attributes(engine.client)  # again: nothing changes

    there = await engine.client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=engine.client.namespace)
    )
    assert {name: there.custom_attributes[name] for name in WANTED} == WANTED
    assert WANTED[TILE.name] == IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    assert SearchAttributePair(TILE, "asked").key.name == "Tile"


async def test_the_summary_says_whose_instance_it_is(waiting: WorkflowHandle[Any, Any]) -> None:
    described = await waiting.describe()

    assert await described.static_summary() == "story v1: contact/ana about incident/printer"
    assert "After a case" in (await described.static_details() or "")


async def test_current_details_name_the_tile_and_until_when(
    waiting: WorkflowHandle[Any, Any],
) -> None:
    details = await current_details(waiting)

    here = details.splitlines()[0]
    assert "**asked**" in here
    assert "2031-03-10 09:00" in here
    assert [line.split("**")[1] for line in details.splitlines()[1:] if "**" in line] == [
        "asked", "hello", "hello",
    ]  # fmt: skip


async def test_timers_and_activities_say_what_they_are_for(
    engine: DurableStory, waiting: WorkflowHandle[Any, Any]
) -> None:
    await engine.go_on(moment("Tue 09:00"))
    await engine.happens(changed("incident/printer", customersatisfactioncode=1))

    said = await summaries(engine, waiting)
    assert said == {
        "activity_task_scheduled": ["hello: email hello", "thanks: email thanks"],
        "marker_recorded": [
            "asked: write down",
            "which: read record.customersatisfactioncode",
        ],
        "timer_started": ["asked: until 2031-03-10 09:00 UTC"],
    }


async def current_details(handle: WorkflowHandle[Any, Any]) -> str:
    """Return what the instance shows of itself, as the Temporal UI asks for it."""
    metadata: WorkflowMetadata = await handle.query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return metadata.current_details


async def summaries(engine: DurableStory, handle: WorkflowHandle[Any, Any]) -> dict[str, list[str]]:
    """Return the summaries in an instance's history, by the kind of event that has them."""
    said: dict[str, list[str]] = {}
    for event in await events(handle):
        if event.HasField("user_metadata") and event.user_metadata.HasField("summary"):
            kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
            [text] = await engine.client.data_converter.decode([event.user_metadata.summary], [str])
            if kind not in ("workflow_execution_started", "timer_canceled"):
                said.setdefault(kind, []).append(text)
    return said
