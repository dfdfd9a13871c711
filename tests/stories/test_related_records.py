"""Journeys that read the records which point to a person: their orders, their other cases."""

from typing import Any

from tests.story import Story
from tests.world import journey, message, when

OPEN: dict[str, Any] = {
    "each": "incident.primarycontactid",
    "where": when("each.statecode", "equals", "Active"),
    "sort": "-title",
}


def branch(*ways: tuple[str, Any, str]) -> dict[str, Any]:
    branches = [
        {"name": name, "when": condition, "next": target} for name, condition, target in ways
    ]
    return {"kind": "attribute_branch", "id": "cases", "branches": branches, "other": None}


async def test_a_branch_on_how_many_there_are_and_on_the_first_of_them(world: Story) -> None:
    drawn = journey(
        branch(
            ("several", when("related.open.count", "at_least", 2), "hello"),
            ("printer", when("related.open.first.title", "equals", "Printer"), "thanks"),
        ),
        message("hello"),
        message("thanks"),
        related={"open": OPEN},
    )
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.change("Mon 10:00", "incident/scanner", statecode=1)
    world.fires("Mon 11:00", "joined", "contact/ana")
    world.fires("Mon 12:00", "joined", "contact/ben")

    await world.expect(
        drawn,
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived cases
        Mon 09:00 decided cases -> hello: several
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """,
        """
        Mon 11:00 entered: joined
        Mon 11:00 arrived cases
        Mon 11:00 decided cases -> thanks: printer
        Mon 11:00 arrived thanks
        Mon 11:00 sent thanks
        Mon 11:00 completed
        """,
        """
        Mon 12:00 entered: joined
        Mon 12:00 arrived cases
        Mon 12:00 decided cases: other
        Mon 12:00 completed
        """,
    )


async def test_a_message_that_names_them_all(world: Story) -> None:
    said = (
        "{{ related.open.count }}: {% for case in related.open.all %}{{ case.title }} "
        "({{ case.statecode }}) {% endfor %}first {{ related.open.first.title }}"
    )
    world.templates(cases=said)
    world.fires("Mon 09:00", "joined", "contact/ana")

    await world.expect(
        journey(message("cases"), related={"open": OPEN}),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived cases
        Mon 09:00 sent cases
        Mon 09:00 completed
        """,
    )
    assert world.letters == [
        ("ana@example.org", "2: Scanner (Active) Printer (Active) first Scanner")
    ]


async def test_an_entry_that_asks_for_them(world: Story) -> None:
    none_open = when("related.open.count", "equals", 0)
    world.fires("Mon 09:00", "joined", "contact/ana")
    world.fires("Mon 09:00", "joined", "contact/ben")

    await world.expect(
        journey(message("hello"), related={"open": OPEN}, filter=none_open),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """,
    )
    assert world.refusals == ["unmet filter"]


async def test_columns_of_any_name_in_conditions_and_templates(world: Story) -> None:
    odd = 'Größe "L" (cm.)'
    world.declares(
        {
            "name": "parcel",
            "primary_id": "parcel id",
            "columns": [
                {"name": odd, "type": "integer"},
                {"name": "it's for", "type": "lookup", "targets": ["contact"]},
            ],
        }
    )
    world.given("parcel/p1", **{odd: 42, "it's for": "ana"})
    world.templates(parcel="{{ related.parcels.first['parcel id'] }}")
    world.fires("Mon 09:00", "joined", "contact/ana")
    field = r'related.parcels.first["Größe \"L\" (cm.)"]'

    await world.expect(
        journey(
            branch(("large", when(field, "at_least", 40), "parcel")),
            message("parcel"),
            related={"parcels": {"each": 'parcel["it\'s for"]'}},
        ),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived cases
        Mon 09:00 decided cases -> parcel: large
        Mon 09:00 arrived parcel
        Mon 09:00 sent parcel
        Mon 09:00 completed
        """,
    )
    assert world.letters == [("ana@example.org", "p1")]
