"""One change that happens to many people: what is read and written for all at once judges each alone."""

import pytest

from journeys.changes import RecordChange
from store.fired import FiredRow
from store.timeline import NoteRow
from tests.intake.conftest import Gateway
from tests.story import changed
from tests.world import journey, wait

RENAMED = {
    "name": "firm-renamed",
    "kind": "record_change",
    "table": "account",
    "audience": {"each": "contact.parentcustomerid"},
    "operations": ["updated"],
}
STAFF = [f"staff-{number:02}" for number in range(25)]


@pytest.fixture
def firm(gateway: Gateway) -> Gateway:
    """Everybody who works for a firm enters once when it is renamed."""
    gateway.world.ready(RENAMED)
    gateway.world.given("account/firm", name="Acme")
    for each in STAFF:
        gateway.world.given(f"contact/{each}", firstname=each, parentcustomerid=FIRM)
    gateway.goes_live(journey(wait(), trigger="firm-renamed", repeat={"policy": "never"}))
    return gateway


FIRM = {"table": "account", "id": "firm"}


def renamed(name: str) -> RecordChange:
    return changed("account/firm", name=name)


def test_each_of_them_enters_with_a_start_a_timeline_and_the_values_that_let_them_in(
    firm: Gateway,
) -> None:
    firm.take(renamed("Contoso"))

    assert sorted(firm.entered) == STAFF
    assert firm.commands == ["start"] * len(STAFF)
    assert {row.values["name"] for row in firm.rows(FiredRow)} == {"Contoso"}
    assert [row.what for row in firm.rows(NoteRow)] == ["entered"] * len(STAFF)


def test_who_entered_before_does_not_enter_again_and_who_is_new_does(firm: Gateway) -> None:
    firm.take(renamed("Contoso"))
    firm.take(changed("contact/newcomer", "create", firstname="Nia", parentcustomerid=FIRM))

    firm.take(renamed("Fabrikam"))

    assert sorted(firm.entered) == ["newcomer", *STAFF]
    assert [reason for reason, _ in firm.refused] == ["repeat blocked"] * len(STAFF)


def test_of_two_changes_that_come_together_the_second_sees_what_the_first_let_in(
    firm: Gateway,
) -> None:
    firm.take(renamed("Contoso"), renamed("Fabrikam"))

    assert sorted(firm.entered) == STAFF
    assert [reason for reason, _ in firm.refused] == ["repeat blocked"] * len(STAFF)
