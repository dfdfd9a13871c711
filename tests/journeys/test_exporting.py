"""What a bundle holds: everything that its journeys are made with, and nothing else."""

from typing import Any

import pytest

from journeys.bundle import Bundle, catalogue_of
from journeys.exporting import bundle_of
from journeys.journey import Journey
from store.builtin import builtin_tables
from tests.world import WORLD, journey, message, wait

TABLES: list[dict[str, Any]] = [
    {"name": "pet", "primary_id": "id", "columns": [
        {"name": "name", "type": "text"},
        {"name": "owner", "type": "lookup", "targets": ["contact"]},
        {"name": "breed", "type": "lookup", "targets": ["breed"]},
    ]},
    {"name": "breed", "primary_id": "id", "columns": [{"name": "name", "type": "text"}]},
    {"name": "planet", "primary_id": "id", "columns": []},
]  # fmt: skip
KNOWN = catalogue_of(
    builtin_tables(),
    [
        WORLD,
        Bundle.model_validate(
            {
                "tables": TABLES,
                "templates": [
                    {"name": "pets", "subject": "{{ related.pets.first.breed.name }}", "html": ""}
                ],
            }
        ),
    ],
)
BY_BREED = {"field": "each.breed.name", "operator": "equals", "value": "Poodle"}


def tables(**settings: Any) -> set[str]:
    drawn = Journey.model_validate(journey(wait("hello"), message("hello"), **settings))
    return {table.name for table in bundle_of([drawn], KNOWN, builtin_tables()).tables}


@pytest.mark.parametrize(
    "pets",
    [
        pytest.param({}, id="alone"),
        pytest.param({"where": BY_BREED}, id="chosen by another record"),
        pytest.param({"sort": "-breed.name"}, id="put in order by another record"),
    ],
)
def test_the_table_of_related_records_is_there_with_those_it_needs(pets: dict[str, Any]) -> None:
    found = tables(related={"pets": {"each": "pet.owner", **pets}})

    assert found == {"pet", "breed"}


def test_a_table_that_is_read_through_related_records_is_there() -> None:
    drawn = Journey.model_validate(
        journey({**message("hello"), "template": "pets"}, related={"pets": {"each": "pet.owner"}})
    )

    bundle = bundle_of([drawn], KNOWN, builtin_tables())

    assert {table.name for table in bundle.tables} == {"pet", "breed"}
    assert [template.name for template in bundle.templates] == ["pets"]


def test_a_table_that_nothing_names_is_not() -> None:
    assert tables() == set()
