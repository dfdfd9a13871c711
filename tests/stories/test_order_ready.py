"""An order is ready, and the customer hears of it (examples/order-ready.json)."""

import pytest

from journeys.journey import Journey
from tests.examples import example
from tests.story import Story

NOTICED = """
    Mon 09:00 entered: order-status-changed
    Mon 09:00 arrived notice
    Mon 09:00 sent notice
    Mon 09:00 completed
    """


@pytest.fixture
def ready(story: Story) -> Journey:
    bundle = example("order-ready")
    story.tells_of(bundle)
    return bundle.journeys[0]


async def test_the_primary_contact_of_the_account_hears_of_it(story: Story, ready: Journey) -> None:
    story.change("Mon 09:00", "salesorder/chairs", statecode=3, statuscode=100001)

    await story.expect(ready, NOTICED)

    assert story.letters == [("ben@example.org", "Your order ORD-0001 is ready")]


async def test_a_customer_who_is_a_person_hears_of_it_directly(
    story: Story, ready: Journey
) -> None:
    story.given("contact/ana", firstname="Ana", emailaddress1="ana@example.org")
    story.given(
        "salesorder/lamp", name="A lamp", statuscode=3, customerid={"table": "contact", "id": "ana"}
    )
    story.change("Mon 09:00", "salesorder/lamp", statecode=3, statuscode=100001)

    await story.expect(ready, NOTICED)

    assert story.letters == [("ana@example.org", "Your order A lamp is ready")]


async def test_an_account_without_a_primary_contact_leads_to_nobody(
    story: Story, ready: Journey
) -> None:
    story.given("account/northwind", name="Northwind Traders")
    story.change("Mon 09:00", "salesorder/chairs", statecode=3, statuscode=100001)

    await story.expect(ready)

    assert story.refusals == ["no audience"]


async def test_an_order_without_a_customer_leads_to_nobody(story: Story, ready: Journey) -> None:
    story.change("Mon 09:00", "salesorder/chairs", statecode=3, statuscode=100001, customerid=None)

    await story.expect(ready)

    assert story.refusals == ["no audience"]


async def test_a_person_nobody_told_us_of_does_not_enter(story: Story, ready: Journey) -> None:
    story.given("account/northwind", name="Northwind Traders", primarycontactid="zoe")
    story.change("Mon 09:00", "salesorder/chairs", statecode=3, statuscode=100001)

    await story.expect(ready)

    assert story.refusals == ["no such person"]


async def test_another_status_lets_nobody_in(story: Story, ready: Journey) -> None:
    story.change("Mon 09:00", "salesorder/chairs", statuscode=690970000)

    await story.expect(ready)

    assert story.refusals == ["unmet filter"]
