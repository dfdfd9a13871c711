"""Reading what Temporal remembers of an instance."""

from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle

OF_THE_TEST = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
)
"""The events by which a test moves the clock on: nobody else's history has them."""


async def events(handle: WorkflowHandle[Any, Any]) -> list[HistoryEvent]:
    """Return the events of an instance, without those by which the test moved its clock."""
    history = await handle.fetch_history()
    return [event for event in history.events if event.event_type not in OF_THE_TEST]


def named(found: list[HistoryEvent]) -> list[str]:
    """Return what kinds of events *found* are, in order."""
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower() for event in found]
