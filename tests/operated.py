"""Stories in which an operator pauses, resumes and publishes, played on Temporal through the gateway."""

from typing import Any

import httpx

from api.app import create_app
from api.gateway import Gateway
from journeys.changes import RecordChange, SentTrigger
from journeys.happening import Complete, Operation, Pause, Publish, Resume, Stop
from tests.durable import DurableStory


async def _ready() -> dict[str, str]:
    return {}


def gateway_of(engine: DurableStory) -> httpx.AsyncClient:
    """Return a client of the gateway in front of the real thing."""
    gateway = Gateway(
        database=engine.database,
        intake=engine.intake,
        client=engine.client,
        ready=_ready,
        base_url="http://127.0.0.1:8000",
    )
    transport = httpx.ASGITransport(create_app(gateway))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


class OperatedStory(DurableStory):
    """A story played by the real thing, whose operator asks the gateway."""

    async def happens(self, *what: RecordChange | SentTrigger | Operation) -> None:
        for each in what:
            match each:
                case RecordChange() | SentTrigger():
                    await super().happens(each)
                case Pause():
                    await self._asks("POST", "/pause")
                case Resume():
                    await self._asks("POST", "/resume")
                case Complete():
                    await self._asks("POST", "/complete")
                case Stop():
                    await self._asks("POST", "/stop")
                case Publish():
                    await self._asks("PUT", "", each.version.journey.draft())
                    await self._asks("POST", "/publish", {"move": each.move})

    async def _asks(self, method: str, path: str, body: Any = None) -> None:
        async with gateway_of(self) as http:
            answer = await http.request(method, f"/v1/journeys/story{path}", json=body)
        assert answer.is_success, answer.text
        await self.settled()
