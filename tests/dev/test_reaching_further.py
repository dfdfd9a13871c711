"""A gateway that others reach: not before somebody has a key to it."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dev.reaching import opened_store
from dev.run import run, run_gateway
from settings import CannotStart, Settings
from store.keys import create_key, revoke_key

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
NOT_OURS = "192.0.2.1"
"""An address that no machine has: whoever gets as far as to listen there is told so."""

Start = Callable[[Settings], Coroutine[Any, Any, None]]


async def dev(settings: Settings) -> None:
    await run(settings, lambda _: None)


@pytest.mark.parametrize("start", [run_gateway, dev], ids=["a gateway", "everything"])
@pytest.mark.parametrize(
    ("scope", "revoked", "sentence"),
    [
        pytest.param(None, False, "Expected an admin key before others reach", id="no key"),
        pytest.param(
            "author", False, "Expected an admin key before others reach", id="another key"
        ),
        pytest.param(
            "admin", True, "Expected an admin key before others reach", id="a revoked one"
        ),
        pytest.param("admin", False, "Expected port 8000 of 192.0.2.1 to be free", id="an admin's"),
    ],
)
async def test_it_starts_once_there_is_an_admin_key(
    tmp_path: Path, start: Start, scope: str | None, revoked: bool, sentence: str
) -> None:
    settings = Settings(host=NOT_OURS, data_dir=tmp_path)
    with opened_store(settings) as database:
        if scope:
            database.write(lambda session: create_key(session, "root", [scope], NOON))
        if revoked:
            database.write(lambda session: revoke_key(session, "root", NOON))

    with pytest.raises(CannotStart, match=f"^{sentence}"):
        await start(settings)
