"""The rules of who may know whom are kept, and each of them can really be broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "activities",
    "api",
    "channels",
    "commands",
    "connections",
    "dev",
    "journeys",
    "store",
    "wire",
    "workflows",
)

pytestmark = pytest.mark.slow


def judged(where: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter over the rooms in *where*, which take precedence over the installed ones."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(where), "COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for room in (*ROOMS, "client"):
        for path in (ROOT / room).rglob("*.py"):
            place = tmp_path / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for root in ("cli.py", "settings.py", "worker.py"):
        (tmp_path / root).touch()
    return tmp_path


def test_the_rooms_keep_the_rules(copy: Path) -> None:
    said = judged(copy)

    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize(
    ("module", "code", "contract"),
    [
        pytest.param(
            "journeys/guilty.py", "import store", "A room knows only", id="the language reads the store"
        ),
        pytest.param(
            "journeys/tiles/guilty.py", "import random", "The journey language", id="a tile throws dice"
        ),
        pytest.param(
            "journeys/guilty.py", "from time import time", "The journey language", id="the language looks at a clock"
        ),
        pytest.param(
            "journeys/guilty.py", "import settings", "The journey language", id="the language reads a setting"
        ),
        pytest.param(
            "store/guilty.py", "import wire", "A room knows only", id="the store knows a foreign format"
        ),
        pytest.param(
            "activities/guilty.py", "import workflows", "A room knows only", id="an activity knows a workflow"
        ),
        pytest.param(
            "workflows/guilty.py", "import store", "A workflow orders", id="a workflow reads the store"
        ),
        pytest.param(
            "api/guilty.py", "import api.routes.keys", "Only the application", id="a part of the gateway knows a route"
        ),
        pytest.param(
            "api/guilty.py", "import api.door.scopes", "What takes a change in", id="the intake asks who may ask"
        ),
        pytest.param(
            "api/guilty.py", "import worker", "Nothing reaches up", id="the gateway starts a worker"
        ),
        pytest.param(
            "client/sojourn_client/guilty.py", "import journeys", "The client knows", id="the client reads our code"
        ),
        pytest.param(
            "api/guilty.py", "import sojourn_client", "No room uses", id="the gateway uses the client"
        ),
    ],
)  # fmt: skip
def test_a_contract_is_broken_when(copy: Path, module: str, code: str, contract: str) -> None:
    (copy / module).write_text(f'"""Guilty."""\n\n{code}\n', encoding="utf-8")

    said = judged(copy)

    broken = [line for line in said.stdout.splitlines() if " BROKEN" in line]
    assert said.returncode == 1
    assert any(line.startswith(contract) for line in broken), said.stdout
