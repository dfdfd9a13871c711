"""What becomes of messages: the way of each outcome, and expiry."""

from typing import Any

import pytest

from channels.channel import Unreachable
from journeys.journey import Journey
from journeys.publishing import problems
from tests.durable import DurableStory
from tests.story import Story, moment, sent
from tests.virtual import VirtualStory
from tests.world import WORLD, journey, message, wait

JOINED = "Mon 09:00 entered: joined"


def hello(**settings: Any) -> dict[str, Any]:
    return {**message("hello", "thanks"), **settings}


@pytest.mark.parametrize(
    ("email", "way"),
    [
        pytest.param("ana@example.org", "sent hello -> thanks", id="sent"),
        pytest.param(None, "blocked hello -> bye: no email address", id="blocked"),
    ],
)
async def test_each_outcome_may_have_a_way_of_its_own(
    world: Story, email: str | None, way: str
) -> None:
    world.change("Mon 08:00", "contact/ana", emailaddress1=email)
    world.fires("Mon 09:00", "joined", "contact/ana")
    out = {"kind": "exit", "id": "bye", "reason": "unreachable"}
    thanks = {"kind": "exit", "id": "thanks", "reason": "reached"}
    target, reason = ("thanks", "reached") if email else ("bye", "unreachable")

    await world.expect(
        journey(hello(outcomes={"blocked": "bye"}), thanks, out),
        f"""
        {JOINED}
        Mon 09:00 arrived hello
        Mon 09:00 {way}
        Mon 09:00 arrived {target}
        Mon 09:00 exited {target}: {reason}
        """,
    )


@pytest.mark.parametrize(
    ("expires", "offset", "outcome"),
    [
        pytest.param("2031-03-03T09:00:00Z", None, "expired", id="at a moment that is past"),
        pytest.param("2031-03-03T10:00:00Z", None, "sent", id="at a moment to come"),
        pytest.param("record.resolveby", None, "sent", id="at a date to come"),
        pytest.param("record.resolveby", "-PT3H", "expired", id="before that date"),
        pytest.param("record.followupby", None, "sent", id="at no date: never"),
    ],
)
async def test_a_message_that_expired_does_not_leave(
    world: Story, expires: str, offset: str | None, outcome: str
) -> None:
    world.given(
        "incident/printer",
        title="Printer",
        statecode=0,
        primarycontactid="ana",
        resolveby="2031-03-03T11:00:00Z",
    )
    world.change("Mon 09:00", "incident/printer", statecode=1)
    how = {"field": expires} if expires.startswith("record") else {"at": expires}
    shifted = {"offset": offset} if offset else {}
    tile = hello(next=None, expires={**how, **shifted}, outcomes={"expired": "bye"})

    [played] = await world.play(
        world.published(journey(tile, message("bye"), trigger="case-changed"))
    )

    assert [note.what for note in played if note.tile == "hello"][1] == outcome
    assert world.letters == [("ana@example.org", "bye" if outcome == "expired" else "hello")]


@pytest.mark.slow
async def test_a_message_that_waits_to_be_tried_again_expires_meanwhile(
    durable_story: DurableStory,
) -> None:
    durable_story.tells_of(WORLD)
    durable_story.letterbox.troubles = [Unreachable("Expected the server, but it is away.")] * 500
    tile = hello(next=None, expires={"after": "PT2H"})
    durable_story.begin(durable_story.published(journey(tile)))
    await durable_story.go_on(moment("Mon 09:00"))
    await durable_story.happens(sent("joined", "contact/ana"))
    await durable_story.go_on(None)

    [played] = durable_story.timelines()
    assert [note.what for note in played] == ["entered", "arrived", "expired", "completed"]
    assert 15 < len(durable_story.letterbox.keys) < 30


@pytest.mark.parametrize(
    ("expires", "sentence"),
    [
        pytest.param({"field": "person.firstname"}, "which is of type date,", id="a name"),
        pytest.param({"field": "person.fristname"}, "called 'fristname'", id="an unknown field"),
    ],
)
def test_a_field_that_is_no_date_keeps_it_from_going_live(
    expires: dict[str, str], sentence: str
) -> None:
    story = VirtualStory()
    story.tells_of(WORLD)
    tile = hello(next=None, expires=expires)

    [found] = problems(Journey.model_validate(journey(tile)), story.catalogue)

    assert found.path == "/tiles/0/expires/field"
    assert sentence in found.message


def test_a_wait_is_needed_where_an_outcome_leads_back() -> None:
    story = VirtualStory()
    story.tells_of(WORLD)
    tile = hello(next="wait", outcomes={"failed": "hello"})

    found = problems(Journey.model_validate(journey(tile, wait())), story.catalogue)

    assert [each.message for each in found] == [
        "Expected a wait in every cycle, but hello → hello has none."
    ]
