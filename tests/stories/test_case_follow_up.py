"""A case is resolved, and its customer is asked how it went (examples/case-follow-up.json)."""

import pytest

from journeys.journey import Journey
from tests.examples import example
from tests.story import Story


@pytest.fixture
def follow_up(story: Story) -> Journey:
    bundle = example("case-follow-up")
    story.tells_of(bundle)
    return bundle.journeys[0]


async def test_an_unhappy_customer_gets_a_discount(story: Story, follow_up: Journey) -> None:
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)
    story.change("Tue 10:00", "incident/printer", customersatisfactioncode=2)

    await story.expect(
        follow_up,
        """
        Mon 09:00 entered: case-status-changed
        Mon 09:00 arrived survey
        Mon 09:00 sent survey -> answered
        Mon 09:00 arrived answered
        Tue 10:00 fulfilled answered -> happy: case-satisfaction-given
        Tue 10:00 arrived happy
        Tue 10:00 decided happy -> discount: unhappy
        Tue 10:00 arrived discount
        Tue 10:00 sent discount
        Tue 10:00 completed
        """,
    )
    assert story.letters == [
        ("ana@example.org", "How did we do with “Printer does not print”?"),
        ("ana@example.org", "We are sorry, Ana"),
    ]


async def test_a_happy_customer_reaches_the_goal_and_gets_no_discount(
    story: Story, follow_up: Journey
) -> None:
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)
    story.change("Tue 10:00", "incident/printer", customersatisfactioncode=5)

    await story.expect(
        follow_up,
        """
        Mon 09:00 entered: case-status-changed
        Mon 09:00 arrived survey
        Mon 09:00 sent survey -> answered
        Mon 09:00 arrived answered
        Tue 10:00 goal answered: case-satisfaction-given
        Tue 10:00 fulfilled answered -> happy: case-satisfaction-given
        Tue 10:00 arrived happy
        Tue 10:00 decided happy: other
        Tue 10:00 completed
        """,
    )


async def test_reopening_the_case_ends_the_journey_wherever_the_customer_stands(
    story: Story, follow_up: Journey
) -> None:
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)
    story.change("Wed 08:30", "incident/printer", statecode=0, statuscode=1)
    story.change("Thu 10:00", "incident/printer", customersatisfactioncode=1)

    await story.expect(
        follow_up,
        """
        Mon 09:00 entered: case-status-changed
        Mon 09:00 arrived survey
        Mon 09:00 sent survey -> answered
        Mon 09:00 arrived answered
        Wed 08:30 exited answered: reopened
        """,
    )
    assert story.letters == [("ana@example.org", "How did we do with “Printer does not print”?")]


async def test_no_answer_within_a_week_ends_the_journey_with_that_reason(
    story: Story, follow_up: Journey
) -> None:
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)

    await story.expect(
        follow_up,
        """
        Mon 09:00 entered: case-status-changed
        Mon 09:00 arrived survey
        Mon 09:00 sent survey -> answered
        Mon 09:00 arrived answered
        Mon+1 09:00 timed_out answered -> no-answer
        Mon+1 09:00 arrived no-answer
        Mon+1 09:00 exited no-answer: no answer
        """,
    )


async def test_an_answer_about_another_case_of_the_same_customer_changes_nothing(
    story: Story, follow_up: Journey
) -> None:
    story.given("incident/scanner", title="Scanner", statecode=0, primarycontactid="ana")
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)
    story.change("Tue 10:00", "incident/scanner", customersatisfactioncode=1)

    await story.expect(
        follow_up,
        """
        Mon 09:00 entered: case-status-changed
        Mon 09:00 arrived survey
        Mon 09:00 sent survey -> answered
        Mon 09:00 arrived answered
        Mon+1 09:00 timed_out answered -> no-answer
        Mon+1 09:00 arrived no-answer
        Mon+1 09:00 exited no-answer: no answer
        """,
    )


async def test_a_customer_without_an_address_is_passed_over_and_the_journey_goes_on(
    story: Story, follow_up: Journey
) -> None:
    story.given("contact/ana", firstname="Ana")
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)

    await story.expect(
        follow_up,
        """
        Mon 09:00 entered: case-status-changed
        Mon 09:00 arrived survey
        Mon 09:00 blocked survey -> answered: no email address
        Mon 09:00 arrived answered
        Mon+1 09:00 timed_out answered -> no-answer
        Mon+1 09:00 arrived no-answer
        Mon+1 09:00 exited no-answer: no answer
        """,
    )
    assert story.letters == []


async def test_a_customer_who_wants_no_mail_does_not_enter(
    story: Story, follow_up: Journey
) -> None:
    story.given("contact/ana", emailaddress1="ana@example.org", donotbulkemail=True)
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)

    await story.expect(follow_up)

    assert story.refusals == ["excluded"]


async def test_resolving_a_resolved_case_again_starts_nothing(
    story: Story, follow_up: Journey
) -> None:
    story.given("incident/printer", title="Printer", statecode=1, primarycontactid="ana")
    story.change("Mon 09:00", "incident/printer", statecode=1, statuscode=5)

    await story.expect(follow_up)

    assert story.refusals == []
