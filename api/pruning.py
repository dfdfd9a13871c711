"""Pruning: now and then a gateway forgets what is over, and lets everybody else write in between."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from api.gateway import clock
from store.database import OUT_OF_REACH, Database
from store.pruning import Keeping, prune

_EVERY = timedelta(hours=1)
_BREATH = timedelta(milliseconds=50)
"""Between two pieces: a piece takes about a tenth of it."""

log = structlog.get_logger()


async def prune_now_and_then(
    database: Database, keeping: Keeping, clock: Callable[[], datetime] = clock
) -> None:
    """Prune every hour until cancelled, the first time at once."""
    while True:
        await prune_once(database, keeping, clock())
        await asyncio.sleep(_EVERY.total_seconds())


async def prune_once(database: Database, keeping: Keeping, now: datetime) -> None:
    """Prune piece by piece; what a database that is out of reach leaves over is for the next time."""
    pieces, forgotten = prune(database, keeping, now), Counter[str]()
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            what, count = piece
            forgotten[what.replace(" ", "_")] += count
            await asyncio.sleep(_BREATH.total_seconds())
    except OUT_OF_REACH as error:
        log.warning("the database is not answering the pruning", why=type(error).__name__)
    if forgotten:
        log.info("pruned", **forgotten)
