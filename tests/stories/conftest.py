"""What the stories of single tiles and rules begin with."""

import pytest

from tests.story import Story
from tests.world import WORLD


@pytest.fixture
def world(story: Story) -> Story:
    """A story in the small world of `tests/world.py`."""
    story.tells_of(WORLD)
    return story
