"""Records that an upsert finds by their values, or creates."""

from typing import Any

import pytest

from tests.stories.test_record import branch
from tests.story import Story
from tests.world import journey, message, when

ODD = '100% o\'clock \\ "_" / für Ana'


def upsert(*found_by: str, id: str = "call", **values: Any) -> dict[str, Any]:  # noqa: A002 - the tile's word
    """Return a tile that writes the case that is *found_by* these columns."""
    return {
        "kind": "record",
        "id": id,
        "operation": "upsert",
        "table": "incident",
        "found_by": list(found_by),
        "values": values,
    }


async def played(world: Story, *tiles: dict[str, Any]) -> list[str | None]:
    """Play a journey of *tiles*; return what it says of the records that were written, or not."""
    world.fires("Mon 09:00", "joined", "contact/ana", plan=ODD)
    [notes] = await world.play(world.published(journey(*tiles)))
    return [note.why for note in notes if note.what in {"wrote", "failed"}]


@pytest.mark.parametrize(
    "by",
    [
        pytest.param({"title": "Printer"}, id="a text"),
        pytest.param({"description": {"field": "trigger.plan"}}, id="a text of odd characters"),
        pytest.param({"customersatisfactioncode": "Satisfied"}, id="a choice by its label"),
        pytest.param({"customerid": {"table": "contact", "id": "ben"}}, id="a lookup"),
        pytest.param(
            {"title": "Printer", "customerid": {"table": "contact", "id": "ben"}},
            id="several columns",
        ),
    ],
)
async def test_a_record_is_found_and_updated_by(world: Story, by: dict[str, Any]) -> None:
    world.given(
        "incident/printer", title="Printer", description=ODD, customersatisfactioncode=4,
        customerid={"table": "contact", "id": "ben"}, primarycontactid="ana",
    )  # fmt: skip
    world.given("incident/other", title="printer", description=ODD.lower())
    world.given("incident/another", title="Printer 2", customersatisfactioncode=5)
    itself = when("tiles.call.incidentid", "equals", "printer")

    said = await played(
        world,
        {**upsert(*by, **by, prioritycode="High"), "next": "right"},
        branch("right", itself, "hello", None),
        message("hello"),
    )

    assert said == ["created or updated incident"]
    assert world.letters == [("ana@example.org", "hello")]


async def test_what_is_not_found_is_created_once(world: Story) -> None:
    first = {**upsert("title", title="Call", prioritycode="High"), "next": "again"}
    again = {**upsert("title", id="again", title="Call", prioritycode="Low"), "next": "right"}
    one = when("tiles.call.prioritycode", "equals", "Low")

    await played(world, first, again, branch("right", one, "hello", None), message("hello"))

    assert world.letters == [("ana@example.org", "hello")]


async def test_a_record_that_has_other_values_by_now_is_left_alone(world: Story) -> None:
    renamed = {
        "kind": "record", "id": "renamed", "operation": "update", "record": "tiles.call",
        "values": {"title": "Called"}, "next": "again",
    }  # fmt: skip
    left = {
        "all": [
            when("tiles.call.title", "equals", "Called"),
            when("tiles.again.title", "equals", "Call"),
        ]
    }

    await played(
        world,
        {**upsert("title", title="Call"), "next": "renamed"},
        renamed,
        {**upsert("title", id="again", title="Call"), "next": "right"},
        branch("right", left, "hello", None),
        message("hello"),
    )

    assert world.letters == [("ana@example.org", "hello")]


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        pytest.param(
            {"primarycontactid": {"field": "person"}},
            'Expected one incident with primarycontactid {"table": "contact", "id": "ana"}, '
            "but there are several.",
            id="several records have the values",
        ),
        pytest.param(
            {"title": {"field": "person.lastname"}},
            "Expected a value of title to find a record of incident by, but there is none.",
            id="a value is missing",
        ),
        pytest.param(
            {"title": "{{ person.lastname }}"},
            "Expected a value of title to find a record of incident by, but there is none.",
            id="a text is empty",
        ),
    ],
)
async def test_what_cannot_be_found_leads_down_the_failed_way(
    world: Story, by: dict[str, Any], sentence: str
) -> None:
    tile = {**upsert(*by, **by, prioritycode="High"), "if_failed": "hello"}

    assert await played(world, tile, message("hello")) == [sentence]
    assert world.letters == [("ana@example.org", "hello")]
