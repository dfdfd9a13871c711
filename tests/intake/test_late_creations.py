"""A record whose creation comes after newer changes of it: nobody has heard of it yet, so it counts."""

import pytest

from journeys.changes import RecordChange
from tests.intake.conftest import Gateway
from tests.story import MONDAY, changed
from tests.world import journey, wait, when

OPENED = {
    "name": "case-opened",
    "kind": "record_change",
    "table": "incident",
    "audience": {"path": "primarycontactid"},
    "operations": ["created"],
}


@pytest.fixture
def cases(gateway: Gateway) -> Gateway:
    """Whoever's case is opened while it is active enters."""
    gateway.world.ready(OPENED)
    active = when("trigger.statecode", "equals", 0)
    gateway.goes_live(journey(wait(), trigger="case-opened", filter=active))
    return gateway


def opened(version: int | None = 1) -> RecordChange:
    values = {"title": "Plotter", "statecode": 0, "primarycontactid": "ana"}
    change = changed("incident/plotter", "create", f"opened-{version}", **values)
    return change.model_copy(update={"version": version})


def resolved(version: int | None = 2) -> RecordChange:
    change = changed("incident/plotter", "update", "resolved", statecode=1, primarycontactid="ana")
    return change.model_copy(update={"version": version})


def test_it_lets_in_whom_it_would_have_let_in_had_it_come_first(cases: Gateway) -> None:
    cases.take(resolved())

    answer = cases.take(opened())

    assert (answer.accepted, cases.entered, cases.refused) == (1, ["ana"], [])


def test_it_counts_by_the_moments_of_one_source_too(cases: Gateway) -> None:
    late, early = MONDAY.replace(hour=10), MONDAY.replace(hour=9)
    cases.take(resolved(None).model_copy(update={"occurred_at": late}))

    cases.take(opened(None).model_copy(update={"occurred_at": early}))

    assert cases.entered == ["ana"]
    assert cases.record("incident/plotter").values["statecode"] == 1


def test_it_counts_where_nothing_says_which_came_first(cases: Gateway) -> None:
    cases.take(resolved(None))

    cases.take(opened(None))

    assert cases.entered == ["ana"]


def test_what_is_known_stays_and_what_nobody_told_us_of_is_learnt(cases: Gateway) -> None:
    cases.take(resolved())

    cases.take(opened())

    record = cases.record("incident/plotter")
    assert (record.values["statecode"], record.values["title"]) == (1, "Plotter")
    assert (record.version, record.created) == (2, True)


def test_it_counts_once_however_often_it_comes(cases: Gateway) -> None:
    cases.take(resolved())
    cases.take(opened(1))

    cases.take(opened(0))

    assert cases.entered == ["ana"]
    assert [reason for reason, _ in cases.refused] == ["out of order"]


def test_in_order_it_counts_once_as_ever(cases: Gateway) -> None:
    cases.take(opened(1), resolved(), opened(0))

    assert cases.entered == ["ana"]
    assert [reason for reason, _ in cases.refused] == ["out of order"]


def test_of_a_record_that_is_gone_by_then_it_counts_no_more(cases: Gateway) -> None:
    cases.take(resolved(2))
    cases.take(changed("incident/plotter", "delete").model_copy(update={"version": 3}))

    cases.take(opened())

    assert cases.entered == []
    assert [reason for reason, _ in cases.refused] == ["out of order"]


def test_a_record_that_is_made_anew_is_created_anew(cases: Gateway) -> None:
    cases.take(opened(1))
    cases.take(changed("incident/plotter", "delete").model_copy(update={"version": 2}))
    cases.take(resolved(5))

    cases.take(opened(4))

    assert cases.entered == ["ana", "ana"]


def test_those_who_wait_for_what_is_learnt_are_told(gateway: Gateway) -> None:
    named = {"condition": when("record.title", "equals", "Plotter"), "reason": "named"}
    gateway.goes_live(journey(wait(), trigger="case-changed", exits=[named]))
    gateway.take(
        changed("incident/plotter", "update", statecode=0, primarycontactid="ana").model_copy(
            update={"version": 2}
        )
    )
    assert gateway.commands == ["start"]

    gateway.take(opened())

    assert gateway.commands == ["start", "tell"]
