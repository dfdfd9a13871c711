"""`sojourn dataverse`: tables are read and the webhook is registered without touching the API."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.command import sojourn
from tests.environment.definitions import TABLES
from tests.environment.server import Environment, running

pytestmark = pytest.mark.slow


@pytest.fixture
async def environment(gateway: str) -> AsyncIterator[Environment]:
    """An environment to which the source `dataverse` of the gateway is connected."""
    async with running() as it:
        connection = {**it.connection, "tables": ["new_loan"]}
        source = {
            "name": "dataverse",
            "format": "dataverse",
            "settings": {"connection": connection},
        }
        await sojourn("sources", "add", "-", url=gateway, given=json.dumps(source).encode())
        yield it


async def test_tables_are_read_and_then_posted(gateway: str, environment: Environment) -> None:
    words = ("dataverse", "tables", "import", "incident", "new_loan", "--people", "new_loan")
    shown = await sojourn(*words, "--dry-run", url=gateway)
    done = await sojourn(*words, url=gateway)
    again = await sojourn(*words, url=gateway)
    registered = await sojourn("dataverse", "register", url=gateway)

    assert shown.out == done.out
    assert "new_loan: new\n  14 columns\n" in done.out
    assert "incident: changed\n  ~ " in done.out
    assert again.out == "incident: same\nnew_loan: same\n"
    assert registered.out == (f"{gateway}/v1/sources/dataverse/in: new\n  new_loan: 7 registered\n")
    assert len(environment.registry.sets["sdkmessageprocessingsteps"]) == 3


async def test_tables_are_read_from_a_file(gateway: str, tmp_path: Path) -> None:
    saved = tmp_path / "definitions.json"
    saved.write_text(json.dumps({"value": list(TABLES)}))

    done = await sojourn("dataverse", "tables", "import", "--file", saved, url=gateway)

    assert "new_loan: new\n" in done.out


async def test_what_to_read_has_to_be_said(gateway: str) -> None:
    said = await sojourn("dataverse", "tables", "import", url=gateway)

    assert (said.code, said.err) == (
        1,
        "Expected names of tables or a --file, but there are both or neither.\n",
    )
