"""What tests share: the real Temporal server with a clock of its own for each workflow."""

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

pytest.register_assert_rewrite("tests.story", "tests.durable", "tests.operated")

from store.database import Database  # noqa: E402 - rewriting is registered first
from store.schema import upgrade  # noqa: E402
from tests.durable import DurableStory  # noqa: E402
from tests.operated import OperatedStory  # noqa: E402
from tests.postgresql import PostgreSQL  # noqa: E402
from tests.story import Story  # noqa: E402
from tests.virtual import VirtualStory  # noqa: E402
from workflows.attributes import register_search_attributes  # noqa: E402

TEMPORAL = shutil.which("temporal") or str(Path(sys.executable).parent / "temporal")
SETTINGS = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "system.workflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',  # a skip takes 0.05 s instead of 1 s
)


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """The real server; clocks stand still until a test lets them go on."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=TEMPORAL,
        dev_server_log_level="never",
        dev_server_extra_args=[
            part for setting in SETTINGS for part in ("--dynamic-config-value", setting)
        ],
    )
    await register_search_attributes(environment.client)
    yield environment
    await environment.shutdown()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def either_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is that no table was ever made in, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'sojourn.db'}"
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    return postgresql.empty()


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """Where the store of a test is; SQLite, unless its folder says that either kind is tried."""
    return f"sqlite:///{tmp_path / 'sojourn.db'}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server of this run's own."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """An empty store."""
    opened = Database(store_url)
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture(params=["virtual", pytest.param("temporal", marks=pytest.mark.slow)])
def story(request: pytest.FixtureRequest) -> Story:
    """A story, played on the virtual clock and on Temporal."""
    if request.param == "virtual":
        return VirtualStory()
    durable: Story = request.getfixturevalue("durable_story")
    return durable


@pytest.fixture
async def durable_story(
    temporal: WorkflowEnvironment, database: Database
) -> AsyncIterator[DurableStory]:
    """A story that is played on Temporal."""
    async with OperatedStory(temporal, database) as told:
        yield told
