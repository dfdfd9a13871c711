"""Templates are written, looked at with made-up people, and kept while somebody sends them."""

from typing import Any

import pytest

from tests.api.conftest import SURVEY, Asked


async def test_a_template_is_written_and_rewritten(asked: Asked) -> None:
    written = await asked.put(
        "/templates/survey", SURVEY | {"from": "Contoso <care@contoso.example>"}
    )
    await asked.put("/templates/survey", written, status=200)

    assert written == {"name": "survey", "from": "Contoso <care@contoso.example>", **SURVEY}
    assert await asked.get("/templates") == {"items": [written], "next": None}
    assert await asked.get("/templates/survey") == written


@pytest.mark.parametrize(
    ("changed", "path", "sentence"),
    [
        pytest.param({"html": "<p>\n{% if %}"}, "/html", "Expected Liquid, but line 2", id="a tag that is none"),
        pytest.param(
            {"subject": "{{ a | shout }}"}, "/subject", "Expected a Liquid filter, but line 1 uses 'shout'",
            id="an unknown filter",
        ),
        pytest.param({"text": 3}, "/text", "Expected text, but text is 3", id="a text that is none"),
        pytest.param({"channel": "pigeon"}, "/channel", "Expected ", id="an unknown channel"),
    ],
)  # fmt: skip
async def test_a_template_that_is_none_is_refused(
    asked: Asked, changed: dict[str, Any], path: str, sentence: str
) -> None:
    ((where, said),) = await asked.refused("PUT", "/templates/survey", SURVEY | changed)

    assert where == path
    assert said.startswith(sentence)


async def test_a_preview_shows_what_one_person_would_get(asked: Asked) -> None:
    html = "<p>{{ trigger.title }} of {{ person.parentcustomerid.name }}</p>"
    await asked.put("/templates/survey", SURVEY | {"html": html})

    preview = await asked.post(
        "/templates/survey/preview",
        {
            "records": [
                {"table": "account", "id": "a1", "values": {"name": "Fish & Chips"}},
                {"table": "contact", "id": "ana", "values": {
                    "firstname": "Ana", "parentcustomerid": {"table": "account", "id": "a1"}}},
            ],
            "trigger": {"title": "<Printer>"},
            "person": {"table": "contact", "id": "ana"},
        },
    )  # fmt: skip

    assert preview == {
        "subject": "How did we do, Ana?",
        "html": "<p>&lt;Printer&gt; of Fish &amp; Chips</p>",
        "text": "<Printer> of Fish & Chips\n",
    }


async def test_a_preview_reads_the_mirror_and_plain_values(live: Asked) -> None:
    known = await live.post(
        "/templates/survey/preview", {"person": {"table": "contact", "id": "ana"}}
    )
    made_up = await live.post("/templates/survey/preview", {"person": {"firstname": "Bo"}})

    assert (known["subject"], made_up["subject"]) == ("How did we do, Ana?", "How did we do, Bo?")


async def test_a_preview_reads_related_records_in_order(live: Asked) -> None:
    html = (
        "{{ related.cases.count }}: {{ related.cases.first.title }}"
        "{% for case in related.cases.all %}, {{ case.title }}{% endfor %}"
    )
    await live.put("/templates/cases", {"subject": "{{ related.none.count }}", "html": html})

    preview = await live.post(
        "/templates/cases/preview",
        {
            "related": {
                "cases": [{"table": "incident", "id": "k1"}, {"title": "Scanner"}],
                "none": [],
            }
        },
    )

    assert (preview["subject"], preview["html"]) == ("0", "2: Printer, Printer, Scanner")


async def test_a_preview_of_records_that_cannot_be_is_refused(live: Asked) -> None:
    records = [
        {"table": "pet", "id": "p1"},
        {"table": "incident", "id": "k1", "values": {"statuscode": "No such"}},
    ]
    found = await live.refused("POST", "/templates/survey/preview", {"records": records})

    assert [path for path, _ in found] == ["/records/0/table", "/records/1/values/statuscode"]


async def test_a_template_in_use_is_not_deleted(live: Asked) -> None:
    said = "Expected a template that no journey uses, but follow-up uses survey."

    assert await live.conflict("DELETE", "/templates/survey") == said

    await live.post("/journeys/follow-up/stop")
    assert await live.conflict("DELETE", "/templates/survey") == said  # its draft still does
    await live.ask("DELETE", "/journeys/follow-up", status=204)
    await live.ask("DELETE", "/templates/survey", status=204)
    await live.get("/templates/survey", status=404)
