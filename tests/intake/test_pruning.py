"""Pruning: what is over is forgotten, and what is still needed stays however old it is."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import select, update

from api.pruning import prune_once
from api.sending import Unusable
from journeys.problem import Problem
from journeys.trace import Ending
from store.brought import BroughtRow, keep_brought
from store.commands import CommandRow
from store.fired import FiredRow
from store.heard import HeardRow
from store.inbox import InboxRow
from store.instances import InstanceRow, end
from store.matches import MatchRow, keep_matches
from store.messages import MessageRow
from store.pruning import Keeping, prune
from store.refused import RefusedRow
from store.timeline import NoteRow
from tests.intake.conftest import Gateway
from tests.locked import another_process_writing
from tests.story import changed, sent
from tests.world import journey, wait, wait_for

KEEPING = Keeping(ids=timedelta(days=30), history=timedelta(days=365))
YEARS = 3 * 365 * 24 * 60
ONCE = journey(wait(), repeat={"policy": "never"})
HISTORY = (NoteRow, MessageRow, BroughtRow, MatchRow, FiredRow)


@pytest.fixture
def joining(gateway: Gateway) -> Gateway:
    """Whoever joins enters, once and never again."""
    gateway.goes_live(ONCE)
    return gateway


def pruned(gateway: Gateway) -> Counter[str]:
    """Prune now; return how much of what was forgotten."""
    forgotten = Counter[str]()
    for what, count in prune(gateway.database, KEEPING, gateway.now):
        forgotten[what] += count
    return forgotten


def enters(gateway: Gateway, person: str) -> InstanceRow:
    """Let *person* enter, be written to, be brought something and be found by it; return their instance."""
    gateway.take(sent("joined", f"contact/{person}", event_id=f"joined-{person}"))
    row: InstanceRow = next(each for each in gateway.rows(InstanceRow) if each.person_id == person)
    with gateway.database.writing() as session:
        session.add(
            MessageRow(
                id=f"{row.id}/survey", instance=row.id, journey=row.journey, version=1,
                tile="survey", person_table="contact", person_id=person, channel="email",
                template="survey", purpose="commercial", status="sent", at=gateway.now,
            )
        )  # fmt: skip
        brought = BroughtRow(
            id=f"{row.id}/call", instance=row.id, tile="call", values={"score": 5}, at=gateway.now
        )
        keep_brought(session, brought)
        keep_matches(session, row.journey, row.id, [("trigger.plan", "gold")])
    return row


def leaves(gateway: Gateway, row: InstanceRow) -> None:
    """Let an instance complete; Temporal was told of all that it had to be."""
    with gateway.database.writing() as session:
        assert end(session, row.id, Ending(status="completed"), gateway.now)
        session.execute(update(CommandRow).values(outcome="done"))


def counts(gateway: Gateway) -> list[int]:
    return [len(gateway.rows(kind)) for kind in HISTORY]


def test_what_an_instance_went_through_is_forgotten_a_year_after_its_end(joining: Gateway) -> None:
    leaves(joining, enters(joining, "ana"))
    joining.passes(364 * 24 * 60)
    within = pruned(joining)
    here = counts(joining)
    joining.passes(2 * 24 * 60)

    after = pruned(joining)

    assert (within, here) == (Counter({"event ids": 1, "commands": 1}), [1, 1, 1, 1, 1])
    assert (after, counts(joining)) == (Counter(instances=1, triggers=1), [0, 0, 0, 0, 0])
    assert pruned(joining) == Counter()


def test_whoever_enters_once_never_enters_again_however_much_is_forgotten(
    joining: Gateway,
) -> None:
    leaves(joining, enters(joining, "ana"))
    joining.passes(YEARS)
    pruned(joining)

    joining.take(sent("joined", "contact/ana", event_id="joined-again"))

    assert joining.entered == ["ana"]
    assert [reason for reason, _ in joining.refused] == ["repeat blocked"]


def test_whoever_waits_keeps_everything_however_long_they_wait(joining: Gateway) -> None:
    enters(joining, "ana")
    joining.passes(YEARS)

    pruned(joining)

    assert counts(joining) == [1, 1, 1, 1, 1]
    assert joining.commands == ["start"]  # nobody has told Temporal yet


def test_what_somebody_else_went_through_does_not_keep_it(joining: Gateway) -> None:
    leaves(joining, enters(joining, "ana"))
    enters(joining, "ben")
    joining.passes(YEARS)

    pruned(joining)

    [note] = joining.rows(NoteRow)
    [fired] = joining.rows(FiredRow)
    assert fired.person_id == "ben"
    assert [row.person_id for row in joining.rows(InstanceRow) if row.id == note.instance_id] == [
        "ben"
    ]


def test_what_a_match_let_somebody_hear_of_another_stays_as_long_as_they_do(
    gateway: Gateway,
) -> None:
    asked = wait_for("surveyed", match={"event.case": "trigger.case"})
    gateway.goes_live(journey(asked))
    gateway.take(sent("joined", "contact/ana", case="lift"))
    gateway.take(sent("surveyed", "contact/ben", case="lift"))
    gateway.passes(YEARS)
    pruned(gateway)
    inside = sorted(row.person_id for row in gateway.rows(FiredRow))

    leaves(gateway, gateway.rows(InstanceRow)[0])
    gateway.passes(YEARS)
    pruned(gateway)

    assert inside == ["ana", "ben"]
    assert [*gateway.rows(FiredRow), *gateway.rows(HeardRow)] == []


@pytest.mark.parametrize(
    ("days", "accepted"),
    [
        pytest.param(29, 0, id="within a month it is a duplicate"),
        pytest.param(31, 1, id="later it is a change of its own"),
    ],
)
def test_a_second_delivery_is_told_by_its_id_for_so_long(
    gateway: Gateway, days: int, accepted: int
) -> None:
    change = changed("contact/ana", event_id="n-1", firstname="Anna")
    gateway.take(change)
    gateway.passes(days * 24 * 60)
    pruned(gateway)

    assert gateway.take(change).accepted == accepted


@pytest.mark.parametrize(
    ("outcome", "stays"),
    [
        pytest.param(None, True, id="still to be carried over"),
        pytest.param("held", True, id="held until its moment"),
        pytest.param("poisoned", True, id="set aside, for somebody to look at"),
        pytest.param("done", False, id="carried over"),
        pytest.param("gone", False, id="too late for its instance"),
    ],
)
def test_a_command_stays_until_it_is_settled(
    joining: Gateway, outcome: str | None, stays: bool
) -> None:
    joining.take(sent("joined", "contact/ana"))
    with joining.database.writing() as session:
        session.execute(update(CommandRow).values(outcome=outcome))
    joining.passes(YEARS)

    pruned(joining)

    assert len(joining.rows(CommandRow)) == stays


def test_a_change_that_could_not_be_read_stays_until_it_was_replayed(joining: Gateway) -> None:
    problem = Problem(path="/table", message="Expected a table, but it is missing.")
    joining.take(Unusable({"record_id": "1"}, (problem,)), Unusable({}, (problem,)))
    joining.take(sent("joined", "contact/nobody"))
    with joining.database.writing() as session:
        [unread, read_since] = session.exec(
            select(RefusedRow).where(RefusedRow.what == "change").order_by(RefusedRow.id)
        )
        read_since.replayed_at = joining.now
        session.add(read_since)
    joining.passes(YEARS)

    assert pruned(joining)["refusals"] == 2
    assert [row.id for row in joining.rows(RefusedRow)] == [unread.id]


def test_others_write_between_two_pieces(joining: Gateway) -> None:
    for name in ("ana", "ben"):
        leaves(joining, enters(joining, name))
    joining.passes(YEARS)

    for _ in prune(joining.database, KEEPING, joining.now):
        with another_process_writing(joining.database):
            pass

    assert counts(joining) == [0, 0, 0, 0, 0]


def test_more_than_a_piece_is_forgotten_piece_by_piece(gateway: Gateway) -> None:
    gateway.take(*(changed("contact/ana", event_id=f"n-{each}") for each in range(1_200)))
    gateway.passes(YEARS)

    pieces = [count for what, count in prune(gateway.database, KEEPING, gateway.now)]

    assert pieces == [500, 500, 200]
    assert gateway.rows(InboxRow) == []


async def test_a_gateway_leaves_to_the_next_time_what_it_cannot_write(gateway: Gateway) -> None:
    gateway.take(changed("contact/ana", event_id="n-1"))
    gateway.passes(YEARS)

    with another_process_writing(gateway.database):
        await prune_once(gateway.database, KEEPING, gateway.now)
    left = len(gateway.rows(InboxRow))
    await prune_once(gateway.database, KEEPING, gateway.now)

    assert (left, len(gateway.rows(InboxRow))) == (1, 0)
