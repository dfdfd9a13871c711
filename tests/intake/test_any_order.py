"""However often and however interleaved the same changes are delivered, they have one effect."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.changes import RecordChange
from store.commands import CommandRow
from store.database import Database
from store.schema import upgrade
from tests.intake.conftest import Gateway
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


def effect(batches: list[list[RecordChange]]) -> dict[str, Any]:
    """Return what *batches* leave behind in a new store."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sojourn.db'}")
        upgrade(database)
        gateway = Gateway(database)
        gateway.goes_live(journey(wait(), trigger="case-changed", while_inside="restart"))
        answers = [gateway.take(*batch) for batch in batches]
        found = {
            "records": {name: gateway.record(f"incident/{name}").values for name in STATES},
            "entered": len(gateway.entered),
            "started": gateway.commands.count("start"),
            "accepted": sum(answer.accepted for answer in answers),
            "refused": gateway.refused,
            "told": len(gateway.rows(CommandRow)),
        }
        database.close()
        return found


ONCE = effect([[change for changes in STATES.values() for change in changes]])


@settings(max_examples=25, deadline=None)
@given(deliveries())
def test_the_same_changes_delivered_again_and_again_have_one_effect(
    batches: list[list[RecordChange]],
) -> None:
    assert effect(batches) == ONCE


def test_that_effect_is_an_entry_for_each_change() -> None:
    assert (ONCE["entered"], ONCE["started"], ONCE["accepted"]) == (8, 8, 8)
    assert ONCE["refused"] == []
