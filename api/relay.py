"""Relay: carries commands from the outbox to Temporal, in order for each instance, until each is settled."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.carrying import Carried, Carrier, Order, orders_waiting, trouble
from api.gateway import clock
from api.pace import Pace, until_reached
from api.settling import write_outcomes
from store.commands import next_due
from store.database import OUT_OF_REACH, Database
from store.telling import release_due
from store.turn import turn_of

_IN_HAND = 200
"""So many instances' commands are taken up ahead: few, so that journeys take turns quickly."""

_LOOKS_AGAIN = timedelta(seconds=0.5)
"""Another process that left commands tells nobody, and one that had the turn may be gone."""

_LEFT_ALONE_FOR = timedelta(seconds=1)
"""So long an instance waits whose command could not be carried; meanwhile others are."""

log = structlog.get_logger()


def _nothing() -> None:
    """Do nothing."""


class Relay:
    """Carries commands over while it is this process's turn (ADR 12).

    A command is taken up, sent off, carried over, and what became of it is written down; the
    methods stand in that order.
    """

    def __init__(
        self,
        database: Database,
        client: Client,
        task_queue: str,
        clock: Callable[[], datetime] = clock,
    ) -> None:
        self._database = database
        self._clock = clock
        self._client = client
        self._by_the_clock = _nothing
        self._carrier = Carrier(database, client, task_queue)
        self._pace = Pace()
        self._turn = turn_of(database)
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._in_hand: deque[list[Order]] = deque()
        self._on_their_way = 0
        self._out_of_reach = False
        self._carried: list[tuple[str | None, list[Carried]]] = []
        self._busy: set[str] = set()
        """Instances whose commands are in hand, on their way, or carried and not written down."""

    def wake(self) -> None:
        """There are new commands. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self, by_the_clock: Callable[[], None] = _nothing) -> None:
        """Carry commands over until cancelled; what is left over from before comes first.

        Entries that queue for their moment are let go when it comes. *by_the_clock* does what else
        comes due; it is called, in a thread, again and again while the turn is ours.
        """
        self._by_the_clock = by_the_clock
        await until_reached(self._client)
        try:
            async with asyncio.TaskGroup() as self._ways:
                while True:
                    self._woken.clear()
                    await self._go_on()
        finally:
            await asyncio.to_thread(self._turn.close)

    async def _go_on(self) -> None:
        """Write down what was carried, take up what waits, and return when there may be more to do.

        A database that is out of reach, or that another process writes to, will be back: what was
        carried over and could not be written down is written then.
        """
        try:
            await self._write_down()
            ahead = await self._take_up()
        except OUT_OF_REACH as error:
            _not_answering(error)
            await asyncio.sleep(self._pace.rest().total_seconds())
            return
        self._send_off()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(ahead.total_seconds(), 0)):
                await self._woken.wait()
        if self._pace.is_tired:
            await self._rest()

    async def _take_up(self) -> timedelta:
        """Take up what waits, if it is our turn; return for how long nothing more is due."""
        if not await asyncio.to_thread(self._turn.take):
            self._put_back()
            return _LOOKS_AGAIN
        if self._at_hand > _IN_HAND // 2:
            return _LOOKS_AGAIN
        room, besides = _IN_HAND - self._at_hand, frozenset(self._busy)
        orders, due = await asyncio.to_thread(self._waiting, room, besides)
        self._in_hand.extend(orders)
        self._busy.update(each[0].instance.id for each in orders)
        return _LOOKS_AGAIN if due is None else min(due - self._clock(), _LOOKS_AGAIN)

    def _waiting(
        self, limit: int, besides: Collection[str]
    ) -> tuple[list[list[Order]], datetime | None]:
        """Return what waits, each instance's in order, and when the next that is held is due."""
        now, due = self._clock(), self._next_due()
        if due is not None and due <= now:
            self._database.write(lambda session: release_due(session, now))
            due = self._next_due()
        self._by_the_clock()
        with self._database.reading() as session:
            return orders_waiting(session, limit, besides), due

    def _next_due(self) -> datetime | None:
        with self._database.reading() as session:
            return next_due(session)

    @property
    def _at_hand(self) -> int:
        return len(self._in_hand) + self._on_their_way

    def _send_off(self) -> None:
        """Send as many on their way as the pace allows."""
        while self._in_hand and self._on_their_way < self._pace.allowed:
            self._on_their_way += 1
            self._ways.create_task(self._carry(self._in_hand.popleft()))

    async def _carry(self, orders: list[Order]) -> None:
        """Carry one instance's *orders* over, one after another, as far as they can be."""
        instance, carried, stuck = orders[0].instance.id, list[Carried](), False
        for order in orders:
            outcome = await self._carried_over(order)
            if outcome is None:  # the rest of this instance waits behind it
                stuck = True
                break
            carried.append(outcome)
            if outcome.outcome == "poisoned" and order.command.kind == "start":
                break  # there is nobody who could be told
        self._on_their_way -= 1
        self._carried.append((None if stuck else instance, carried))
        if stuck:
            again = _LEFT_ALONE_FOR.total_seconds()
            self._loop.call_later(again, self._busy.discard, instance)
        self._send_off()
        if self._at_hand <= _IN_HAND // 2 or self._pace.is_tired:
            self._woken.set()

    async def _carried_over(self, order: Order) -> Carried | None:
        """Carry *order* over and return what became of it, or None where it has to wait."""
        if not self._turn.is_sure:
            return None
        try:
            carried = await self._carrier.carry(order)
        except RPCError as error:
            what = trouble(error)
            if what == "for good":
                return _set_aside(order, error.message)
            if what == "with Temporal":
                log.warning("temporal is not taking commands", status=error.status.name)
                self._out_of_reach |= error.status is not RPCStatusCode.RESOURCE_EXHAUSTED
                self._pace.turned_away()
            return None
        except (LookupError, ValueError) as error:  # no version, or no state, to start with
            return _set_aside(order, str(error))
        except OUT_OF_REACH as error:  # of a version that is read or kept
            _not_answering(error)
            return None
        self._pace.got_through()
        return carried

    async def _write_down(self) -> None:
        """Write down what became of commands; only then their instances' next are taken up."""
        written = list(self._carried)
        carried = [each for _, outcomes in written for each in outcomes]
        if carried:
            now = self._clock()
            await asyncio.to_thread(
                self._database.write, lambda session: write_outcomes(session, carried, now)
            )
        del self._carried[: len(written)]
        self._busy.difference_update(instance for instance, _ in written if instance)

    async def _rest(self) -> None:
        """Rest; while Temporal is out of reach from here, another may have the turn."""
        if self._out_of_reach:
            self._put_back()
            await asyncio.to_thread(self._turn.give_up)
        await asyncio.sleep(self._pace.rest().total_seconds())
        # It may have come back as another, that knows nothing.
        await until_reached(self._client)
        self._out_of_reach = False

    def _put_back(self) -> None:
        """Leave to whoever has the turn what is not on its way."""
        self._busy.difference_update(each[0].instance.id for each in self._in_hand)
        self._in_hand.clear()


def _not_answering(error: Exception) -> None:
    log.warning("the database is not answering the relay", why=type(error).__name__)


def _set_aside(order: Order, problem: str) -> Carried:
    log.error("command set aside", command=order.command.id, kind=order.command.kind)
    return Carried(order, "poisoned", problem)
