"""Playing stories on Temporal: the real store, intake, relay, worker and server."""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from sqlmodel import col, select
from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowExecutionStatus,
    WorkflowHandle,
)
from temporalio.testing import TimeSkipper, TimeSkippingConfig, WorkflowEnvironment
from temporalio.testing._timeskipping import FastForwardConfig
from temporalio.worker import Worker

from api.intake import Intake
from api.relay import Relay
from channels.calling import Caller
from journeys.changes import RecordChange, SentTrigger
from journeys.journey import Version
from journeys.trace import Note
from store.builtin import builtin_tables
from store.catalogue import TableRow, TemplateRow, TriggerRow, catalogue_changed
from store.commands import CommandRow, next_due, waiting
from store.database import Database
from store.instances import instances
from store.journeys import JourneyRow, keep_version
from store.records import Mirror, Mirrored
from store.refused import refused
from store.timeline import timeline
from tests.letterbox import Letterbox
from tests.story import MONDAY, Story
from worker import create_worker
from workflows.definitions import data_converter


class _StoryClock(Interceptor):
    """Starts workflows at the story's present instead of today's."""

    def __init__(self) -> None:
        self.now = MONDAY

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002
        return _StartsThen(next, self)


class _StartsThen(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, clock: _StoryClock) -> None:
        super().__init__(following)
        self._clock = clock

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
        # Whom another instance lets in enters at the present of that one.
        now = max(self._clock.now, input.args[1].entered_at)
        delay = now - datetime.now(UTC)  # noqa: TID251 - the server's clock
        skip = FastForwardConfig(id=str(uuid.uuid4()), duration=delay)
        input.start_delay = delay
        input.time_skipping_config = TimeSkippingConfig(fast_forward_config=skip)._to_proto()
        input.request_eager_start = False
        return await super().start_workflow(input)


