"""Acting: what a tile may bring about beyond messages, answered by Temporal."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.partings import TakeWay
from journeys.chance import number_of
from journeys.journey import counted
from journeys.parting import Parting, Way
from workflows.state import InstanceState

OF_THE_STORE = timedelta(seconds=20)
SOON_AGAIN = RetryPolicy(
    initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(minutes=1)
)


class Acting:
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

    async def take(self, parting: Parting) -> Way:
        way: Way = await workflow.execute_local_activity(
            "take-way",
            TakeWay(
                instance_id=self.state.instance_id,
                tile=parting.id,
                number=self.number,
                at=self.now(),
            ),
            result_type=Way,
            start_to_close_timeout=OF_THE_STORE,
            retry_policy=SOON_AGAIN,
            summary=f"{parting.id}: take a way",
        )
        return way
