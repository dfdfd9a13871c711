"""Repairing: asks connected systems for what changed, and takes in what webhooks missed."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from api.gateway import Gateway, clock
from api.sending import Item, Sending
from api.sourcebook import Source
from api.unheard import gone, ref, unheard
from connections.entities import entity_of, is_id, organization_of, row_of
from connections.tracking import Expired, Page, everything, since
from connections.web_api import Later, Refusal, WebApi
from journeys.changes import RecordRef
from journeys.table import Table
from store.catalogue import tables
from store.database import OUT_OF_REACH
from store.records import Mirror, Mirrored, records_of
from store.sources import sources
from store.tracking import TrackedRow, keep_track, tracked
from store.turn import REPAIRING, turn_of
from wire.dataverse_settings import DataverseConnection, connection_in

_EVERY = timedelta(minutes=5)
_WHENEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""What is answered to a link happened after that was given out, whatever anybody's clock says."""

_WAITS = 300.0
_AT_A_TIME = 500

log = structlog.get_logger()


@dataclass
class Repaired:
    """What came of asking for a table: *rows* that were answered, and how many changes were *missed*.

    It was *full* where everything was read; *problem* says why there is nothing.
    """

    table: str
    rows: int = 0
    missed: int = 0
    full: bool = False
    problem: str | None = None


async def repair_now_and_then(gateway: Gateway) -> None:
    """Repair every few minutes until cancelled; of all gateways on one store, one does."""
    turn = turn_of(gateway.database, REPAIRING)
    try:
        while True:
            await asyncio.sleep(_EVERY.total_seconds())
            try:
                if await asyncio.to_thread(turn.take):
                    await repair_all(gateway)
            except OUT_OF_REACH as error:
                log.warning("the database is not answering repairs", why=type(error).__name__)
    finally:
        turn.close()


async def repair_all(gateway: Gateway) -> None:
    """Repair what every source that is connected keeps in step."""
    for source in await asyncio.to_thread(_sources, gateway):
        if source.enabled and (connection := connection_in(source.settings)):
            for table in connection.tables:
                done = await repair(gateway, source.name, connection, table)
                if done.missed or done.problem:
                    said = {name: each for name, each in vars(done).items() if each is not None}
                    log.info("repaired", source=source.name, **said)


async def repair(
    gateway: Gateway, source: str, connection: DataverseConnection, name: str
) -> Repaired:
    """Take in what changed in a table since it was last asked for, as far as nobody told us of it."""
    with gateway.database.reading() as session:
        table, before = tables(session).get(name), tracked(session, source, name)
    done = Repaired(name)
    if table is None:
        done.problem = f"Expected a table that is declared, but {name!r} is none: import it first."
        return done
    try:
        async with WebApi(connection, gateway.memory, waits=_WAITS) as there:
            pass_ = _Pass(gateway, source, there, table, done)
            await pass_.go(before)
    except (Refusal, Later) as error:
        done.problem = str(error)
    return done


class _Pass:
    """One pass through what changed in a table."""

    def __init__(
        self, gateway: Gateway, source: str, there: WebApi, table: Table, done: Repaired
    ) -> None:
        self._gateway = gateway
        self._source = source
        self._there = there
        self._table = table
        self._done = done

    async def go(self, before: TrackedRow | None) -> None:
        self._entity = await entity_of(self._there, self._table.name)
        self._named = f"dataverse:{await organization_of(self._there)}"
        began = clock()
        link = None
        if before is not None:
            try:
                link = await self._through(since(self._there, before.link), _WHENEVER)
            except Expired as error:
                log.info("a change tracking link is followed no more", why=str(error))
        if link is None:
            self._done.full = True
            seen: set[str] = set()
            pages = everything(self._there, self._entity, self._table.by_name)
            link = await self._through(pages, None if before is None else before.at, seen)
            if before is not None:
                await self._look_for(seen)
        await asyncio.to_thread(
            self._gateway.database.write,
            lambda session: keep_track(session, self._source, self._table.name, link, began),
        )

    async def _through(
        self, pages: AsyncIterator[Page], after: datetime | None, seen: set[str] | None = None
    ) -> str:
        async for page in pages:
            self._done.rows += len(page.rows) + len(page.gone)
            if seen is not None:
                seen.update(ref(self._table, row).id for row in page.rows)
            await asyncio.to_thread(self._take, page.rows, page.gone, after)
            if page.link is not None:
                return page.link
        raise Refusal("Expected a link to what changes next, but Dataverse gives none.")

    def _take(
        self, rows: Sequence[Mapping[str, Any]], deleted: Sequence[str], after: datetime | None
    ) -> None:
        table, source = self._table, self._named
        refs = [ref(table, row) for row in rows]
        refs_gone = [RecordRef(table.name, each) for each in deleted]
        known = self._known([*refs, *refs_gone])
        found = [
            unheard(row, table, source, known[it], after)
            for row, it in zip(rows, refs, strict=True)
        ]
        found += [gone(table, source, it.id, known[it]) for it in refs_gone]
        items: list[Item] = [each for each in found if each is not None]
        if items:
            answer = self._gateway.intake.take(Sending(items, source=self._source))
            self._done.missed += answer.accepted

    def _known(self, refs: Sequence[RecordRef]) -> dict[RecordRef, Mirrored | None]:
        with self._gateway.database.reading() as session:
            mirror = Mirror(session)
            mirror.read(refs)
            return {each: mirror.mirrored(each) for each in refs}

    async def _look_for(self, seen: set[str]) -> None:
        """Take in the deletion of records that nobody told us of while nobody kept track.

        Those that were not among all rows are asked for one by one, since they may just be new.
        """
        after: str | None = None
        while ids := await asyncio.to_thread(self._ids, after):
            after = ids[-1]
            for each in ids:
                if each in seen or not is_id(each):  # the mirror may have records of others, too
                    continue
                if not await row_of(self._there, self._entity, each, ()):
                    await asyncio.to_thread(self._take, [], [each], None)

    def _ids(self, after: str | None) -> list[str]:
        with self._gateway.database.reading() as session:
            rows = records_of(session, self._table.name, after, _AT_A_TIME)
            return [row.id for row in rows]


def _sources(gateway: Gateway) -> list[Source]:
    with gateway.database.reading() as session:
        return [Source.of(row) for row in sources(session)]
