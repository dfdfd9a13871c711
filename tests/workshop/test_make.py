"""The Makefile: what can be made, and what is said on a machine that lacks something."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = shutil.which("make") or "make"
TARGETS = {
    "run",
    "test",
    "quick",
    "check",
    "lint",
    "types",
    "imports",
    "bench",
    "chaos",
    "docs",
    "lock",
}


def make(where: Path, *words: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    # A make that runs these tests must not pass its own flags on to the one that is tested.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [MAKE, *words], cwd=where, env={**inherited, "PATH": str(path or inherited["PATH"])},
        check=False, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with an environment that is up to date, as far as the stamps say."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "client").mkdir()
    shutil.copyfile(ROOT / "client/pyproject.toml", tmp_path / "client/pyproject.toml")
    (tmp_path / ".venv").mkdir()
    for stamp in (".made", ".run", ".dev"):
        (tmp_path / ".venv" / stamp).touch()
    return tmp_path


def test_make_alone_says_what_can_be_made() -> None:
    said = make(ROOT).stdout

    assert set(re.findall(r"^  make (\w+)  +\S", said, re.MULTILINE)) >= TARGETS


def test_the_ci_runs_check_and_check_is_everything() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    script = ROOT / ".ci/run"

    assert "check: lint types imports test\n" in makefile
    assert re.search(r"^exec make .*\bcheck\b", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize(
    ("target", "command"),
    [
        pytest.param("run", "sojourn dev", id="run starts everything"),
        pytest.param("test", "pytest", id="test runs the tests"),
    ],
)
def test_the_second_time_nothing_is_installed(clone: Path, target: str, command: str) -> None:
    said = make(clone, "--dry-run", target).stdout

    assert command in said
    assert "install" not in said


@pytest.mark.parametrize("lock", ["requirements.lock", "pyproject.toml", "client/pyproject.toml"])
def test_what_has_changed_is_installed(clone: Path, lock: str) -> None:
    later = (clone / ".venv/.run").stat().st_mtime + 10
    os.utime(clone / lock, (later, later))

    said = make(clone, "--dry-run", "run").stdout

    assert "--require-hashes -r requirements.lock" in said
    assert "--no-deps --no-build-isolation -e . -e client" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(
            ["run"], "Expected Python 3.11 or newer with venv and pip, but none of", id="no Python"
        ),
        pytest.param(
            ["run", "PYTHON=old-python"],
            "Expected Python 3.11 or newer with venv and pip, but old-python is not that.",
            id="a Python that was named and is too old",
        ),
    ],
)
def test_a_machine_without_a_fitting_python_is_told_so(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    (tmp_path / "client").mkdir()
    for lock in ("requirements.lock", "pyproject.toml", "client/pyproject.toml"):
        (tmp_path / lock).touch()
    path = tmp_path / "bin"
    path.mkdir()
    for name in ("python3", "old-python"):
        (path / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (path / name).chmod(0o755)

    said = make(tmp_path, *words, path=path)

    assert said.returncode != 0
    assert said.stderr.startswith(sentence)
    assert not (tmp_path / ".venv").exists()
