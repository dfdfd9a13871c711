"""Which fields a journey may name, and what is said about one it may not."""
# ruff: noqa: E501 - one case of a table is one line

import pytest

from journeys.catalogue import Catalogue
from journeys.journey import Journey
from journeys.problem import Unfounded
from journeys.scope import Scope


def scope(catalogue: Catalogue, trigger: str = "case-updated", event: str | None = None) -> Scope:
    journey = Journey.model_validate({
        "name": "case-follow-up", "entry": {"trigger": trigger},
        "tiles": [
            {"kind": "wait_for_trigger", "id": "answered", "trigger": "survey-submitted", "within": "P7D"},
            {"kind": "wait_for_trigger", "id": "reopened", "trigger": "case-updated", "within": "P7D"},
            {"kind": "wait_for_trigger", "id": "puzzled", "trigger": "nobody-knows", "within": "P7D"},
            {"kind": "wait_for_trigger", "id": "either", "within": "P7D", "triggers": [
                {"trigger": "survey-submitted"}, {"trigger": "survey-declined"}]},
            {"kind": "wait_for_trigger", "id": "or-resolved", "within": "P7D", "triggers": [
                {"trigger": "survey-submitted"}, {"condition": {"field": "record.title", "operator": "is_empty"}}]},
            {"kind": "exit", "id": "leave"},
        ],
        "related": {"open_cases": {"each": "incident.primarycontactid"}},
    })  # fmt: skip
    return Scope(journey, catalogue, event)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param("trigger.statuscode", "choice", id="a column of the trigger's record"),
        pytest.param("trigger.before.statuscode", "choice", id="the same as it was before"),
        pytest.param("trigger.incidentid", "text", id="its id, though nobody declared it"),
        pytest.param("trigger.primarycontactid", "lookup", id="a lookup"),
        pytest.param("trigger.primarycontactid.fullname", "text", id="a column of a related record"),
        pytest.param("trigger.before.customerid.name", "text", id="of the record it was related to before"),
        pytest.param("trigger.customerid.fullname", "text", id="a column only one target of the lookup has"),
        pytest.param("trigger.customerid.revenue", "money", id="a column only the other target has"),
        pytest.param("record.customerid.primarycontactid.parentcustomerid.parentaccountid.parentaccountid.name", "text", id="six lookups away"),
        pytest.param("record.details", "json", id="a json column"),
        pytest.param("record.details.printer.model", "json", id="anything below a json column"),
        pytest.param("person.birthdate", "date", id="a column of the person"),
        pytest.param("person.parentcustomerid.name", "text", id="of a record related to the person"),
        pytest.param("tiles.answered.score", "decimal", id="an attribute that a tile brought"),
        pytest.param("tiles.answered.case.title", "text", id="of the record that an attribute points to"),
        pytest.param("tiles.reopened.statuscode", "choice", id="a column of the record that a tile brought"),
        pytest.param("tiles.either.comment", "text", id="an attribute that all triggers of a tile have"),
        pytest.param("tiles.either.case.title", "text", id="of the record that it points to"),
        pytest.param("tiles.or-resolved.score", "decimal", id="what a tile brought unless a condition held before"),
        pytest.param("related.open_cases.count", "integer", id="how many related records there are"),
        pytest.param("related.open_cases.first", "lookup", id="the first of them"),
        pytest.param("related.open_cases.first.statuscode", "choice", id="a column of the first of them"),
        pytest.param("related.open_cases.first.customerid.primarycontactid.fullname", "text", id="over lookups from there"),
        pytest.param("journey.name", "text", id="the journey's name"),
        pytest.param("journey.version", "integer", id="its version"),
        pytest.param("now", "datetime", id="the present moment"),
    ],
)  # fmt: skip
def test_a_known_field_has_the_type_of_its_column(
    catalogue: Catalogue, field: str, expected: str
) -> None:
    assert scope(catalogue).column(field).type == expected


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        pytest.param("statuscode", "Expected a field that begins with one of trigger, record, person, event, tiles, related, journey, now, but it is 'statuscode'.", id="no root"),
        pytest.param("customer.name", "Expected a field that begins with one of trigger, record, person, event, tiles, related, journey, now, but it is 'customer.name'.", id="a root nobody knows"),
        pytest.param("person", "Expected a column of person, such as person.name, but it is 'person'.", id="a root alone"),
        pytest.param("person..fullname", "Expected a column of person, such as person.name, but it is 'person..fullname'.", id="an empty step"),
        pytest.param("now.year", "Expected a field that begins with one of trigger, record, person, event, tiles, related, journey, now, but it is 'now.year'.", id="a part of now"),
        pytest.param("trigger.statscode", "Expected a column of incident, but there is none called 'statscode'.", id="a column nobody declared"),
        pytest.param("trigger.before.statscode", "Expected a column of incident, but there is none called 'statscode'.", id="nor was there before"),
        pytest.param("trigger.customerid.shoesize", "Expected a column of account or contact, but there is none called 'shoesize'.", id="a column no target has"),
        pytest.param("trigger.title.fullname", "Expected a lookup before .fullname, but title is not a lookup: it is of type text.", id="a step that is not a lookup"),
        pytest.param("record.statuscode.label", "Expected a lookup before .label, but statuscode is not a lookup: it is of type choice.", id="a choice is no lookup"),
        pytest.param("tiles.asked.score", "Expected a tile, but there is none called 'asked'.", id="a tile nobody drew"),
        pytest.param("tiles.leave.score", "Expected a tile that brings values, but 'leave' is of kind exit, which brings none.", id="a tile that brings nothing"),
        pytest.param("related.cases.count", "Expected related records, but there are none called 'cases'.", id="related records nobody defined"),
        pytest.param("related.open_cases", "Expected related.open_cases.first, .count or .all, but it is 'related.open_cases'.", id="related records alone"),
        pytest.param("related.open_cases.title", "Expected related.open_cases.first, .count or .all, but it is 'related.open_cases.title'.", id="a column of no one of them"),
        pytest.param("related.open_cases.first.titel", "Expected a column of incident, but there is none called 'titel'.", id="a column they do not have"),
        pytest.param("each.title", "Expected a field that begins with one of trigger, record, person, event, tiles, related, journey, now, but it is 'each.title'.", id="each outside of a choice"),
        pytest.param("tiles.either.score", "Expected an attribute of survey-declined, but it has none called 'score'. Expected what survey-submitted and survey-declined all have.", id="an attribute that one of several triggers has"),
        pytest.param("tiles.either.again", "Expected again to be of one type, but it is boolean of survey-submitted and datetime of survey-declined.", id="an attribute of two types"),
        pytest.param("tiles.answered", "Expected what tile 'answered' brings, but no column is named.", id="a tile alone"),
        pytest.param("tiles.answered.mood", "Expected an attribute of survey-submitted, but it has none called 'mood'.", id="an attribute nobody declared"),
        pytest.param("tiles.reopened.before.title", "Expected a column of incident, but there is none called 'before'.", id="a tile brings nothing from before"),
        pytest.param("journey.owner", "Expected journey.name, journey.title or journey.version, but it is 'journey.owner'.", id="what a journey has not"),
        pytest.param("event.statuscode", "Expected a field that is known here, but event is known only in the filter and match of a trigger that is listened for.", id="an event where nobody listens"),
    ],
)  # fmt: skip
def test_an_unknown_field_is_refused_with_a_sentence(
    catalogue: Catalogue, field: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match="Expected") as refused:
        scope(catalogue).column(field)

    assert str(refused.value) == sentence


