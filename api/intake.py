"""Intake: takes changes and custom triggers in; what comes together is written together."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session

from api.batch import Batch
from api.missed import Missed
from api.sending import Answer, Item, Sending
from journeys.changes import RecordChange, SentTrigger
from store.awaited import awaited_until
from store.catalogue import Current, routes
from store.database import Database

_TOGETHER = 1_000
"""So many items are taken in together, unless one sending has more."""

T = TypeVar("T")
_Waiting = tuple[Sending, Future[Answer]]


class Intake:
    """The one door by which changes come in. Safe to use from several threads.

    *committed* is called after each batch that left commands for Temporal. A trigger whose person
    nobody has told us of yet waits for them for *wait_for_person*.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        committed: Callable[[], None],
        wait_for_person: timedelta = timedelta(0),
    ) -> None:
        self._database = database
        self._clock = clock
        self.committed = committed
        self._wait_for_person = wait_for_person
        self._routes = Current(routes)
        self._waiting: deque[_Waiting] = deque()
        self._pen = threading.Lock()

    def take(self, sent: Sequence[Item] | Sending) -> Answer:
        """Take what was sent in, in its order; what this returns is durable.

        What several threads take in at the same time is one batch: whoever holds the pen writes
        for all who wait.
        """
        sending = sent if isinstance(sent, Sending) else Sending(sent)
        answer = Future[Answer]()
        self._waiting.append((sending, answer))
        with self._pen:
            if not answer.done():
                self._take_waiting()
        return answer.result()

    def _take_waiting(self) -> None:
        together, items = [self._waiting.popleft()], 0
        while self._waiting and items < _TOGETHER:
            together.append(self._waiting.popleft())
            items += len(together[-1][0].items)
        if not self._taken(together) and len(together) > 1:
            for each in together:  # so that the failing of one spoils nothing beside it
                self._taken([each])

    def _taken(self, together: Sequence[_Waiting]) -> bool:
        """Take in what came *together*; say whether that is settled."""
        try:
            answers = self._write([sending for sending, _ in together])
        except BaseException as error:
            if len(together) == 1:
                together[0][1].set_exception(error)
            if not isinstance(error, Exception):
                raise
            return False
        for (_, future), answer in zip(together, answers, strict=True):
            future.set_result(answer)
        return True

    def _write(self, sendings: Sequence[Sending]) -> list[Answer]:
        def taken(session: Session) -> tuple[Batch, list[Answer]]:
            batch = self._batch(session, self._clock())
            return batch, batch.take(sendings)

        batch, answers = self._database.write(taken)
        if batch.commands:
            self.committed()
        return answers

    def take_again(
        self,
        read: Callable[[Session], Sending | Missed],
        settle: Callable[[Session, datetime, Answer], None],
    ) -> Answer:
        """Take in what *read* finds of before, and *settle* it with the answer, in one transaction.

        Either may raise: then nothing is taken in.
        """

        def taken(session: Session) -> tuple[Batch, Answer]:
            now = self._clock()
            batch, found = self._batch(session, now), read(session)
            if isinstance(found, Missed):
                answer = batch.decide_again(found)
            else:
                [answer] = batch.take([found])
            settle(session, now, answer)
            return batch, answer

        batch, answer = self._database.write(taken)
        if batch.commands:
            self.committed()
        return answer

    def take_made(
        self, make: Callable[[Session], RecordChange | SentTrigger | T], at: datetime
    ) -> Answer | T:
        """Take in what a journey's own *make* makes, at the moment *at*, in one transaction with it.

        Anything else that it makes is returned, and nothing is taken in.
        """

        def taken(session: Session) -> tuple[Batch, Answer | T]:
            batch, made = self._batch(session, at), make(session)
            if not isinstance(made, RecordChange | SentTrigger):
                return batch, made
            [answer] = batch.take([Sending([made])])
            return batch, answer

        batch, answer = self._database.write(taken)
        if batch.commands:
            self.committed()
        return answer

    def give_up(self) -> None:
        """Refuse what has waited long enough for somebody who did not appear."""
        with self._database.reading() as session:
            first = awaited_until(session)
        if first is not None and first <= self._clock():
            self.take(())  # it is done with whatever is taken in

    def _batch(self, session: Session, now: datetime) -> Batch:
        routes_now = self._routes.now(session)
        return Batch(session, routes_now, now, wait_for_person=self._wait_for_person)
