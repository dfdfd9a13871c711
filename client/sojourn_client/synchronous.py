"""The client for threads: changes and custom triggers leave by one thread in the background."""

import atexit
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast

import httpx

from sojourn_client.backoff import Attempts, Failure
from sojourn_client.buffer import Buffer, Limits, Settled
from sojourn_client.exchange import (
    PATIENCE,
    TIMEOUT,
    Call,
    Exchange,
    answer_to_batch,
    answer_to_call,
)
from sojourn_client.items import (
    Delivered,
    Item,
    OfChange,
    OfTrigger,
    Operation,
    Refused,
    Values,
    changed,
    fired,
)
from sojourn_client.outside import Threads
from sojourn_client.problems import Full
from sojourn_client.shapes import Reference
from sojourn_client.things import Instances, Journeys

T = TypeVar("T")


class Sojourn:
    """A gateway, told of changes and custom triggers and asked of journeys and instances.

    *url* is its address, *key* the one that lets in, and *signing_secret* what signs where that key
    came with one. What is sent waits within *limits* and leaves in its order; where there is no room
    for more, `change` and `fire` *block* until there is, or raise Full. What the gateway refuses is
    told to *on_refused*, in the background (it does not wait for this client), or by `flush`.
    *http* brings proxies and certificates.

    Safe to use from several threads; after a fork each process makes its own.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        signing_secret: str | None = None,
        on_refused: Callable[[Refused], None] | None = None,
        limits: Limits | None = None,
        block: bool = True,
        http: httpx.Client | None = None,
        outside: Threads | None = None,
    ) -> None:
        self._exchange = Exchange(url, key, signing_secret)
        self._on_refused = on_refused
        self._buffer = Buffer(limits or Limits(), told_by_callback=on_refused is not None)
        self._block = block
        self._http = http or httpx.Client(timeout=TIMEOUT)
        self._closes_http = http is None
        self._outside = outside or Threads()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.journeys = Journeys(self._ask)
        self.instances = Instances(self._ask)

    def change(
        self,
        table: str,
        record_id: str,
        operation: Operation,
        values: Values | None = None,
        **more: Unpack[OfChange],
    ) -> str:
        """Send one change of one record, and return its id: sent again with it, it counts once.

        *values* are the columns sent (None clears one), *more* is in the gateway's API.
        Raises ValueError or TypeError for what is no JSON, Full where there is no room and it may
        not block, and what the gateway answered where trying again is of no use, such as a
        GatewayProblem (401).
        """
        return self._send(changed(table, record_id, operation, values, **more))

    def fire(
        self,
        trigger: str,
        person: str | Reference,
        attributes: Values | None = None,
        **more: Unpack[OfTrigger],
    ) -> str:
        """Fire a custom trigger for a *person* (`table/id`), and return its id, as `change` does.

        *binding*, among *more*, is the record it is about, as `table/id`.
        """
        return self._send(fired(trigger, person, attributes, **more))

    def flush(self, within: float = PATIENCE) -> Delivered:
        """Send what waits, and return what became of all that was sent since the last flush.

        Raises NotDelivered where it cannot be delivered *within* so many seconds and the time of
        one request, or not at all; it waits on and is tried again.
        """
        with self._changed:
            if not self._sent(within) and (left := self._buffer.left()):
                raise left
            return self._buffer.take()

    def close(self, within: float = PATIENCE) -> None:
        """Send what waits, then send no more.

        Raises NotDelivered with what could not be delivered *within* so many seconds and the time
        of one request, and with what was refused and nobody was told of.
        """
        if self._closed:
            return
        try:
            with self._changed:
                self._sent(within)
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            if self._thread is not None:
                self._thread.join()
            if self._closes_http:
                self._http.close()
            atexit.unregister(self.close)
        if left := self._buffer.left():
            raise left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, item: Item) -> str:
        with self._changed:
            while not self._closed and not self._buffer.add(item, self._outside.now()):
                if not self._block:
                    raise Full
                self._changed.wait()
            if self._closed:
                raise RuntimeError("Expected a client that is open, but it is closed.")
            self._changed.notify_all()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._deliver, name="sojourn", daemon=True)
                self._thread.start()
                atexit.register(self.close)  # a program that forgets to close delivers nevertheless
        return item.id

    def _sent(self, within: float) -> bool:
        """Wait until what waits now was answered; say whether it was."""
        until = self._outside.now() + within
        mark = self._buffer.hurry()
        self._changed.notify_all()
        while not self._buffer.is_past(mark):
            if self._closed or self._buffer.is_hopeless(until):
                return False
            self._changed.wait()
        return True

    def _deliver(self) -> None:
        while batch := self._next():
            outcome = self._post(batch)
            with self._changed:
                now, chance = self._outside.now(), self._outside.chance()
                self._buffer.settle(batch, outcome, now, chance)
                self._changed.notify_all()
            self._tell()

    def _next(self) -> list[Item]:
        """Wait for a batch that is due; return nothing once this is closed."""
        with self._changed:
            while not self._closed and (due := self._buffer.due(self._outside.now())) != 0:
                self._outside.wait(self._changed, due)
            return [] if self._closed else self._buffer.batch()

    def _post(self, batch: list[Item]) -> Settled | Failure:
        written = self._exchange.batch(batch, self._outside.wall())
        try:
            response = self._http.request(**vars(written))
            return answer_to_batch(response, batch)
        except Exception as error:  # noqa: BLE001 - it is raised to whoever sends, flushes or closes
            return Failure.to_answer(error)

    def _tell(self) -> None:
        """Tell the callback of what was refused; where it raises, so does whoever flushes."""
        try:
            while self._on_refused and (refused := self._buffer.first_refused()):
                self._on_refused(refused)
                with self._changed:
                    self._buffer.told()
                    self._changed.notify_all()
        except Exception as error:  # noqa: BLE001 - it is raised to whoever sends, flushes or closes
            with self._changed:
                self._buffer.settle([], Failure(error), self._outside.now(), 0.0)
                self._changed.notify_all()

    def _ask(self, call: Call[T]) -> T:
        written = self._exchange.call(call)
        attempts = Attempts(self._outside.now() + PATIENCE, reads=call.reads)
        while isinstance(answer := self._answer(written), Failure):
            now, chance = self._outside.now(), self._outside.chance()
            self._outside.sleep(attempts.pause(answer, now, chance))
        return cast("T", answer)

    def _answer(self, written: Any) -> Any:
        try:
            return answer_to_call(self._http.request(**vars(written)))
        except httpx.TransportError as error:
            return Failure.to_answer(error)
