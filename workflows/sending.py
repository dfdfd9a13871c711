"""Sending: how a tile's message is ordered of Temporal, and what becomes of it."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.holding import Held
from activities.messages import SendMessage
from journeys.journey import Journey
from journeys.sending import Expiry
from journeys.trace import Left, What
from journeys.visit import Outcome, Ways
from journeys.walk import foreseen
from workflows.acting import AGAIN, Acting

_A_MESSAGE = timedelta(minutes=2)
_HEARD_OF_WITHIN = timedelta(seconds=15)
"""A worker that says nothing for so long is dead: the message is tried again, under its key."""

_MESSAGE_GIVEN_UP_AFTER = timedelta(days=1)


class Sending(Acting):
    """The part of `DurableVisit` by which a tile sends.

    An ending that follows at once is written by the activity that sends: see `foreseen`.
    """

    _journey: Journey
    _told_of: list[str]
    """What the last activity has written down already, and a tile is about to note."""

    async def send(
        self, channel: str, template: str, ways: Ways, expires: Expiry | None = None
    ) -> Outcome:
        outcome = await self._act(lambda: self._send(channel, template, ways, expires))
        self.state.messages += 1
        return outcome

    async def _send(
        self, channel: str, template: str, ways: Ways, expires: Expiry | None
    ) -> Outcome | Held:
        then = next(iter(ways.values()), None)
        alike = all(way == then for way in ways.values())
        ending = foreseen(self._journey, then, self.now()) if alike else None
        message = f"{self.state.instance_id}-{self.state.messages + 1}"
        order = SendMessage(
            instance_id=self.state.instance_id,
            message=message,
            tile=self.state.tile or "",
            channel=channel,
            template=template,
            ways=dict(ways),
            expires=expires,
            arrived_at=self.arrived_at,
            at=self.now(),
            brought=self.state.brought,
            visits=self.counted,
            first=self.state.next_note,
            notes=self.state.notes,
            ending=None if ending is None else ending[0],
            closing=[] if ending is None else ending[1],
        )
        sending = workflow.start_activity(
            "send-message",
            order,
            result_type=Outcome | Held,  # type: ignore[arg-type] # Pydantic reads unions
            start_to_close_timeout=_A_MESSAGE,
            heartbeat_timeout=_HEARD_OF_WITHIN,
            schedule_to_close_timeout=_MESSAGE_GIVEN_UP_AFTER,
            retry_policy=AGAIN,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"{self.state.tile}: {channel} {template}"[:200],
        )
        heard = self.state.heard
        await workflow.wait_condition(lambda: sending.done() or heard.leave is not None)
        if (
            not sending.done()
        ):  # what is being handed over completes, what waits to be is called off
            sending.cancel()
        try:
            outcome: Outcome | Held = await sending
        except ActivityError:
            if heard.leave is not None:
                self.note("failed", why="left before it could be sent", message=message)
                raise Left(heard.leave) from None
            return Outcome(status="failed", reason="given up after a day", message=message)
        if isinstance(outcome, Held):
            return outcome
        self._written(len(order.notes))
        # the outcome and a foreseen ending were written in the same breath
        self._told_of = [outcome.status, *(note.what for note in order.closing)]
        self.state.next_note += len(self._told_of)
        return outcome

    @property
    @abstractmethod
    def arrived_at(self) -> datetime:
        """When the participant arrived on this tile."""

    @abstractmethod
    def note(
        self,
        what: What,
        *,
        target: str | None = None,
        why: str | None = None,
        values: Mapping[str, Any] | None = None,
        message: str | None = None,
    ) -> None:
        """Write a line into the instance's timeline."""

    @abstractmethod
    def _written(self, count: int) -> None:
        """Count the first lines of those to be written as written."""
