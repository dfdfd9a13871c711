"""JourneyInstance: one pass of one participant through one version, as a durable workflow."""

import asyncio

from temporalio import workflow

from journeys.journey import version_of
from journeys.moving import Moved
from journeys.telling import Told
from journeys.trace import Ending
from journeys.walk import walk
from workflows.state import MOVE, TOLD, WORKFLOW, InstanceState
from workflows.visit import DurableVisit

CANCELLED = "cancelled in Temporal"


@workflow.defn(name=WORKFLOW)
class JourneyInstance:
    """Walks the tiles; what concerns the instance is signalled as *told*, and only remembered there.

    The version's content is the first argument: it is the same bytes for every instance of a
    version, kept once outside the histories (ADR 4).
    """

    @workflow.init
    def __init__(self, content: bytes, state: InstanceState) -> None:
        self._visit = DurableVisit(content, state)

    @workflow.run
    async def run(self, content: bytes, state: InstanceState) -> Ending:
        journey = version_of(content).journey
        walking = asyncio.create_task(walk(journey, self._visit, state.tile or journey.first))
        try:
            ending = await self._walked(walking)
        except Moved as moved:
            ending = await self._visit.go_over(moved)
        while self._visit.state.notes:  # what was told while the last lines were written
            await self._visit.write_down(ending)
        return ending

    async def _walked(self, walking: asyncio.Task[Ending]) -> Ending:
        """Return how the instance left; an operator's request to cancel it is a reason to leave."""
        try:
            return await asyncio.shield(walking)
        except asyncio.CancelledError:
            self._visit.hear(Told(id=CANCELLED, at=workflow.now(), what=CANCELLED, leave=CANCELLED))
            return await walking

    @workflow.signal(name=TOLD, description="Something that concerns this instance")
    def told(self, told: Told) -> None:
        self._visit.hear(told)

    @workflow.signal(name=MOVE, description="Goes on in another version of the journey")
    def move(self, content: bytes, told: Told) -> None:
        self._visit.move(content, told)
