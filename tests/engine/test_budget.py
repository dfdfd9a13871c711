"""What an instance costs: the events of real histories, counted (docs/architecture.md)."""

import pytest
from sqlmodel import select

from store.journeys import DefinitionRow
from tests.durable import DurableStory
from tests.engine.histories import events, named
from tests.story import changed, moment, sent
from tests.world import journey, message, wait, wait_for, when

pytestmark = pytest.mark.slow


async def test_entry_delay_message_exit_take_at_most_18_events(engine: DurableStory) -> None:
    engine.begin(engine.published(journey(wait("hello"), message("hello"))))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(sent("joined", "contact/ana"))
    await engine.go_on(None)

    found = named(await events(engine.standing()[0]))

    assert found[-1] == "workflow_execution_completed"
    assert len(found) <= 18, "\n".join(found)


async def test_entry_trigger_branch_message_exit_take_at_most_20_events(
    engine: DurableStory,
) -> None:
    rated = when("record.customersatisfactioncode", "at_most", 2)
    which = {
        "kind": "attribute_branch",
        "id": "which",
        "branches": [{"name": "unhappy", "when": rated, "next": "thanks"}],
        "other": None,
    }
    tiles = (wait_for("case-rated", "which"), which, message("thanks"))
    engine.begin(engine.published(journey(*tiles, trigger="case-changed")))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(changed("incident/printer", statecode=1))
    await engine.go_on(moment("Tue 09:00"))
    await engine.happens(changed("incident/printer", customersatisfactioncode=1))
    await engine.go_on(None)

    found = named(await events(engine.standing()[0]))

    assert engine.letterbox.letters == [("ana@example.org", "thanks")]
    assert found[-1] == "workflow_execution_completed"
    assert len(found) <= 20, "\n".join(found)


async def test_a_change_that_concerns_nobody_costs_no_event(engine: DurableStory) -> None:
    engine.begin(engine.published(journey(wait_for("case-rated"), trigger="case-changed")))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(changed("incident/printer", statecode=1))
    before = len(await events(engine.standing()[0]))

    await engine.happens(changed("incident/scanner", customersatisfactioncode=1))
    await engine.happens(changed("incident/printer", title="A printer"))

    assert len(await events(engine.standing()[0])) == before


async def test_a_version_is_kept_once_and_histories_hold_its_digest(engine: DurableStory) -> None:
    version = engine.published(journey(*long_journey()))
    engine.begin(version)
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(sent("joined", "contact/ana"), sent("joined", "contact/ben"))

    starts = [(await events(handle))[0] for handle in engine.standing()]
    contents = [
        start.workflow_execution_started_event_attributes.input.payloads[0] for start in starts
    ]

    with engine.database.reading() as session:
        [kept] = session.exec(select(DefinitionRow)).all()
    assert kept.content == version.as_bytes()
    assert len(kept.content) > 10_000
    assert contents[0] == contents[1]
    assert kept.digest.encode() in contents[0].data
    assert all(start.ByteSize() < 2000 for start in starts)


def long_journey() -> list[dict[str, object]]:
    """Return so many tiles that nobody would want them in every history."""
    return [
        wait(f"w{number + 1}" if number < 199 else None, id=f"w{number}") for number in range(200)
    ]
