"""Each accepted change has exactly its effect, whatever is killed while it is in flight."""

from pathlib import Path

import pytest

from tests.chaos.breaking import CUT, FULL, OUTAGE, course
from tests.chaos.system import system

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PARCELS = 60
SEED = 4


async def test_each_change_has_its_effect_once_whatever_is_killed(tmp_path: Path) -> None:
    times = {"gateway": 2, "worker": 1, "temporal": 1, "inbox": 1, OUTAGE: 1, CUT: 1, FULL: 1}

    async with system(tmp_path) as whole:
        went = await course(whole, PARCELS, times, SEED, patience=120)

    assert went.broken_promises() == []
