"""The docs say what is there: generated pages are fresh, links lead somewhere, nothing is left out."""

import json
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from docs.generate import DOCS, journey_schema, kinds, pages, variable
from journeys.journey import Journey
from journeys.tile import BaseTile
from journeys.tiles import Tile
from settings import Settings

ROOT = DOCS.parent
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "References"]

EVERY_KIND = [pytest.param(kind, id=name) for name, kind in kinds().items()]
EVERY_PAGE = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in PAGES]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_generated_page_is_fresh(path: Path) -> None:
    written = path.read_text(encoding="utf-8") if path.is_file() else ""

    assert written == pages()[path], f"{path.name} is stale: run `make docs`"


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_kind_explains_itself(kind: type[BaseTile]) -> None:
    name = kind.model_fields["kind"].default
    section = (DOCS / "tiles.md").read_text("utf-8").partition(f"\n## {name}\n")[2]

    assert kind.__doc__ not in {None, BaseTile.__doc__}
    examples = section.partition("\n## ")[0].count("```json")
    assert examples == 1 + len(kind.more_examples)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_examples_of_a_kind_are_of_it(kind: type[BaseTile]) -> None:
    examples = [kind.example, *kind.more_examples]
    tiles = [TypeAdapter(Tile).validate_python(each) for each in examples]
    journey = Journey.model_validate(
        {"name": "example", "entry": {"trigger": "any"}, "tiles": examples}
    )

    assert {type(tile) for tile in tiles} == {kind}
    assert Journey.model_validate(journey.draft()) == journey


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_target_names_a_setting(kind: type[BaseTile]) -> None:
    tile = kind.model_validate(kind.example)

    for path in tile.targets:
        here: object = tile.model_dump(by_alias=True)
        for step in path.split("/"):
            here = here[int(step)] if isinstance(here, list | tuple) else here[step]  # type: ignore[index]


def test_every_kind_is_in_the_schema_and_has_to_be_said() -> None:
    definitions = journey_schema()["$defs"]

    for kind in kinds().values():
        assert "kind" in definitions[kind.__name__]["required"]
    assert set(journey_schema()["properties"]) == set(Journey.model_fields)


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(path.read_text(encoding="utf-8")):
        there = path.parent / target if target else path

        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_an_example_in_json_is_one(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    for block in re.findall(r"^ *```json\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        body = json.loads(block)
        if isinstance(body, dict) and "tiles" in body:
            assert Journey.model_validate(body).tiles


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"`((?:\w+/)+[\w.-]+\.\w+|\w+\.py)`", path.read_text(encoding="utf-8"))

    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_what_a_decision_refers_to_is_there() -> None:
    """A reference is written `module.py` (`name`, `name`)."""
    reference = re.compile(r"`((?:\w+/)*\w+\.py)` \(((?:`\w+`(?:, )?)+)\)")
    found = [
        (path.name, module, name)
        for path in DECISIONS
        for module, names in reference.findall(path.read_text(encoding="utf-8"))
        for name in re.findall(r"\w+", names)
    ]

    assert found
    for _, module, name in found:
        assert re.search(
            rf"^(?:(?:async )?def|class) {name}\b|^{name}\b.* = ",
            (ROOT / module).read_text(encoding="utf-8"),
            re.MULTILINE,
        ), f"{module} defines no {name}"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / target).resolve() for target, _ in LINK.findall(index)}
    there = {
        path for path in [*DOCS.glob("*.md"), *DOCS.glob("*.json")] if path.name != "README.md"
    }

    assert there <= linked


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in DECISIONS])
def test_a_decision_has_the_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert text.startswith(f"# {int(path.name[:4])}. ")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_a_cited_decision_exists() -> None:
    numbers = {int(path.name[:4]) for path in DECISIONS}
    sources = [path for path in ROOT.glob("*/**/*.py") if ".venv" not in path.parts]
    cited = {
        int(number)
        for path in [*sources, *PAGES]
        for number in re.findall(r"\bADR (\d+)", path.read_text(encoding="utf-8"))
    }

    assert cited <= numbers


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_read_from_the_variable_it_is_listed_by(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    default = str(Settings.model_fields[name].get_default() or 1)

    monkeypatch.setenv(variable(name), default)

    assert f"| `{variable(name)}` |" in page
    assert Settings.model_fields[name].description
    assert name in Settings().model_fields_set
