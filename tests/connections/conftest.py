"""A Dataverse environment on loopback, and a conversation with it."""

from collections.abc import AsyncIterator

import pytest

from connections.web_api import Memory, WebApi
from tests.environment.server import Environment, running
from wire.dataverse_settings import DataverseConnection


@pytest.fixture
async def environment() -> AsyncIterator[Environment]:
    """An environment with nothing in it."""
    async with running() as it:
        yield it


@pytest.fixture
async def there(environment: Environment) -> AsyncIterator[WebApi]:
    """A conversation with it."""
    connection = DataverseConnection.model_validate(environment.connection)
    async with WebApi(connection, Memory()) as api:
        yield api
