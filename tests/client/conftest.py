"""A real gateway on a port of this machine, and one that fails on demand before it."""

from collections.abc import Iterator

import pytest

from tests.api.conftest import (  # noqa: F401 - fixtures
    asked,
    live,
    served,
)
from tests.client.unreliable import Unreliable


@pytest.fixture
def unreliable(served: str) -> Iterator[Unreliable]:  # noqa: F811 - the fixture
    """The way to the gateway: it does what the test tells it to, then passes everything on."""
    with Unreliable(served) as way:
        yield way
