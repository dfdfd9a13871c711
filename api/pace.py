"""Pace: how many commands are on their way to Temporal at once, and when to wait for it."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from workflows.attributes import WrongSearchAttribute, register_search_attributes

SHORTEST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=5)
MOST_AT_ONCE = 50

log = structlog.get_logger()


class Pace:
    """Half as many for each command that Temporal turns away, one more for each that gets through.

    While nothing gets through, each rest is twice as long as the one before.
    """

    def __init__(self) -> None:
        self._at_once = MOST_AT_ONCE
        self._rest = SHORTEST_PAUSE
        self._tired = False

    @property
    def allowed(self) -> int:
        """How many may be on their way now; none while a rest is due."""
        return 0 if self._tired else self._at_once

    @property
    def is_tired(self) -> bool:
        """Whether a rest is due."""
        return self._tired

    def got_through(self) -> None:
        self._at_once = min(self._at_once + 1, MOST_AT_ONCE)
        self._rest = SHORTEST_PAUSE

    def turned_away(self) -> None:
        self._at_once = max(self._at_once // 2, 1)
        self._tired = True

    def rest(self) -> timedelta:
        """Return for how long to rest; after that it goes on."""
        rest = self._rest
        self._rest = min(rest * 2, LONGEST_PAUSE)
        self._tired = False
        return rest


async def until_reached(client: Client) -> None:
    """Return once Temporal answers and its namespace knows our search attributes; never give up.

    What keeps it from that is logged once for each reason, and `/readyz` says it too. An instance
    that was started before they are known would be refused for good.
    """
    pace, said = Pace(), ""
    while True:
        try:
            await register_search_attributes(client)
        except (RPCError, RuntimeError, WrongSearchAttribute) as error:
            # RuntimeError: the connection is refused
            why = error.status.name if isinstance(error, RPCError) else str(error)
            if why != said:
                log.warning("temporal cannot be reached yet", why=why)
            said = why
        else:
            return
        await asyncio.sleep(pace.rest().total_seconds())
