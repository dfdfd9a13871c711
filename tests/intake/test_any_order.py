"""However often and however interleaved the same changes are delivered, they have one effect."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys.changes import RecordChange
from store.commands import CommandRow
from tests.intake.conftest import Gateway
from tests.stores import Stores
from tests.story import changed
from tests.world import journey, wait

STATES: dict[str, list[RecordChange]] = {
    record: [
        changed(f"incident/{record}", event_id=f"{record}-{number}", statecode=state).model_copy(
            update={"version": number}
        )
        for number, state in enumerate((1, 0, 2, 1), start=1)
    ]
    for record in ("printer", "scanner")
}
"""Two cases with four changes each; each change has an id and a version."""


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[RecordChange]]:
    """Return batches in which every change comes in its record's order, some again and again."""
    order = draw(st.permutations(["printer"] * 4 + ["scanner"] * 4))
    coming = {record: list(changes) for record, changes in STATES.items()}
    delivered: list[RecordChange] = []
    for record in order:
        delivered.append(coming[record].pop(0))
        delivered += draw(st.lists(st.sampled_from(delivered), max_size=2))
    batches: list[list[RecordChange]] = [[]]
    for change in delivered:
        batches[-1].append(change)
        if draw(st.booleans()):
            batches.append([])
    return batches


def effect(stores: Stores, batches: list[list[RecordChange]]) -> dict[str, Any]:
    """Return what *batches* leave behind in a new store."""
    with stores.opened() as database:
        gateway = Gateway(database)
        gateway.goes_live(journey(wait(), trigger="case-changed", while_inside="restart"))
        answers = [gateway.take(*batch) for batch in batches]
        return {
            "records": {name: gateway.record(f"incident/{name}").values for name in STATES},
            "entered": len(gateway.entered),
            "started": gateway.commands.count("start"),
            "accepted": sum(answer.accepted for answer in answers),
            "refused": gateway.refused,
            "told": len(gateway.rows(CommandRow)),
        }


@pytest.fixture
def once(stores: Stores) -> dict[str, Any]:
    """What each change leaves behind when it is delivered once."""
    return effect(stores, [[change for changes in STATES.values() for change in changes]])


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deliveries())  # each begins with a store of its own
def test_the_same_changes_delivered_again_and_again_have_one_effect(
    stores: Stores, once: dict[str, Any], batches: list[list[RecordChange]]
) -> None:
    assert effect(stores, batches) == once


def test_that_effect_is_an_entry_for_each_change(once: dict[str, Any]) -> None:
    assert (once["entered"], once["started"], once["accepted"]) == (8, 8, 8)
    assert once["refused"] == []
