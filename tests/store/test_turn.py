"""Whose turn it is to carry commands over: one process's, until it gives it up or is gone."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from store.database import Database
from store.turn import REPAIRING, THE_RELAY, Turn, turn_of

CUT_OFF = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database "
    "WHERE objid = :lock AND datname = current_database()"
)
HOLDER = """
import sys
from store.database import Database
from store.turn import turn_of
turn = turn_of(Database(sys.argv[1]))
print(turn.take(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def wish(database: Database) -> Iterator[Callable[[], Turn]]:
    """A further process that wishes for the turn."""
    with ExitStack() as stack:

        def wishing() -> Turn:
            turn = turn_of(database)
            stack.callback(turn.close)
            return turn

        yield wishing


def test_one_has_the_turn_and_keeps_it(wish: Callable[[], Turn]) -> None:
    first, second = wish(), wish()

    assert (first.take(), second.take()) == (True, False)
    assert (first.take(), second.take()) == (True, False)
    assert (first.is_sure, second.is_sure) == (True, False)


def test_one_turn_is_not_in_the_way_of_another(
    wish: Callable[[], Turn], database: Database
) -> None:
    repairing = turn_of(database, REPAIRING)

    assert (wish().take(), repairing.take()) == (True, True)
    repairing.close()


def test_what_is_given_up_is_the_next_ones(wish: Callable[[], Turn]) -> None:
    first, second = wish(), wish()
    first.take()

    first.give_up()

    assert not first.is_sure
    assert (second.take(), first.take()) == (True, False)


def test_who_has_closed_takes_it_no_more(wish: Callable[[], Turn]) -> None:
    first, second = wish(), wish()
    first.take()

    first.close()

    assert (first.take(), second.take()) == (False, True)


@pytest.mark.slow
def test_who_was_killed_has_it_no_more(database: Database, wish: Callable[[], Turn]) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    killed = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"True\n"
        turn = wish()
        assert not turn.take()

        killed.send_signal(signal.SIGKILL)

        while not turn.take():
            pass


@pytest.mark.slow
def test_who_was_cut_off_notices_and_stands_by(
    database: Database, wish: Callable[[], Turn]
) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("a file has no connection that could be cut")
    first, second = wish(), wish()
    first.take()

    with database.reading() as session:
        session.execute(CUT_OFF, {"lock": THE_RELAY & 0xFFFF_FFFF})
    while not second.take():
        pass

    with pytest.raises(OperationalError):
        first.take()
    assert not first.is_sure
    assert not first.take()


def test_who_was_frozen_for_long_asks_again_before_it_carries_on(
    wish: Callable[[], Turn], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("nobody else can have the file while its holder lives")
    monkeypatch.setattr("store.turn._SURE_FOR", 0.0)
    turn = wish()

    assert turn.take()
    assert not turn.is_sure


@pytest.mark.slow
def test_who_asks_no_more_has_it_no_more(
    wish: Callable[[], Turn], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("a file cannot be taken from a holder that lives")
    frozen, turn = wish(), wish()
    with monkeypatch.context() as quickly:
        quickly.setattr("store.turn._GIVEN_UP_AFTER", timedelta(seconds=1))
        assert frozen.take()

    while not turn.take():
        pass

    with pytest.raises(OperationalError):
        frozen.take()
    assert not frozen.take()
