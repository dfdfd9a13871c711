"""Each accepted change has exactly its effect, whatever is killed while it is in flight."""

from pathlib import Path

import pytest

from tests.chaos.breaking import CUT, FULL, STILL, TAKEN
from tests.chaos.course import course
from tests.chaos.system import system

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PARCELS = 60
SEED = 4

ANYWHERE = {"gateway": 2, "worker": 1, "temporal": 1, "inbox": 1, CUT: 1, FULL: 1}
ON_POSTGRESQL = {"second gateway": 2, "postgresql": 2, TAKEN: 1}


@pytest.mark.parametrize(
    ("database", "times"),
    [
        pytest.param("sqlite", ANYWHERE | {STILL: 1}, id="on SQLite"),
        pytest.param("postgresql", ANYWHERE | ON_POSTGRESQL, id="of two gateways on PostgreSQL"),
    ],
)
async def test_each_change_has_its_effect_once_whatever_is_killed(
    tmp_path: Path, database: str, times: dict[str, int]
) -> None:
    async with system(tmp_path, database) as whole:
        went = await course(whole, PARCELS, times, SEED, patience=120, outage=5)

    assert went.broken_promises() == []
