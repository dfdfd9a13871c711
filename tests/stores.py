"""Where the tests of one run keep their stores: databases of a kind, each there for one test."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from store.database import Database
from store.schema import upgrade


class Stores(ABC):
    """One kind of database: the schema is made once, and copied for each test that begins with it."""

    def __init__(self) -> None:
        self._numbers = count()
        self._template: str | None = None

    @abstractmethod
    def _create(self, name: str, template: str | None) -> str:
        """Create the database *name*, empty or as *template* is, and return its URL."""

    @abstractmethod
    def _drop(self, name: str) -> None:
        """Remove the database *name*, whoever is still connected to it."""

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Yield the URL of a database in which no table was ever made."""
        with self._made(None) as url:
            yield url

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Yield the URL of a store with nothing in it."""
        if self._template is None:
            upgrade_and_close(self._create("template_of_ours", None))
            self._template = "template_of_ours"
        with self._made(self._template) as url:
            yield url

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """Yield a store with nothing in it."""
        with self.migrated() as url:
            database = Database(url)
            yield database
            database.close()

    @contextmanager
    def _made(self, template: str | None) -> Iterator[str]:
        name = f"sojourn_{next(self._numbers)}"
        try:
            yield self._create(name, template)
        finally:
            self._drop(name)


def upgrade_and_close(url: str) -> None:
    """Bring the database at *url* to the schema of this release."""
    database = Database(url)
    upgrade(database)
    database.close()


class SQLite(Stores):
    """Files in one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _create(self, name: str, template: str | None) -> str:
        if template is not None:
            shutil.copy(self._file(template), self._file(name))
        return f"sqlite:///{self._file(name)}"

    def _drop(self, name: str) -> None:
        for file in self._folder.glob(f"{name}.db*"):
            file.unlink()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.db"
