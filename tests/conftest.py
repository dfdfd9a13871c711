"""What tests share: the real Temporal server with a clock of its own for each workflow."""

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

pytest.register_assert_rewrite("tests.story", "tests.durable", "tests.operated")

from store.database import Database  # noqa: E402 - rewriting is registered first
from tests.durable import DurableStory  # noqa: E402
from tests.operated import OperatedStory  # noqa: E402
from tests.postgresql import PostgreSQL  # noqa: E402
from tests.stores import SQLite, Stores  # noqa: E402
from tests.story import Story  # noqa: E402
from tests.virtual import VirtualStory  # noqa: E402
from workflows.attributes import register_search_attributes  # noqa: E402

# No test judges how fast it is: the machine may be busy.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

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


@pytest.fixture
def database_kind() -> str:
    """Which kind of database a test is given; SQLite, unless its folder says that either is tried."""
    return "sqlite"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def either_database(request: pytest.FixtureRequest) -> str:
    """One kind after the other."""
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> SQLite:
    """Files of this run's own."""
    return SQLite(tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server of this run's own."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def stores(request: pytest.FixtureRequest, database_kind: str) -> Stores:
    """Where databases come from."""
    found: Stores = request.getfixturevalue(database_kind)
    return found


@pytest.fixture
def empty_url(stores: Stores) -> Iterator[str]:
    """Where a database is in which no table was ever made."""
    with stores.empty() as url:
        yield url


@pytest.fixture
def database(stores: Stores) -> Iterator[Database]:
    """A store with nothing in it."""
    with stores.opened() as opened:
        yield opened


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
