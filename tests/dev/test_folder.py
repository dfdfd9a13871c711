"""The data folder is made, held by one process, and freed when it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.folder import data_folder
from settings import CannotStart

HOLD = """
import sys, subprocess
from pathlib import Path
from dev.folder import data_folder
with data_folder(Path(sys.argv[1])) as folder:
    if sys.argv[2:]:
        # The lock stays with the child for as long as it lives, as with Temporal's server.
        subprocess.Popen(["/bin/sh", "-c", "read -r _"], pass_fds=[folder.lock])
    print("held", flush=True)
    sys.stdin.read()
"""


def holding(folder: Path, *more: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), *more],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with data_folder(tmp_path / "deep" / "data") as folder:
        assert folder.path.stat().st_mode & 0o777 == 0o700


def test_the_folder_is_held_again_and_again(tmp_path: Path) -> None:
    for _ in range(2):
        with data_folder(tmp_path) as folder:
            assert folder.path == tmp_path


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with holding(tmp_path) as first:
        with pytest.raises(CannotStart) as got, data_folder(tmp_path):
            pass
        first.communicate("")

    assert str(got.value) == (
        f"Expected {tmp_path} to be free (SOJOURN_DATA_DIR), "
        f"but another Sojourn runs on it (process {first.pid})."
    )


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with holding(tmp_path) as first:
        first.kill()
        first.communicate()

    with data_folder(tmp_path) as folder:
        assert folder.path == tmp_path


def test_what_a_killed_process_left_running_is_waited_for(tmp_path: Path) -> None:
    with holding(tmp_path, "with a child") as first:
        first.kill()
        first.wait()
        assert first.stdin is not None
        first.stdin.close()  # the child reads it, and ends with it

    with data_folder(tmp_path) as folder:
        assert folder.path == tmp_path


@pytest.mark.parametrize("below", [pytest.param("", id="itself"), pytest.param("data", id="above")])
def test_a_file_in_its_place_is_one_sentence(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")

    refused = pytest.raises(
        CannotStart, match=r"^Expected .* to be a folder .*\(SOJOURN_DATA_DIR\)"
    )
    with refused, data_folder(file / below):
        pass


def test_a_place_nobody_may_write_to_is_one_sentence() -> None:
    refused = pytest.raises(
        CannotStart, match=r"to be a folder that can be written to .*, but: .*\.$"
    )
    with refused, data_folder(Path("/proc/sojourn")):
        pass
