"""Firing triggers: what a journey starts, and where a chain of journeys ends."""

from typing import Any

import pytest
from sqlmodel import select

from journeys.changes import LONGEST_CHAIN
from store.inbox import InboxRow
from tests.durable import DurableStory
from tests.story import Story, moment, sent
from tests.world import WORLD, journey, message, wait, wait_for

FIRE: dict[str, Any] = {
    "kind": "fire_trigger",
    "id": "fire",
    "trigger": "surveyed",
    "attributes": {"score": {"field": "trigger.seats"}, "case": "of {{ person.firstname }}"},
}


def fire(next: str | None = None, **settings: Any) -> dict[str, Any]:  # noqa: A002 - the tile's word
    return {**FIRE, "next": next, **settings}


async def test_a_fired_trigger_moves_on_who_waits_for_it(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana", seats=3)
    happy = {"field": "event.score", "operator": "equals", "value": 3}
    named = {"field": "event.case", "operator": "equals", "value": "of Ana"}
    asked = wait_for("surveyed", "hello", filter={"all": [happy, named]})

    await world.expect(
        journey(fire("asked"), asked, message("hello")),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived fire
        Mon 09:00 fired fire -> asked: surveyed
        Mon 09:00 arrived asked
        Mon 09:00 fulfilled asked -> hello: surveyed
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """,
    )


async def test_it_is_about_the_record_of_its_binding(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 09:01", "incident/scanner", statecode=1)
    of_the_printer = {"field": "trigger.title", "operator": "equals", "value": "Printer"}
    branch = {
        "kind": "attribute_branch",
        "id": "which",
        "branches": [{"name": "printer", "when": of_the_printer, "next": "later"}],
        "other": "asked",
    }
    tiles = [
        branch,
        wait("fire", id="later", **{"for": "PT1H"}),
        fire("asked", attributes={}, binding="record"),
        wait_for("surveyed", within="P1D"),
    ]

    played = await world.play(world.published(journey(*tiles, trigger="case-changed")))

    assert [[note.what for note in each][-2:] for each in played] == [
        ["fulfilled", "completed"],
        ["timed_out", "completed"],
    ]


async def test_a_binding_that_leads_nowhere_fires_nothing(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    tile = fire(attributes={}, binding="person.parentcustomerid")

    await world.expect(
        journey(tile),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived fire
        Mon 09:00 failed fire: Expected person.parentcustomerid to lead to a record, but it leads to none.
        Mon 09:00 completed
        """,
    )


async def test_a_journey_that_fires_its_own_entry_trigger_ends_at_sixteen(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")

    played = await world.play(world.published(journey(fire(trigger="joined", attributes={}))))

    assert len(played) == LONGEST_CHAIN == 16
    assert world.refusals == ["chain too deep"]


@pytest.mark.slow
async def test_a_firing_that_is_done_again_counts_once(durable_story: DurableStory) -> None:
    durable_story.tells_of(WORLD)
    durable_story.begin(durable_story.published(journey(fire("wait"), wait())))
    await durable_story.go_on(moment("Mon 09:00"))
    await durable_story.happens(sent("joined", "contact/ana"))
    with durable_story.database.reading() as session:
        rows = session.exec(select(InboxRow).where(InboxRow.source == "journey/story"))
        [event_id] = [row.event_id for row in rows]

    done_again = sent("surveyed", "contact/ana", event_id=event_id)
    answer = durable_story.intake.take([done_again.model_copy(update={"source": "journey/story"})])

    assert (answer.accepted, answer.duplicates) == (0, 1)
