"""A lead asks for a webinar: the link, and a reminder the day before (examples/webinar-invitation.json).

The webinar is on Thursday of the week after, at 15:00.
"""

import pytest

from journeys.journey import Journey
from tests.examples import example
from tests.story import Story

INVITED = """
    Mon 09:00 entered: lead-created
    Mon 09:00 arrived link
    Mon 09:00 sent link -> day-before
    Mon 09:00 arrived day-before
    """


@pytest.fixture
def invitation(story: Story) -> Journey:
    bundle = example("webinar-invitation")
    story.tells_of(bundle)
    story.change(
        "Mon 09:00",
        "lead/chi",
        "create",
        firstname="Chi",
        emailaddress1="chi@example.org",
        campaignid="spring-webinar",
    )
    return bundle.journeys[0]


def reminded(at: str) -> str:
    """Return the timeline of a lead who is reminded at the moment *at*."""
    return f"""{INVITED}
        {at} arrived reminder
        {at} sent reminder
        {at} completed
        """


async def test_the_link_comes_at_once_and_the_reminder_the_day_before(
    story: Story, invitation: Journey
) -> None:
    await story.expect(invitation, reminded("Wed+1 15:00"))

    assert story.letters == [
        ("chi@example.org", "Your seat at “Printers that print”"),
        ("chi@example.org", "Tomorrow: Printers that print"),
    ]


@pytest.mark.parametrize(
    ("moved_to", "at"),
    [
        pytest.param("2031-03-20T15:00:00Z", "Wed+2 15:00", id="later"),
        pytest.param("2031-03-07T15:00:00Z", "Thu 15:00", id="earlier"),
        pytest.param("2031-03-05T09:00:00Z", "Tue 10:00", id="to where the reminder is overdue"),
        pytest.param("2031-01-01T09:00:00Z", "Tue 10:00", id="into the past"),
    ],
)
async def test_the_reminder_moves_with_the_webinar(
    story: Story, invitation: Journey, moved_to: str, at: str
) -> None:
    story.change("Tue 10:00", "campaign/spring-webinar", proposedstart=moved_to)

    await story.expect(invitation, reminded(at))


async def test_a_webinar_that_is_moved_twice_counts_as_it_stands_last(
    story: Story, invitation: Journey
) -> None:
    story.change("Tue 10:00", "campaign/spring-webinar", proposedstart="2031-03-20T15:00:00Z")
    story.change("Wed 10:00", "campaign/spring-webinar", proposedstart="2031-03-07T15:00:00Z")

    await story.expect(invitation, reminded("Thu 15:00"))


async def test_a_webinar_that_only_gets_another_name_is_waited_for_as_before(
    story: Story, invitation: Journey
) -> None:
    story.change("Tue 10:00", "campaign/spring-webinar", name="Printers that scan")

    await story.expect(invitation, reminded("Wed+1 15:00"))

    assert story.letters[-1] == ("chi@example.org", "Tomorrow: Printers that scan")


async def test_a_webinar_without_a_date_any_more_needs_no_reminder(
    story: Story, invitation: Journey
) -> None:
    story.change("Tue 10:00", "campaign/spring-webinar", proposedstart=None)

    await story.expect(
        invitation,
        f"""{INVITED}
        Tue 10:00 decided day-before: no date
        Tue 10:00 exited day-before: no date
        """,
    )


async def test_a_webinar_that_is_deleted_needs_no_reminder(
    story: Story, invitation: Journey
) -> None:
    story.change("Tue 10:00", "campaign/spring-webinar", "delete")

    await story.expect(
        invitation,
        f"""{INVITED}
        Tue 10:00 decided day-before: no date
        Tue 10:00 exited day-before: no date
        """,
    )


async def test_a_lead_who_comes_within_the_last_day_is_not_reminded(
    story: Story, invitation: Journey
) -> None:
    story.given("campaign/spring-webinar", name="Printers", proposedstart="2031-03-04T08:59:00Z")

    await story.expect(
        invitation,
        f"""{INVITED}
        Mon 09:00 decided day-before: date has passed
        Mon 09:00 exited day-before: date has passed
        """,
    )


async def test_a_lead_who_is_deleted_gets_no_reminder(story: Story, invitation: Journey) -> None:
    story.change("Tue 10:00", "lead/chi", "delete")

    await story.expect(invitation, f"{INVITED}\nTue 10:00 exited day-before: record deleted")


async def test_a_lead_without_a_webinar_does_not_enter(story: Story, invitation: Journey) -> None:
    story.happenings.clear()
    story.change("Mon 09:00", "lead/ana", "create", emailaddress1="ana@example.org")

    await story.expect(invitation)

    assert story.refusals == ["unmet filter"]
