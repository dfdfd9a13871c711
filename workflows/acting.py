"""Acting: what a tile may bring about beyond messages, answered by Temporal."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from activities.acts import Act, Elsewhere, FireTrigger, WriteRecord
from activities.holding import Held
from activities.partings import TakeWay
from activities.webhooks import CallWebhook
from journeys.acts import key_of
from journeys.calling import host_of
from journeys.chance import number_of
from journeys.given import Given
from journeys.journey import counted
from journeys.parting import Parting, Way
from journeys.trace import Left
from journeys.visit import Answered, Effect, Method, Writing
from workflows.state import InstanceState

OF_THE_STORE = timedelta(seconds=20)
SOON_AGAIN = RetryPolicy(
    initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(minutes=1)
)


T = TypeVar("T")


AGAIN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10))
"""Somebody else's server: a hiccup is over in seconds, and one that is down for hours is asked seldom.

Each pause is twice the one before, so in a day a message is tried some 150 times.
"""

_A_CALL_GIVEN_UP_AFTER = timedelta(hours=1)
_A_WRITE_TAKES = timedelta(minutes=3)
"""At most: it is several requests, of which each may be slow."""


class Acting(ABC):
    """The part of `DurableVisit` by which a tile acts.

    Each act costs a history one event (a local activity), but for a webhook's three.
    """

    state: InstanceState
    _content: bytes

    @property
    def visits(self) -> int:
        return self.state.visits.get(self.state.tile or "", 0)

    @property
    def counted(self) -> dict[str, int]:
        """How often tiles were come to, as far as the version reads it: 1,000 tiles are many."""
        return {tile: self.state.visits.get(tile, 0) for tile in counted(self._content)}

    @property
    def number(self) -> float:
        return number_of(self.state.instance_id, self.state.tile or "")

    @property
    def forced(self) -> str | None:
        return None

    def now(self) -> datetime:
        return workflow.now()

    async def fire(
        self, trigger: str, attributes: Mapping[str, Given], binding: str | None
    ) -> Effect:
        def order() -> FireTrigger:
            return FireTrigger(
                **self._act_of(), trigger=trigger, attributes=dict(attributes), binding=binding
            )

        return await self._act(lambda: self._order("fire-trigger", order()))

    async def write(
        self,
        operation: Writing,
        where: str,
        values: Mapping[str, Given],
        found_by: Collection[str] = (),
    ) -> Effect:
        def order() -> WriteRecord:
            return WriteRecord(
                **self._act_of(),
                operation=operation,
                where=where,
                values=dict(values),
                found_by=list(found_by),
            )

        effect = await self._act(lambda: self._write(order()))
        if effect.done:
            self._bring()
        return effect

    async def call(
        self,
        method: Method,
        url: str,
        body: Mapping[str, Given] | None,
        secret: str,
        time_limit: timedelta,
    ) -> Answered:
        def order() -> CallWebhook:
            return CallWebhook(
                **self._act_of(),
                method=method,
                url=url,
                body=None if body is None else dict(body),
                secret=secret,
                time_limit=time_limit,
            )

        answer = await self._act(lambda: self._call(order()))
        if answer.status is not None:
            self._bring()
        return answer

    async def _write(self, order: WriteRecord) -> Effect | Held:
        done: Effect | Held | Elsewhere = await workflow.execute_local_activity(
            "write-record",
            order,
            result_type=Effect | Held | Elsewhere,  # type: ignore[arg-type] # Pydantic reads unions
            start_to_close_timeout=OF_THE_STORE,
            retry_policy=SOON_AGAIN,
            summary=f"{order.tile}: write record",
        )
        if not isinstance(done, Elsewhere):
            return done
        writing = workflow.start_activity(
            "write-elsewhere",
            order,
            result_type=Effect | Held,  # type: ignore[arg-type] # Pydantic reads unions
            start_to_close_timeout=_A_WRITE_TAKES + OF_THE_STORE,
            schedule_to_close_timeout=_A_CALL_GIVEN_UP_AFTER,
            retry_policy=AGAIN,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"{order.tile}: write {done.table} elsewhere"[:200],
        )
        return await self._tried(writing, lambda why: Effect(done=False, reason=why))

    async def _call(self, order: CallWebhook) -> Answered | Held:
        calling = workflow.start_activity(
            "call-webhook",
            order,
            result_type=Answered | Held,  # type: ignore[arg-type] # Pydantic reads unions
            start_to_close_timeout=order.time_limit + OF_THE_STORE,
            schedule_to_close_timeout=_A_CALL_GIVEN_UP_AFTER,
            retry_policy=AGAIN,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"{order.tile}: {order.method} {host_of(order.url)}"[:200],
        )
        return await self._tried(calling, lambda why: Answered(done=False, reason=why))

    async def _tried(self, calling: workflow.ActivityHandle[T], failed: Callable[[str], T]) -> T:
        """Return what somebody else's server answers, however often it is asked, or what *failed* says."""
        heard = self.state.heard
        await workflow.wait_condition(lambda: calling.done() or heard.leave is not None)
        if not calling.done():  # a try that is under way completes, the next is called off
            calling.cancel()
        try:
            return await calling
        except ActivityError as error:
            if heard.leave is not None:
                raise Left(heard.leave) from None
            cause = error.cause
            why = cause.message if isinstance(cause, ApplicationError) else "no answer in an hour"
            return failed(why)

    def _act_of(self) -> dict[str, Any]:
        """Return what every order of an act says of this visit."""
        tile = self.state.tile or ""
        return {
            "instance_id": self.state.instance_id,
            "tile": tile,
            "key": key_of(self.state.instance_id, tile, self.visits),
            "at": self.now(),
            "depth": self.state.depth,
            "brought": self.state.brought,
            "visits": self.counted,
        }

    def _bring(self) -> None:
        """Let what this visit brought be read from now on."""
        tile = self.state.tile or ""
        self.state.brought[tile] = key_of(self.state.instance_id, tile, self.visits)

    async def _order(self, name: str, order: Act) -> Effect | Held:
        effect: Effect | Held = await workflow.execute_local_activity(
            name,
            order,
            result_type=Effect | Held,  # type: ignore[arg-type] # Pydantic reads unions
            start_to_close_timeout=OF_THE_STORE,
            retry_policy=SOON_AGAIN,
            summary=f"{order.tile}: {name.replace('-', ' ')}",
        )
        return effect

    @abstractmethod
    async def _act(self, act: Callable[[], Awaitable[T | Held]]) -> T:
        """Do what acts on the world, once the participant may."""

    async def take(self, parting: Parting) -> Way:
        def order() -> TakeWay:
            return TakeWay(
                instance_id=self.state.instance_id,
                tile=parting.id,
                number=self.number,
                at=self.now(),
            )

        return await self._act(lambda: self._take(order()))

    async def _take(self, order: TakeWay) -> Way | Held:
        way: Way | Held = await workflow.execute_local_activity(
            "take-way",
            order,
            result_type=Way | Held,  # type: ignore[arg-type] # Pydantic reads unions
            start_to_close_timeout=OF_THE_STORE,
            retry_policy=SOON_AGAIN,
            summary=f"{order.tile}: take a way",
        )
        return way
