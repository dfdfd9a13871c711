"""What the store's tests begin with: a database of either kind."""

import pytest


@pytest.fixture
def database_kind(either_database: str) -> str:
    """Every story is tried on SQLite and on PostgreSQL."""
    return either_database
