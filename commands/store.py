"""Commands for the store itself: its schema, and what in it is over."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from commands.answering import give_up, out

if TYPE_CHECKING:
    from store.database import Database


def migrate() -> None:
    """Bring the store to the schema of this release; again changes nothing."""
    from store.schema import revision

    with opened() as database:
        out.print(f"The store is at revision {revision(database)}.")


def prune() -> None:
    """Forget what is over for as long as SOJOURN_KEEP_IDS and SOJOURN_KEEP_HISTORY say."""
    from settings import read_settings
    from store.pruning import Keeping
    from store.pruning import prune as forget

    forgotten = Counter[str]()
    with opened() as database:
        settings = read_settings()
        keeping = Keeping(settings.keep_ids, settings.keep_history)
        for what, count in forget(database, keeping, now()):
            forgotten[what] += count
    said = ", ".join(f"{count} {what}" for what, count in forgotten.items())
    out.print(f"Forgotten: {said or 'nothing'}.")


@contextmanager
def opened() -> "Iterator[Database]":
    """Open the store that the settings name, or give up with a sentence."""
    from dev.reaching import opened_store
    from settings import CannotStart, read_settings

    try:
        with opened_store(read_settings()) as database:
            yield database
    except CannotStart as error:
        give_up(str(error))


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)  # noqa: TID251 - the edge
