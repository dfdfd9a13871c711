"""`sojourn keys`: keys are made, listed and revoked in the store itself, no gateway running."""

from pathlib import Path

import pytest

from store.database import Database
from tests.cli.conftest import serving
from tests.command import sojourn


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder whose store the command works on."""
    monkeypatch.setenv("SOJOURN_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SOJOURN_DATABASE_URL", raising=False)
    monkeypatch.delenv("SOJOURN_KEY", raising=False)
    return tmp_path


async def test_a_key_is_made_listed_and_revoked() -> None:
    made = await sojourn("keys", "create", "root", "--scope", "admin")
    signed = await sojourn(
        "keys", "create", "crm", "--scope", "ingest", "--scope", "operate", "--signed"
    )
    revoked = await sojourn("keys", "revoke", "root")
    listed = await sojourn("keys", "list")

    assert made.out.startswith("sj_")
    assert len(made.out.splitlines()) == 1
    assert [each.partition("_")[0] for each in signed.out.splitlines()] == ["sj", "whsec"]
    assert revoked.out == "root is revoked\n"
    rows = [line.split() for line in listed.out.splitlines()]
    assert [(row[0], row[-1]) for row in rows[1:]] == [("crm", "signed"), ("root", "revoked")]
    assert "ingest operate" in listed.out
    assert made.out.strip() not in listed.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["create", "Root!", "--scope", "admin"], "lower-case words with hyphens", id="no name"),
        pytest.param(["create", "taken", "--scope", "admin"], "no key has or had", id="a name that is taken"),
        pytest.param(["create", "root"], "scope", id="no scope"),
        pytest.param(["create", "root", "--scope", "all"], "all", id="a scope there is not"),
        pytest.param(["revoke", "nobody"], "there is none called 'nobody'", id="a key there is not"),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_said_in_a_sentence(words: list[str], sentence: str) -> None:
    await sojourn("keys", "create", "taken", "--scope", "admin")

    said = await sojourn("keys", *words)

    assert said.code != 0
    assert sentence in said.out + said.err
    assert "Traceback" not in said.err


@pytest.mark.slow
async def test_the_command_brings_the_key_it_is_given(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (await sojourn("keys", "create", "root", "--scope", "admin")).out.strip()
    database = Database(f"sqlite:///{store / 'sojourn.db'}")
    async with serving(database) as gateway:
        without = await sojourn("journeys", "list", url=gateway)
        monkeypatch.setenv("SOJOURN_KEY", key)
        with_it = await sojourn("journeys", "list", url=gateway)
    database.close()

    assert (without.code, with_it.code) == (1, 0)
    assert "Expected a key" in without.err
