"""Each accepted change has exactly its effect, whatever is killed while it is in flight."""

from pathlib import Path

import pytest

from tests.chaos.breaking import CUT, FULL, OUTAGE, course
from tests.chaos.parcels import IN_ORDER, PERSONS
from tests.chaos.system import system

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PARCELS = 60
SEED = 4


async def test_each_change_has_its_effect_once_whatever_is_killed(tmp_path: Path) -> None:
    times = {"gateway": 2, "worker": 1, "temporal": 1, "inbox": 1, OUTAGE: 1, CUT: 1, FULL: 1}

    async with system(tmp_path) as whole:
        went = await course(whole, PARCELS, times, SEED, patience=120)

    assert len(went.effects.ids) == PARCELS
    assert all(len(each) == 1 for each in went.effects.ids.values())
    assert all(each == {IN_ORDER} for each in went.effects.subjects.values())
    assert went.store == {
        "instances": PARCELS,
        "instances completed": PARCELS,
        "messages": PARCELS,
        "messages sent": PARCELS,
        "commands left": 0,
        "commands done": PARCELS * 4,
        "commands otherwise": 0,
        "refused": 0,
        "taken in": PARCELS * 4 + len(PERSONS),
    }
    assert set(went.post.statuses) <= {200, 503}
    assert max(went.post.accepted.values()) == 1
