"""The pages on connecting: there is one for each format, and what they show works as it stands."""

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from api.routes.sources import SourceDraft
from docs.generate import DOCS
from journeys.bundle import Bundle
from journeys.changes import RecordChange
from journeys.table import Table
from tests.posts import OWN
from wire.debezium import DebeziumSettings
from wire.finding import Place
from wire.formats import FORMATS
from wire.mapping import MappingSettings
from wire.signatures import Scheme

PAGES = {path.stem: path.read_text("utf-8") for path in (DOCS / "connect").glob("*.md")}


def blocks(page: str, language: str) -> list[str]:
    """Return what stands in *page* in *language*, without what it is indented by."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def jsons(page: str) -> list[Any]:
    return [json.loads(block) for block in blocks(page, "json")]


SHOWN = [
    pytest.param(block, id=f"{name} {index}")
    for name, page in sorted(PAGES.items())
    for index, block in enumerate(jsons(page))
]


def test_every_format_has_a_page() -> None:
    assert FORMATS.keys() <= PAGES.keys()


@pytest.mark.parametrize("shown", SHOWN)
def test_whatever_is_shown_can_be_declared(shown: dict[str, Any]) -> None:
    match shown:
        case {"format": _}:
            source = SourceDraft.model_validate(shown)
            assert FORMATS[source.format].settings_of(source.settings)
        case {"people": _}:
            assert FORMATS["segment"].settings_of(shown)
        case {"kind": _}:
            assert Bundle.model_validate({"triggers": [shown]}).triggers
        case {"columns": _}:
            assert Table.model_validate({"name": "shown", "primary_id": "id", **shown}).columns
        case _:
            assert shown == OWN


def test_the_mapping_that_is_shown_reads_the_body_that_is_shown() -> None:
    body, source = jsons(PAGES["mapping"])
    settings = FORMATS["mapping"].settings_of(source["settings"])

    (item,) = FORMATS["mapping"].read(body, {}, settings).items

    assert isinstance(item, RecordChange)
    assert (item.table, item.record_id, item.operation) == ("contact", "12", "update")
    assert item.values["parentcustomerid"] == {"table": "account", "id": "3"}


@pytest.mark.parametrize("model", [MappingSettings, Place, Scheme])
def test_everything_that_a_mapping_can_say_is_explained(model: type[BaseModel]) -> None:
    rows = re.findall(r"^\| (`.+?`) \|", PAGES["mapping"], re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert model.model_fields.keys() <= explained


def test_every_setting_of_debezium_is_explained() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGES["debezium"], re.MULTILINE))

    assert DebeziumSettings.model_fields.keys() <= rows


@pytest.mark.slow
async def test_the_page_on_standard_webhooks_is_followed_with_its_library(gateway: str) -> None:
    page = PAGES["standard-webhooks"]
    [source] = jsons(page)
    [program] = blocks(page, "python")
    async with httpx.AsyncClient(base_url=gateway) as there:
        declared = await there.put("/v1/sources/crm", json=source)

        here = program.replace("http://127.0.0.1:8000/v1/sources/crm/in", declared.json()["url"])
        await asyncio.to_thread(exec, here, {})

        record = (await there.get("/v1/tables/contact/records/ana")).json()
    assert record["values"]["firstname"] == "Ana"


@pytest.mark.slow
async def test_the_page_on_cloudevents_is_followed_with_the_sdk(gateway: str) -> None:
    [program] = blocks(PAGES["cloudevents"], "python")

    await asyncio.to_thread(exec, program.replace("http://127.0.0.1:8000", gateway), {})

    async with httpx.AsyncClient(base_url=gateway) as there:
        record = (await there.get("/v1/tables/contact/records/ana")).json()
    assert record["values"]["firstname"] == "Ana"
