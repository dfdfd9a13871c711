"""Things: a gateway's journeys and instances, for asyncio."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, TypeVar

from sojourn_client import calls
from sojourn_client.exchange import Call
from sojourn_client.shapes import (
    Drafted,
    Instance,
    Journey,
    JourneyNow,
    Note,
    Problem,
    Published,
    Status,
)

T = TypeVar("T")


class AsyncAsk(Protocol):
    """How a call is asked; raises GatewayProblem, or httpx.TransportError where nobody answered."""

    async def __call__(self, call: Call[T]) -> T: ...


class AsyncJourneys:
    """The journeys of a gateway, by name."""

    def __init__(self, ask: AsyncAsk) -> None:
        self._ask = ask

    async def list(self) -> AsyncIterator[Journey]:
        """Yield every journey."""
        cursor: str | None = ""
        while cursor is not None:
            page = await self._ask(calls.list_journeys(cursor or None))
            for each in page["items"]:
                yield each
            cursor = page["next"]

    async def get(self, name: str) -> Drafted:
        """Return one journey with its draft."""
        return await self._ask(calls.get_journey(name))

    async def save(self, name: str, draft: Mapping[str, Any]) -> Drafted:
        """Save a draft; what keeps it from going live is among the answer.

        With the `draft_version` it was made from in it, it is refused (409) where that is not the
        newest any more.
        """
        return await self._ask(calls.save_journey(name, draft))

    async def delete(self, name: str) -> None:
        """Delete a draft, a stopped or a completed journey."""
        await self._ask(calls.delete_journey(name))

    async def problems(self, name: str) -> tuple[Problem, ...]:
        """Return everything that keeps the draft from going live."""
        return tuple((await self._ask(calls.problems_of(name)))["problems"])

    async def publish(self, name: str, *, move: bool = False) -> Published:
        """Make the draft the version that people enter; with *move* those inside go over to it."""
        return await self._ask(calls.publish_journey(name, move=move))

    async def pause(self, name: str) -> JourneyNow:
        """Let entries queue, and everybody hold before the next tile that acts."""
        return await self._ask(calls.pause_journey(name))

    async def resume(self, name: str) -> JourneyNow:
        """Let all of them go on."""
        return await self._ask(calls.resume_journey(name))

    async def complete(self, name: str) -> JourneyNow:
        """Let nobody enter, and those inside pass to the end."""
        return await self._ask(calls.complete_journey(name))

    async def stop(self, name: str) -> JourneyNow:
        """Let nobody enter, and everybody leave."""
        return await self._ask(calls.stop_journey(name))


class AsyncInstances:
    """The instances of a gateway, by id."""

    def __init__(self, ask: AsyncAsk) -> None:
        self._ask = ask

    async def list(
        self,
        *,
        journey: str | None = None,
        person: str | None = None,
        tile: str | None = None,
        status: Status | None = None,
    ) -> AsyncIterator[Instance]:
        """Yield instances, the newest first, page by page as they are wanted; *person* is `table/id`."""
        cursor: str | None = ""
        while cursor is not None:
            page = await self._ask(
                calls.list_instances(journey, person, tile, status, cursor or None)
            )
            for each in page["items"]:
                yield each
            cursor = page["next"]

    async def get(self, instance: str) -> Instance:
        """Return one instance."""
        return await self._ask(calls.get_instance(instance))

    async def timeline(self, instance: str) -> tuple[Note, ...]:
        """Return what happened to it, line by line."""
        return tuple((await self._ask(calls.timeline_of(instance)))["items"])

    async def eject(self, instance: str, reason: str) -> Instance:
        """Let it leave with a *reason*."""
        return await self._ask(calls.eject_instance(instance, reason))

    async def skip_wait(self, instance: str) -> Instance:
        """End its present wait as if its time had come."""
        return await self._ask(calls.skip_wait_of(instance))
