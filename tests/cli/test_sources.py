"""`sojourn sources`: a system is declared, tried out and looked at without touching the API."""

import json
from pathlib import Path

import httpx
import pytest

from tests.command import sojourn
from tests.posts import PAID, SHOPIFY, STRIPE
from wire.formats import FORMATS

SECRET = "whsec_test"
SHOP = {
    "name": "shop",
    "format": "shopify",
    "credentials": [{"kind": "signature", "scheme": "shopify", "secret": SECRET}],
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a source, what it posts, and a mapping to try."""
    for name, content in {
        "shop": SHOP,
        "order": SHOPIFY,
        "contacts": {"table": {"always": "contact"}, "record_id": "/customer/id", "columns": {}},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


@pytest.mark.slow
async def test_a_source_is_added_shown_listed_and_removed(gateway: str, files: Path) -> None:
    added = await sojourn("sources", "add", files / "shop.json", url=gateway)
    shown = await sojourn("sources", "show", "shop", url=gateway)
    listed = await sojourn("sources", "list", url=gateway)
    removed = await sojourn("sources", "remove", "shop", url=gateway)
    gone = await sojourn("sources", "show", "shop", url=gateway)

    assert added.out == f"{gateway}/v1/sources/shop/in\n"
    assert json.loads(shown.out)["credentials"] == [{"kind": "signature", "scheme": "shopify"}]
    assert SECRET not in shown.out
    rows = [line.split() for line in listed.out.splitlines()]
    built_in = sorted([name, name] for name, form in FORMATS.items() if form.paths)
    assert sorted(row[:2] for row in rows[1:]) == sorted([*built_in, ["shop", "shopify"]])
    assert removed.out == "shop is removed\n"
    assert (gone.code, gone.err) == (
        1,
        "/v1/sources/shop: Expected a source, but there is none called 'shop'.\n",
    )


@pytest.mark.slow
async def test_a_body_is_tried_with_its_headers_and_with_other_settings(
    gateway: str, files: Path
) -> None:
    given = json.dumps(SHOP).encode()
    await sojourn("sources", "add", "-", url=gateway, given=given)
    topic = f"X-Shopify-Topic: {PAID['x-shopify-topic']}"
    words = ("sources", "try", "shop", files / "order.json", "--header", topic)

    unknown = await sojourn(*words, url=gateway)
    known = await sojourn(*words, "--settings", files / "contacts.json", url=gateway)

    assert unknown.code == 1
    assert "Expected a table that is declared, but 'orders' is none." in unknown.out
    assert known.code == 0
    [understood] = json.loads(known.out)["understood"]
    assert understood["change"]["record_id"] == str(SHOPIFY["customer"]["id"])
    async with httpx.AsyncClient(base_url=gateway) as there:
        assert (await there.get("/v1/tables/contact/records")).json()["items"] == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param(b"{", "-: Expected JSON, but ", id="no JSON"),
        pytest.param(b"[]", "-: Expected a source with a name, but it has none.", id="no source"),
        pytest.param(
            json.dumps(STRIPE).encode(), "-: Expected a source with a name", id="something else"
        ),
    ],
)
async def test_what_is_no_source_is_said_in_a_sentence(given: bytes, sentence: str) -> None:
    said = await sojourn("sources", "add", "-", given=given)

    assert said.code == 1
    assert said.err.startswith(sentence)