class DurableStory(Story):
    """A story played by the real thing. Use it as an async context manager."""

    def __init__(self, temporal: WorkflowEnvironment, database: Database) -> None:
        super().__init__()
        self.database = database
        self.letterbox = Letterbox()
        self._temporal = temporal
        self._clock = _StoryClock()
        self._queue = f"story-{uuid.uuid4()}"
        settings = temporal.client.config()
        settings["data_converter"] = data_converter(database)
        settings["interceptors"] = [*settings["interceptors"], self._clock]
        self.client = Client(**settings)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.relay = Relay(self.database, self.client, self._queue, lambda: self._clock.now)
        self.intake = Intake(self.database, lambda: self._clock.now, self.relay.wake)
        relaying = asyncio.create_task(self.relay.run())
        self._stack.callback(relaying.cancel)
        self._worker = await self._stack.enter_async_context(self._new_worker())
        return self

    def _new_worker(self) -> Worker:
        channels = {"email": self.letterbox}
        return create_worker(
            self.client,
            self.database,
            channels,
            self.intake,
            Caller(self.secrets, allow_private=True),
            sandbox=True,
            task_queue=self._queue,
        )

    async def restart_worker(self) -> None:
        """Stop the worker and start another on the same queue, which remembers nothing."""
        await self._worker.shutdown()
        self._worker = await self._stack.enter_async_context(self._new_worker())

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def play(self, version: Version) -> list[list[Note]]:
        self.begin(version)
        for at, what in sorted(self.happenings, key=lambda happening: happening[0]):
            await self.go_on(at)
            await self.happens(what)
        await self.go_on(None)
        self.letters = self.letterbox.letters
        with self.database.reading() as session:
            self.refusals = [row.reason for row in reversed(refused(session))]
        return self.timelines()

    def timelines(self) -> list[list[Note]]:
        """Return the timelines of all instances so far, in order of entry."""
        with self.database.reading() as session:
            return [timeline(session, row.id) for row in reversed(instances(session))]

    def begin(self, version: Version) -> None:
        """Put into the store what the story begins with, with *version* live."""
        write_down(self.database, self, version)

    async def happens(self, *what: RecordChange | SentTrigger) -> None:
        """Take *what* in, in one batch, and let everybody it concerns come to rest."""
        assert not self.intake.take(what).refused
        await self.settled()

    def standing(self) -> list[WorkflowHandle[Any, Any]]:
        """Return the workflows of all instances that have started, in order of entry."""
        with self.database.reading() as session:
            query = select(CommandRow.instance_id).where(
                CommandRow.kind == "start", col(CommandRow.outcome).in_(("held", "gone"))
            )
            never = set(session.exec(query))
            rows = [row for row in instances(session) if row.id not in never]
        return [self.client.get_workflow_handle(row.workflow_id) for row in reversed(rows)]

    async def clock_stands(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Let the clock of an instance move no more by itself: a run that follows would repeat it."""
        standing_still = TimeSkippingConfig(enabled=False)
        skipper = TimeSkipper(self._temporal.client)
        await skipper._update_time_skipping_config(handle, standing_still)

    async def go_on(self, until: datetime | None) -> None:
        """Let the clocks go on to *until*, or until every instance has ended."""
        while (due := self._next_due()) is not None and (until is None or due < until):
            await self._go_to(due)  # somebody who queues enters
        await self._go_to(until)
        here = 0
        while until is None and len(self.standing()) > here:  # somebody may let others in
            here = len(self.standing())
            await self.settled()
            await self._go_to(None)

    async def _go_to(self, until: datetime | None) -> None:
        for handle in self.standing():
            if not await self._runs(handle):
                continue
            if until is None:
                await self._temporal.fast_forward(handle)
            else:
                here = await self._temporal.get_current_time(handle)
                if until > here:
                    await self._temporal.fast_forward(handle, until - here)
                    here = await self._temporal.get_current_time(handle)
                    assert here < until + _A_WHILE, f"The clock stands at {here}, not at {until}."
        if until is not None:
            self._clock.now = until
            self.relay.wake()
            await self.settled()

    async def _runs(self, handle: WorkflowHandle[Any, Any]) -> bool:
        return (await handle.describe()).status == WorkflowExecutionStatus.RUNNING

    async def settled(self) -> None:
        """Return when the relay has carried everything over and every workflow stands still."""
        seen: list[WorkflowHandle[Any, Any]] = []
        while len(standing := self.standing()) > len(seen) or self._left_to_carry():
            seen = standing
            await self.carried()
            for handle in standing:
                while await self._is_busy(handle):
                    await self._a_moment()

    async def carried(self) -> None:
        """Return when the relay has carried everything over."""
        while self._left_to_carry():
            await self._a_moment()

    async def _a_moment(self) -> None:
        """Let the worker and the relay, which share this loop, get on with it."""
        await asyncio.sleep(0)

    def _left_to_carry(self) -> bool:
        due = self._next_due()
        with self.database.reading() as session:
            return bool(waiting(session, 1)) or (due is not None and due <= self._clock.now)

    def _next_due(self) -> datetime | None:
        """Return when the next of those who queue enters."""
        with self.database.reading() as session:
            return next_due(session)

    async def _is_busy(self, handle: WorkflowHandle[Any, Any]) -> bool:
        before = (await handle.describe()).raw_description
        unseen = _unseen((await handle.fetch_history()).events)
        described = (await handle.describe()).raw_description
        if _run_of(described) != _run_of(before):  # it has just continued as new
            return True
        status = WorkflowExecutionStatus(described.workflow_execution_info.status)
        return status is WorkflowExecutionStatus.RUNNING and bool(
            unseen
            or described.HasField("pending_workflow_task")
            or any(each.attempt == 1 or _is_tried(each) for each in described.pending_activities)
        )


_A_WHILE = timedelta(minutes=5)
"""How long the clock of an instance may run by itself in a story; shorter than what one waits for."""


def _unseen(events: Sequence[HistoryEvent]) -> bool:
    """Say whether something has happened since a worker last looked, or none ever did.

    The moves of the clock come before an instance's first task, and wake nobody afterwards.
    """
    looked = [index for index, event in enumerate(events) if event.event_type == _STARTED_ON_A_TASK]
    return not looked or any(event.event_type in _WAKES for event in events[looked[-1] :])


_STARTED_ON_A_TASK = EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
_WAKES = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
)


def _run_of(described: DescribeWorkflowExecutionResponse) -> str:
    return described.workflow_execution_info.execution.run_id


def _is_tried(activity: PendingActivityInfo) -> bool:
    """Say whether a worker is at it; one that failed and waits for its next try is at rest."""
    return activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED


def write_down(database: Database, story: Story, version: Version) -> None:
    """Put into *database* what *story* begins with, with *version* live."""
    with database.writing() as session:
        mirror = Mirror(session)
        for ref, values in story.records.items():
            table = story.catalogue.tables[ref.table]
            read, problems = table.read(values)
            assert not problems
            kept = {**read, table.primary_id: ref.id}
            mirror.keep(ref, Mirrored(values=kept, changed_at=MONDAY, created=True))
        mirror.write()
        for name, table in story.catalogue.tables.items():
            if table not in builtin_tables():
                session.add(TableRow(name=name, definition=table.model_dump(mode="json")))
        for name, trigger in story.catalogue.triggers.items():
            state = "ready" if name in story.catalogue.ready else "draft"
            definition = trigger.model_dump(mode="json")
            session.add(TriggerRow(name=name, state=state, definition=definition))
        for name, template in story.catalogue.templates.items():
            definition = template.model_dump(mode="json", by_alias=True)
            session.add(TemplateRow(name=name, definition=definition))
        keep_version(session, version, MONDAY)
        session.add(
            JourneyRow(
                name=version.journey.name,
                state="live",
                version=version.number,
                draft={},
                changed_at=MONDAY,
            )
        )
        catalogue_changed(session)
