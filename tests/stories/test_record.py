"""Records that journeys write: created, updated, read later, and refused."""

from typing import Any

from tests.story import Story
from tests.world import journey, message, wait, wait_for, when

CREATE: dict[str, Any] = {
    "kind": "record",
    "id": "call",
    "operation": "create",
    "table": "incident",
    "values": {
        "title": "Call {{ person.firstname }}",
        "prioritycode": "High",
        "primarycontactid": {"field": "person"},
        "customerid": {"table": "contact", "id": "ben"},
    },
}
UPDATE: dict[str, Any] = {
    "kind": "record",
    "id": "raise",
    "operation": "update",
    "record": "record",
    "values": {"prioritycode": "High"},
}


def branch(id: str, when_: dict[str, Any], then: str | None, other: str | None) -> dict[str, Any]:  # noqa: A002
    branches = [{"name": "yes", "when": when_, "next": then}]
    return {"kind": "attribute_branch", "id": id, "branches": branches, "other": other}


async def test_a_created_record_is_read_over_lookups_from_then_on(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    titled = when("tiles.call.title", "equals", "Call Ana")
    customer = when("tiles.call.customerid.firstname", "equals", "Ben")
    high = when("tiles.call.prioritycode", "equals", "High")

    await world.expect(
        journey(
            {**CREATE, "next": "right"},
            branch("right", {"all": [titled, customer, high]}, "hello", None),
            message("hello"),
        ),
        """
        Mon 09:00 entered: joined
        Mon 09:00 arrived call
        Mon 09:00 wrote call -> right: created incident
        Mon 09:00 arrived right
        Mon 09:00 decided right -> hello: yes
        Mon 09:00 arrived hello
        Mon 09:00 sent hello
        Mon 09:00 completed
        """,
    )


async def test_a_created_record_can_be_updated_and_pointed_to(world: Story) -> None:
    world.fires("Mon 09:00", "joined", "contact/ana")
    again = {**UPDATE, "id": "again", "record": "tiles.call", "values": {"title": "Called"}}
    child = {
        **CREATE,
        "id": "child",
        "values": {"title": "Child", "parentcaseid": {"field": "tiles.call"}},
    }
    called = when("tiles.child.parentcaseid.title", "equals", "Called")

    played = await world.play(
        world.published(
            journey(
                {**CREATE, "next": "again"},
                {**again, "next": "child"},
                {**child, "next": "right"},
                branch("right", called, "hello", None),
                message("hello"),
            )
        )
    )

    assert [note.what for note in played[0]][-3:] == ["arrived", "sent", "completed"]


async def test_an_update_is_a_change_that_fires_triggers(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    rated = {**UPDATE, "values": {"customersatisfactioncode": 1}, "next": "asked"}

    await world.expect(
        journey(rated, wait_for("case-rated"), trigger="case-changed"),
        """
        Mon 09:00 entered: case-changed
        Mon 09:00 arrived raise
        Mon 09:00 wrote raise -> asked: updated record
        Mon 09:00 arrived asked
        Mon 09:00 fulfilled asked: case-rated
        Mon 09:00 completed
        """,
    )


async def test_the_person_and_what_a_lookup_leads_to_are_updated_too(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    person = {**UPDATE, "record": "person", "values": {"jobtitle": "Chief"}, "next": "lookup"}
    lookup = {
        **UPDATE,
        "id": "lookup",
        "record": "record.primarycontactid",
        "values": {"firstname": "{{ person.jobtitle }} Ana"},
        "next": "right",
    }
    right = branch("right", when("person.firstname", "equals", "Chief Ana"), "hello", None)

    await world.play(
        world.published(journey(person, lookup, right, message("hello"), trigger="case-changed"))
    )

    assert world.letters == [("ana@example.org", "hello")]


async def test_a_record_that_is_gone_leads_down_the_failed_way(world: Story) -> None:
    world.change("Mon 09:00", "incident/printer", statecode=1)
    world.change("Mon 12:00", "incident/printer", operation="delete")

    await world.expect(
        journey(
            wait("raise"),
            {**UPDATE, "next": None, "if_failed": "hello"},
            message("hello"),
            trigger="case-changed",
            if_record_deleted="continue",
        ),
        """
        Mon 09:00 entered: case-changed
        Mon 09:00 arrived wait
        Tue 09:00 arrived raise
        Tue 09:00 failed raise -> hello: Expected record to be a record that is there, but there is none.
        Tue 09:00 arrived hello
        Tue 09:00 sent hello
        Tue 09:00 completed
        """,
    )


async def test_a_value_that_does_not_fit_when_it_is_written_fails(world: Story) -> None:
    world.given("incident/printer", title="Printer", primarycontactid="ana", actualserviceunits=77)
    world.change("Mon 09:00", "incident/printer", statecode=1)
    odd = {**UPDATE, "values": {"prioritycode": {"field": "record.actualserviceunits"}}}

    [played] = await world.play(world.published(journey(odd, trigger="case-changed")))

    assert [note.what for note in played] == ["entered", "arrived", "failed", "completed"]
    assert played[2].why is not None
    assert played[2].why.endswith("but prioritycode is 77.")
