"""Journeys as text: exported, imported, compared and drawn by the command."""

from pathlib import Path

import httpx
import pytest

from journeys.text import read, to_yaml
from tests.command import sojourn
from tests.examples import EXAMPLES, example

pytestmark = pytest.mark.slow

NAMES = ("case-follow-up", "order-ready", "webinar-invitation")


async def test_what_is_exported_and_imported_elsewhere_is_exported_as_the_same_bytes(
    gateway: str, other_gateway: str, tmp_path: Path
) -> None:
    first, again = tmp_path / "first.yaml", tmp_path / "again.yaml"
    await sojourn("journeys", "publish", *sorted(EXAMPLES.glob("*.json")), url=gateway)

    exported = await sojourn("journeys", "export", *NAMES, "-o", first, url=gateway)
    imported = await sojourn("journeys", "import", first, url=other_gateway)
    await sojourn("journeys", "export", "-o", again, url=other_gateway)

    assert (exported.code, imported.code) == (0, 0), exported.err + imported.err
    assert first.read_bytes() == again.read_bytes()
    assert [table.name for table in read(first.read_bytes()).tables] == ["campaign"]


async def test_an_export_holds_what_the_journey_uses_and_nothing_else(gateway: str) -> None:
    await sojourn("journeys", "publish", *sorted(EXAMPLES.glob("*.json")), url=gateway)

    said = await sojourn("journeys", "export", "case-follow-up", url=gateway)

    assert said.out == to_yaml(example("case-follow-up").model_copy(update={"records": ()}))


async def test_an_import_says_what_became_of_each_part_and_the_second_changes_nothing(
    gateway: str,
) -> None:
    file = EXAMPLES / "webinar-invitation.json"

    first = await sojourn("journeys", "import", file, url=gateway)
    second = await sojourn("journeys", "import", file, url=gateway)
    listed = await sojourn("journeys", "list", url=gateway)

    parts = [
        "table campaign", "trigger lead-created", "template webinar-link",
        "template webinar-reminder", "journey webinar-invitation",
    ]  # fmt: skip
    assert first.out.splitlines() == [f"{part}: created" for part in parts]
    assert second.out.splitlines() == [f"{part}: unchanged" for part in parts]
    assert listed.out.splitlines()[1].split()[:3] == ["webinar-invitation", "draft", "-"]
    async with httpx.AsyncClient(base_url=gateway) as there:
        assert (await there.get("/v1/triggers/lead-created")).json()["state"] == "ready"
        drafted = (await there.get("/v1/journeys/webinar-invitation")).json()
    assert (drafted["problems"], drafted["draft_version"]) == ([], 1)


async def test_a_difference_is_shown_line_by_line(gateway: str, tmp_path: Path) -> None:
    file = tmp_path / "bundle.yaml"
    await sojourn("journeys", "import", EXAMPLES / "order-ready.json", url=gateway)
    file.write_text(to_yaml(example("order-ready")), encoding="utf-8")

    same = await sojourn("journeys", "diff", file, url=gateway)
    file.write_text(file.read_text("utf-8").replace("Europe/Paris", "Europe/Oslo"), "utf-8")
    other = await sojourn("journeys", "diff", file, url=gateway)

    assert (same.code, same.out) == (0, "")
    assert other.code == 1
    changed = [line for line in other.out.splitlines()[2:] if line[0] in "+-"]
    assert changed == ["-  time_zone: Europe/Paris", "+  time_zone: Europe/Oslo"]


async def test_what_a_gateway_does_not_have_is_new_in_every_line(gateway: str) -> None:
    said = await sojourn("journeys", "diff", EXAMPLES / "order-ready.json", url=gateway)

    assert said.code == 1
    lines = said.out.splitlines()
    assert "+- name: order-ready" in lines
    assert [line for line in lines[3:] if line[0] != "+"] == []


async def test_tables_that_point_to_each_other_are_imported(gateway: str, tmp_path: Path) -> None:
    file = tmp_path / "tables.yaml"
    file.write_text(
        "tables:\n"
        "- {name: seat, primary_id: seatid, columns: [{name: hall, type: lookup, targets: [venue]}]}\n"
        "- {name: venue, primary_id: venueid, columns: [{name: best, type: lookup, targets: [seat]}]}\n"
        "- {name: contact, primary_id: contactid, columns: [{name: seat, type: lookup, targets: [seat]}]}\n",
        encoding="utf-8",
    )

    first = await sojourn("journeys", "import", file, url=gateway)
    second = await sojourn("journeys", "import", file, url=gateway)
    compared = await sojourn("journeys", "diff", file, url=gateway)

    assert first.code == 0, first.err
    assert set(second.out.splitlines()) == {
        "table seat: unchanged", "table venue: unchanged", "table contact: unchanged"
    }  # fmt: skip
    assert (compared.code, compared.out) == (0, "")


async def test_an_import_leaves_how_a_built_in_table_was_extended_before(
    gateway: str, tmp_path: Path
) -> None:
    file = tmp_path / "tables.yaml"
    async with httpx.AsyncClient(base_url=gateway) as there:
        await there.put(
            "/v1/tables/contact", json={"columns": [{"name": "shoe", "type": "integer"}]}
        )
        file.write_text(
            "tables: [{name: contact, primary_id: contactid, columns: [{name: hat, type: text}]}]"
        )

        await sojourn("journeys", "import", file, url=gateway)

        columns = (await there.get("/v1/tables/contact")).json()["columns"]
    assert {"shoe", "hat"} <= {each["name"] for each in columns}


async def test_the_bundle_in_the_docs_is_spelled_as_an_export_is(
    gateway: str, tmp_path: Path
) -> None:
    page = (EXAMPLES.parent / "docs" / "journeys-as-text.md").read_text(encoding="utf-8")
    file = tmp_path / "bundle.yaml"
    file.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")

    await sojourn("journeys", "import", file, url=gateway)
    said = await sojourn("journeys", "export", "order-ready", url=gateway)

    assert said.out == file.read_text(encoding="utf-8")


async def test_an_unknown_journey_is_said(gateway: str) -> None:
    for command in ("export", "draw"):
        said = await sojourn("journeys", command, "flight", url=gateway)

        assert (said.code, said.out) == (1, "")
        assert said.err == "Expected a journey, but there is none called 'flight'.\n"


async def test_a_journey_is_drawn_alike_from_its_file_and_from_the_gateway(
    gateway: str, tmp_path: Path
) -> None:
    file, picture = EXAMPLES / "case-follow-up.json", tmp_path / "picture.svg"
    await sojourn("journeys", "import", file, url=gateway)

    await sojourn("journeys", "draw", file, "-o", picture)
    said = await sojourn("journeys", "draw", "case-follow-up", url=gateway)

    assert said.out == picture.read_text(encoding="utf-8")
    assert said.out.startswith("<svg ")


async def test_yaml_is_judged_like_json(tmp_path: Path) -> None:
    file = tmp_path / "bundle.yaml"
    file.write_text(to_yaml(example("order-ready")), encoding="utf-8")

    said = await sojourn("journeys", "validate", file)

    assert (said.code, said.out) == (0, "order-ready: no problems\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param("journeys: [", "Expected YAML, but line 1, column 12: ", id="no YAML"),
        pytest.param("journeys: 1", "/journeys: Expected a list, but", id="no bundle"),
    ],
)
async def test_yaml_that_is_no_bundle_is_said_in_a_sentence(
    content: str, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.yaml"
    file.write_text(content)

    said = await sojourn("journeys", "import", file)

    assert said.code == 1
    assert sentence in said.err
    assert "Traceback" not in said.err
