"""What became of commands is written down in their order, however many are at once."""

from api.carrying import Carried
from api.settling import GONE, write_outcomes
from store.instances import InstanceRow
from tests.intake.conftest import Gateway
from tests.intake.relaying import orders_of
from tests.story import sent
from tests.world import journey, wait_for

OTHERS = 6
"""So many commands come before: of 7 and 8 together, Python's sets give 8 first."""


def test_of_what_is_told_to_an_instance_that_is_gone_the_first_says_since_when(
    gateway: Gateway,
) -> None:
    gateway.goes_live(journey(wait_for("surveyed")))
    gateway.take(*(sent("joined", "contact/ana", f"incident/{each}") for each in range(OTHERS)))
    gateway.take(sent("surveyed", "contact/ana", "incident/0", "first"))
    first_told = gateway.now
    gateway.take(sent("surveyed", "contact/ana", "incident/0", "second"))
    orders = [order for of_one in orders_of(gateway) for order in of_one]
    carried = [Carried(each, "gone") for each in orders if each.command.kind == "tell"]

    gateway.database.write(lambda session: write_outcomes(session, carried, gateway.now))

    assert [order.order.command.id for order in carried] == [OTHERS + 1, OTHERS + 2]
    [gone] = [row for row in gateway.rows(InstanceRow) if row.reason == GONE]
    assert gone.ended_at == first_told
