"""What an operator reads of an instance under User Metadata."""

from datetime import datetime, timedelta

import pytest

from journeys.trace import Note
from tests.story import moment
from workflows.details import trail
from workflows.state import InstanceState

MONDAY = moment("Mon 09:00")
A_WEEK_LATER = MONDAY + timedelta(days=7)


def standing(tile: str | None) -> InstanceState:
    return InstanceState(
        instance_id="1",
        person="contact/ana",
        binding="incident/printer",
        entered_at=MONDAY,
        tile=tile,
        arrived_at=None if tile is None else MONDAY + timedelta(minutes=1),
    )


ARRIVED = Note(at=MONDAY + timedelta(minutes=1), what="arrived", tile="answered")


def test_a_participant_who_waits_is_shown_with_the_tile_the_end_and_all_that_happened() -> None:
    sent = Note(at=MONDAY, what="sent", tile="survey", target="answered")

    assert trail(standing("answered"), [sent, ARRIVED], A_WEEK_LATER).splitlines() == [
        "On **answered** since 2031-03-03 09:01:00, waiting until **2031-03-10 09:00:00**. Times are UTC.",
        "",
        "- 2031-03-03 09:01:00 **answered** arrived",
        "- 2031-03-03 09:00:00 **survey** sent → answered",
        "- 2031-03-03 09:00:00 entered",
    ]


@pytest.mark.parametrize(
    ("state", "notes", "here"),
    [
        pytest.param(standing(None), [], "Not on a tile yet.", id="just started"),
        pytest.param(
            standing("answered"), [ARRIVED], "On **answered** since 2031-03-03 09:01:00.",
            id="acting on a tile",
        ),
        pytest.param(
            standing("answered"),
            [ARRIVED, Note(at=A_WEEK_LATER, what="completed", tile="answered")],
            "**Completed** at 2031-03-10 09:00:00.",
            id="left by the last tile, which they stand on no more",
        ),
        pytest.param(
            standing("answered"),
            [ARRIVED, Note(at=A_WEEK_LATER, what="exited", tile="answered", why="reopened")],
            "**Exited** at 2031-03-10 09:00:00: reopened.",
            id="left early",
        ),
        pytest.param(
            standing("answered"),
            [
                Note(at=A_WEEK_LATER, what="completed", tile="answered"),
                Note(at=A_WEEK_LATER, what="goal", why="case-rated"),
            ],
            "**Completed** at 2031-03-10 09:00:00.",
            id="reached the goal while they left",
        ),
    ],
)  # fmt: skip
def test_the_first_line_says_where_they_are(
    state: InstanceState, notes: list[Note], here: str
) -> None:
    assert trail(state, notes, None).splitlines()[0] == f"{here} Times are UTC."


@pytest.mark.parametrize(
    ("earlier", "here", "shown", "said"),
    [
        pytest.param(0, 40, 40, [], id="all of it fits"),
        pytest.param(0, 43, 40, ["- … 3 more, in the timeline"], id="too much to show"),
        pytest.param(
            20,
            2,
            2,
            ["- … 20 more, in the timeline"],
            id="continued as new: earlier runs had lines",
        ),
        pytest.param(20, 43, 40, ["- … 23 more, in the timeline"], id="both"),
    ],
)
def test_what_is_not_shown_is_counted_before_the_entry(
    earlier: int, here: int, shown: int, said: list[str]
) -> None:
    _, _, *lines = trail(standing("answered"), [ARRIVED] * here, None, earlier).splitlines()

    assert lines[shown:] == [*said, "- 2031-03-03 09:00:00 entered"]
    assert len(set(lines[:shown])) == 1


def test_moments_are_shown_in_utc_wherever_they_were_written() -> None:
    elsewhere = datetime.fromisoformat("2031-03-10T10:00:00+01:00")

    assert "**2031-03-10 09:00:00**" in trail(standing("answered"), [ARRIVED], elsewhere)
