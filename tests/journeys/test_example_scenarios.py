"""The scenarios that come with the examples: each is played, and does what its page shows."""

import pytest

from docs.traces import played
from journeys.narrating import passages
from tests.examples import EXAMPLES

NAMES = sorted(each.stem for each in EXAMPLES.glob("*.json"))
EXPECTED = {
    "case-follow-up": [
        ("survey", "2031-03-03T08:00", "How did we do with “Printer does not print”?"),
        ("discount", "2031-03-04T11:00", "We are sorry, Ana"),
    ],
    "order-ready": [("notice", "2031-03-03T08:00", "Your order ORD-0001 is ready")],
    "webinar-invitation": [
        ("link", "2031-03-03T08:00", "Your seat at “Printers that print”"),
        ("reminder", "2031-03-19T15:00", "Tomorrow: Printers that print"),
    ],
}
"""The messages of each example: the tile, the moment in UTC, and the subject."""


def test_every_example_has_a_scenario_and_no_other_is_there() -> None:
    assert sorted(each.stem for each in (EXAMPLES / "scenarios").iterdir()) == NAMES
    assert sorted(EXPECTED) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_scenario_of_an_example_is_played_to_its_end(name: str) -> None:
    _, _, shown = played(name)

    (passage,) = passages(shown)
    sent = [
        (line.tile, f"{line.at:%Y-%m-%dT%H:%M}", line.message.subject)
        for line in passage.trace
        if line.message is not None
    ]
    assert (passage.entered, passage.status, sent) == (True, "completed", EXPECTED[name])
