"""Reaching Temporal: a gateway takes changes in without it, and carries them over once it is there."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from workflows.attributes import WrongSearchAttribute, register_search_attributes

SHORTEST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=5)

log = structlog.get_logger()


async def until_reached(client: Client) -> None:
    """Return once Temporal answers and its namespace knows our search attributes; never give up.

    What keeps it from that is logged once for each reason, and `/readyz` says it too. An instance
    that was started before they are known would be refused for good.
    """
    pause, said = SHORTEST_PAUSE, ""
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
        await asyncio.sleep(pause.total_seconds())
        pause = min(pause * 2, LONGEST_PAUSE)
