"""Gateway: what every route works with, put together once by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from api.intake import Intake
from connections.web_api import Memory
from store.database import Database

Ready = Callable[[], Awaitable[dict[str, str]]]
"""Answers what is not well, part by part, with a sentence each; empty when everything is."""


@dataclass(frozen=True)
class Gateway:
    """The store, the door for changes, and Temporal for what an operator asks of one instance.

    *memory* is of the systems that post to us and that we ask.
    """

    database: Database
    intake: Intake
    client: Client
    ready: Ready
    base_url: str
    time_skipping: bool = False
    memory: Memory = field(default_factory=Memory)

    def wake_relay(self) -> None:
        """Say that a transaction left commands for Temporal."""
        self.intake.committed()


async def gateway(request: Request) -> Gateway:
    """Return the gateway of this application."""
    found: Gateway = request.app.state.gateway
    return found


ThisGateway = Annotated[Gateway, Depends(gateway)]


def clock() -> datetime:
    """Return the present moment, in UTC: the one clock of the gateway."""
    return datetime.now(UTC)  # noqa: TID251 - the edge
