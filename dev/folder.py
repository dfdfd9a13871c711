"""The data folder: where everything that survives a restart is kept, held by one process at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from settings import CannotStart

PATIENCE = 15.0  # seconds in which what a killed process left behind has to end


@dataclass(frozen=True)
class DataFolder:
    """A data folder that is ours, and the lock that says so: children that use the folder inherit it."""

    path: Path
    lock: int


@contextmanager
def data_folder(path: Path) -> Iterator[DataFolder]:
    """Make and hold the data folder at *path*; raise CannotStart where that is not possible.

    It is open to its owner alone: records and mails are in it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # "a+" neither truncates the name of the process that holds the folder nor needs the file.
        lock = (path / "lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise CannotStart(
            f"Expected {path} to be a folder that can be written to (SOJOURN_DATA_DIR), "
            f"but: {error.strerror}."
        ) from error
    with lock:
        _hold(lock, path)
        yield DataFolder(path, lock.fileno())


def _hold(lock: IO[str], path: Path) -> None:
    """Take *lock*; wait only for children of a process that is no more."""
    give_up = time.monotonic() + PATIENCE
    while not _taken(lock):
        lock.seek(0)
        holder = lock.read().strip()
        if _alive(holder) or time.monotonic() > give_up:
            raise CannotStart(
                f"Expected {path} to be free (SOJOURN_DATA_DIR), "
                f"but another Sojourn runs on it (process {holder or 'unknown'})."
            )
        time.sleep(0.05)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(process: str) -> bool:
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
