"""Routing: of which tables somebody hears, so that changes of all others are only mirrored."""

import pytest

from journeys.changes import Operation
from journeys.routing import Routes
from tests.virtual import VirtualStory
from tests.world import WORLD, Drawn, journey, wait, when

JUST_WAITING = journey(wait())
A_DATE = journey(wait(until_field="person.birthdate", if_missing="exit"))
OF_A_PERSON = journey(wait(), goal={"condition": when("person.firstname", "equals", "Anna")})
OF_A_RECORD = journey(
    wait(), trigger="ordered", goal={"condition": when("record.opportunityid.name", "equals", "x")}
)


@pytest.mark.parametrize(
    ("drawn", "table", "operation", "heard"),
    [
        pytest.param(JUST_WAITING, "incident", "update", True, id="a trigger names it"),
        pytest.param(JUST_WAITING, "contact", "update", False, id="nobody names it"),
        pytest.param(JUST_WAITING, "contact", "delete", True, id="somebody inside is deleted"),
        pytest.param(A_DATE, "contact", "update", True, id="a date of it is waited for"),
        pytest.param(A_DATE, "lead", "update", False, id="it has no such date"),
        pytest.param(OF_A_PERSON, "contact", "update", True, id="a condition reads people"),
        pytest.param(OF_A_RECORD, "opportunity", "update", True, id="a condition comes by it"),
        pytest.param(OF_A_RECORD, "account", "update", False, id="no condition comes by it"),
    ],
)
def test_somebody_hears_of_a_table_that_anything_names(
    drawn: Drawn, table: str, operation: Operation, *, heard: bool
) -> None:
    story = VirtualStory()
    story.tells_of(WORLD)
    version = story.published(drawn)

    routes = Routes(story.catalogue, entered=[version], published=[version])

    assert routes.hear_of(table, operation) is heard
