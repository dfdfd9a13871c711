"""The lock files: everything that is installed, pinned by hash, from wherever it comes."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [
    pytest.param("requirements.lock", id="run"),
    pytest.param("requirements-dev.lock", id="dev"),
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
WANTED = {
    "requirements.lock": [*PROJECT["project"]["dependencies"], *GROUPS["build"]],
    "requirements-dev.lock": [
        *PROJECT["project"]["dependencies"],
        *GROUPS["build"],
        *GROUPS["dev"],
    ],
}


def pins(lock: str) -> dict[str, str]:
    """Return each pinned package with the text of its entry."""
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / lock).read_text(encoding="utf-8"))
    return {name_of(each): each for each in entries}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_hash(lock: str) -> None:
    loose = [
        name
        for name, entry in pins(lock).items()
        if not re.match(r"\S+==\S+", entry) or "--hash=sha256:" not in entry
    ]

    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_is_written_down(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"\w+://\S+|--(?:extra-)?index-url|--find-links", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked(lock: str) -> None:
    missing = {name_of(each) for each in WANTED[lock]} - pins(lock).keys()

    assert missing == set(), "run `make lock`"


def test_what_is_tested_is_what_runs() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")

    assert {name: entry.strip() for name, entry in dev.items() if name in run} == {
        name: entry.strip() for name, entry in run.items()
    }, "run `make lock`"