def test_the_event_is_the_trigger_listened_for(catalogue: Catalogue) -> None:
    assert scope(catalogue, event="survey-submitted").column("event.score").type == "decimal"
    assert scope(catalogue, event="case-updated").column("event.before.title").type == "text"


@pytest.mark.parametrize(
    ("trigger", "field", "sentence"),
    [
        pytest.param("survey-submitted", "record.title", "Expected a journey that people enter by a record change, but survey-submitted is a custom trigger: there is no record.", id="a custom trigger has no record"),
        pytest.param("survey-submitted", "trigger.before.score", "Expected a record change, but survey-submitted is a custom trigger, which brings no values from before.", id="nor values from before"),
        pytest.param("order-lost", "trigger.name", "Expected a table, but there is none called 'salesorder'.", id="a trigger on a table nobody declared"),
    ],
)  # fmt: skip
def test_what_a_trigger_does_not_bring_is_said(
    catalogue: Catalogue, trigger: str, field: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match="Expected") as refused:
        scope(catalogue, trigger).column(field)

    assert str(refused.value) == sentence


def test_a_person_of_a_custom_trigger_is_of_any_audience_table(catalogue: Catalogue) -> None:
    assert scope(catalogue, "survey-submitted").column("person.fullname").type == "text"
    with pytest.raises(ValueError, match="Expected a column of contact, but"):
        scope(catalogue, "survey-submitted").column("person.revenue")


def test_a_polymorphic_audience_ends_at_the_person_it_reaches_early(catalogue: Catalogue) -> None:
    assert scope(catalogue, "case-updated").column("person.emailaddress1").type == "text"
    with pytest.raises(ValueError, match="Expected a column of contact, but"):
        scope(catalogue, "case-updated").column("person.revenue")


@pytest.mark.parametrize("field", ["trigger.x", "record.x", "person.x", "tiles.puzzled.x"])
def test_a_field_of_an_unknown_trigger_is_told_apart(catalogue: Catalogue, field: str) -> None:
    with pytest.raises(Unfounded):
        scope(catalogue, "nobody-knows").column(field)


def test_choices_of_a_column_on_several_tables_are_those_of_any(catalogue: Catalogue) -> None:
    lookup = "tiles.answered.case.statuscode"  # a lookup without targets: to a case or a contact

    known = scope(catalogue).column(lookup).choices

    assert [choice.label for choice in known] == [
        "Active",
        "In Progress",
        "Problem Solved",
    ]
