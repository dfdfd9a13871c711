"""What comes at the same time is written together, and each sending is answered for itself."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import event

from api.intake import Intake
from api.sending import Answer, Item, Sending
from journeys.changes import RecordChange
from store.database import Database
from store.inbox import InboxRow
from tests.intake.conftest import Gateway
from tests.story import MONDAY, changed
from tests.world import journey, wait

TOGETHER = 12


class Crowd:
    """Senders who all come while the first of them is being taken in."""

    def __init__(self, database: Database) -> None:
        self.transactions = 0
        self._expected = 0
        self._intake = Intake(database, self._now, lambda: None)
        event.listen(database.engine, "commit", self._committed)

    def _now(self) -> datetime:
        """Tell the time, as late as everybody is there."""
        while len(self._intake._waiting) < self._expected:
            threading.Event().wait(0.001)  # lets the others come
        self._expected = 0
        return MONDAY

    def _committed(self, _: object) -> None:
        self.transactions += 1

    def send(self, *sendings: Sequence[Item]) -> list[Future[Answer]]:
        """Take each of *sendings* in, from a thread of its own; return what becomes of them."""
        self._expected = len(sendings) - 1
        with ThreadPoolExecutor(len(sendings)) as senders:
            return [senders.submit(self._intake.take, Sending(each)) for each in sendings]


@pytest.fixture
def crowd(gateway: Gateway) -> Crowd:
    """A crowd at a gateway where people enter whenever a case of theirs changes."""
    gateway.goes_live(journey(wait(), trigger="case-changed", while_inside="restart"))
    return Crowd(gateway.database)


def case(number: int) -> RecordChange:
    return changed(f"incident/case-{number}", event_id=f"n-{number}", statecode=1)


def test_all_who_come_while_one_is_taken_in_are_one_transaction(
    crowd: Crowd, gateway: Gateway
) -> None:
    answers = [each.result() for each in crowd.send(*([case(at)] for at in range(TOGETHER)))]

    assert [each.accepted for each in answers] == [1] * TOGETHER
    assert {tuple(each.ids) for each in answers} == {(f"n-{at}",) for at in range(TOGETHER)}
    assert crowd.transactions == 2  # the first one's, and one for all others
    assert len(gateway.rows(InboxRow)) == TOGETHER


def test_of_very_many_so_many_are_one_transaction_that_others_need_not_wait_long(
    crowd: Crowd, gateway: Gateway
) -> None:
    many = [[case(400 * at + each) for each in range(400)] for at in range(5)]

    answers = [each.result() for each in crowd.send([case(9_999)], *many)]

    assert [each.accepted for each in answers] == [1] + [400] * 5
    assert (
        crowd.transactions == 3
    )  # the first one's, one for a thousand or so, and one for the rest


def test_the_same_notification_from_all_of_them_counts_once(crowd: Crowd, gateway: Gateway) -> None:
    change = changed("incident/printer", event_id="n-1", statecode=1)

    answers = [each.result() for each in crowd.send(*[[change]] * TOGETHER)]

    assert sum(each.accepted for each in answers) == 1
    assert sum(each.duplicates for each in answers) == TOGETHER - 1
    assert gateway.entered == ["ana"]


def test_one_that_cannot_be_written_spoils_nothing_beside_it(
    crowd: Crowd, gateway: Gateway
) -> None:
    unwritable = case(0).model_copy(update={"version": 2**70})  # more than a column holds

    first, bad, *others = crowd.send([case(1)], [unwritable], *([case(at)] for at in range(2, 9)))

    assert bad.exception() is not None
    assert [each.result().accepted for each in (first, *others)] == [1] * 8
    assert {row.event_id for row in gateway.rows(InboxRow)} == {f"n-{at}" for at in range(1, 9)}


def test_one_that_comes_alone_and_cannot_be_written_leaves_nothing_behind(
    crowd: Crowd, gateway: Gateway
) -> None:
    [bad] = crowd.send([case(0).model_copy(update={"version": 2**70})])

    assert bad.exception() is not None
    assert gateway.rows(InboxRow) == []
    assert [each.result().accepted for each in crowd.send([case(0)])] == [1]
