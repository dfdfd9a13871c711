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

A_TASK = [
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
]


async def events(handle: WorkflowHandle[Any, Any]) -> list[HistoryEvent]:
    """Return the events of an instance, without those that a test causes by moving its clock.

    These are the moves themselves, and a task that follows one directly and orders nothing: a
    move that lands while a task is under way brings about another.
    """
    history = list((await handle.fetch_history()).events)
    theirs: list[HistoryEvent] = []
    while history:
        if history[0].event_type not in OF_THE_TEST:
            theirs.append(history.pop(0))
            continue
        history.pop(0)
        task = history[: len(A_TASK)]
        if [each.event_type for each in task] == A_TASK and not _ordered_by(task[-1], history):
            del history[: len(A_TASK)]
    return theirs


def _ordered_by(task: HistoryEvent, history: list[HistoryEvent]) -> bool:
    """Say whether any event was ordered by the workflow *task* that was completed."""
    attributes = [getattr(each, each.WhichOneof("attributes") or "") for each in history]
    orders = (getattr(each, "workflow_task_completed_event_id", None) for each in attributes)
    return task.event_id in orders


def named(found: list[HistoryEvent]) -> list[str]:
    """Return what kinds of events *found* are, in order."""
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower() for event in found]
