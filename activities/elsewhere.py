"""Elsewhere: records of a system that is connected, which are written there before the mirror is."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.acts import Acts, WriteRecord
from activities.holding import Held
from activities.homes import home_of
from connections.entities import organization_of
from connections.web_api import Later, Memory, Refusal, WebApi
from connections.writing import write
from journeys.acts import Actor
from journeys.changes import RecordChange, Values
from journeys.saying import Saying
from journeys.table import Table
from journeys.visit import Effect
from store.brought import BroughtRow
from store.catalogue import tables
from wire.dataverse_settings import DataverseConnection
from wire.dataverse_values import moment

_UNAUTHORIZED = 401


@dataclass(frozen=True)
class _Prepared:
    """What is to be written: *values* as *table* keeps them, over *connection*."""

    change: RecordChange
    values: Values
    table: Table
    connection: DataverseConnection


class WritesElsewhere:
    """The activity that writes records where they live.

    What is tried again creates nothing twice: a record that is created has the id of the act.
    """

    def __init__(self, acts: Acts, memory: Memory) -> None:
        self._acts = acts
        self._memory = memory

    @activity.defn(name="write-elsewhere")
    async def write_elsewhere(self, order: WriteRecord) -> Effect | Held:
        prepared = await asyncio.to_thread(self._acts.do, order, self._prepare(order))
        if not isinstance(prepared, _Prepared):
            return prepared
        try:
            async with WebApi(prepared.connection, self._memory) as there:
                named = f"dataverse:{await organization_of(there)}"
                done = await write(
                    there, prepared.change, prepared.values, prepared.table, order.found_by
                )
        except Later as error:
            raise _again(str(error), error.after) from error
        except Refusal as error:
            if error.status == _UNAUTHORIZED:  # whoever looks after the connection may mend it
                raise _again(str(error), None) from error
            return Effect(done=False, reason=str(error))
        written = done.model_copy(
            update={"source": named, "occurred_at": moment(done.values.get("modifiedon"))}
        )
        return await asyncio.to_thread(self._acts.take, order, written)

    def _prepare(self, order: WriteRecord) -> Any:
        def prepared(actor: Actor, saying: Saying, session: Session) -> _Prepared | Effect:
            if session.get(BroughtRow, order.key) is not None:
                return Effect(done=True)
            change = actor.writes(order.operation, order.where, order.values, saying)
            connection, table = home_of(session, change.table), tables(session).get(change.table)
            if connection is None or table is None:
                raise ValueError(f"Expected {change.table} to be connected, but it is no more.")
            values, problems = table.read(change.values)
            if problems:
                raise ValueError(" ".join(problem.message for problem in problems))
            return _Prepared(change, values, table, connection)

        return prepared


def _again(sentence: str, after: float | None) -> ApplicationError:
    return ApplicationError(
        sentence,
        type="Later",
        next_retry_delay=None if after is None else timedelta(seconds=after),
    )
