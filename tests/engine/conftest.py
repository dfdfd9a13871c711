"""What the engine's tests begin with: the small world, on Temporal."""

import pytest

from tests.durable import DurableStory
from tests.world import WORLD


@pytest.fixture
def engine(durable_story: DurableStory) -> DurableStory:
    """The real thing in the small world of `tests/world.py`."""
    durable_story.tells_of(WORLD)
    return durable_story
