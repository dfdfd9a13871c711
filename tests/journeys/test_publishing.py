"""What keeps a draft from going live, all at once, and the version it becomes."""
# ruff: noqa: E501 - one case of a table is one line

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from journeys.catalogue import Catalogue
from journeys.condition import OPERATORS, Condition
from journeys.drawn import settings
from journeys.journey import Journey, version_of
from journeys.operators import MEANINGS, Operator
from journeys.problem import Problem, Problems
from journeys.publishing import problems, publish, resolved
from journeys.tile import BaseTile, TileId
from journeys.visit import Visit
from tests.work import calls

LEAVE = {"kind": "exit", "id": "leave"}


def draft(*tiles: dict[str, Any], **settings_: Any) -> Journey:
    entry = {"trigger": "case-updated", **settings_.pop("entry", {})}
    return Journey.model_validate(
        {"name": "case-follow-up", "entry": entry, "tiles": tiles or (LEAVE,), **settings_}
    )


def wait(tile_id: str, **settings_: Any) -> dict[str, Any]:
    ways = {"for", "until", "until_field", "until_local", "window"}
    way = {} if settings_.keys() & ways else {"for": "PT2H"}
    return {"kind": "wait", "id": tile_id, **way, **settings_}


def branch(tile_id: str, when: Any = None, **settings_: Any) -> dict[str, Any]:
    when = when or {"field": "record.satisfaction", "operator": "at_most", "value": 2}
    branches = [{"name": "unhappy", "when": when, "next": settings_.pop("then", None)}]
    return {"kind": "attribute_branch", "id": tile_id, "branches": branches, **settings_}


def message(tile_id: str, template: str = "survey", **settings_: Any) -> dict[str, Any]:
    return {"kind": "message", "id": tile_id, "template": template, **settings_}


def asked(tile_id: str = "answered", **settings_: Any) -> dict[str, Any]:
    listening = {"trigger": "survey-submitted", "within": "P7D", **settings_}
    return {"kind": "wait_for_trigger", "id": tile_id, **listening}


def compare(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def said(journey: Journey, catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in problems(journey, catalogue)]


def test_a_sound_journey_has_no_problems(catalogue: Catalogue) -> None:
    journey = draft(
        message("survey", next="settle"),
        wait("settle", next="answered"),
        asked(yes="happy", filter=compare("event.score", "is_not_empty"), match={"event.case": "trigger.incidentid"}),
        branch("happy", compare("tiles.answered.score", "at_most", 2), then="discount"),
        message("discount", "discount"),
        entry={"filter": compare("trigger.statuscode", "changed_to", "problem solved"),
               "exclude": compare("person.donotbulkemail", "equals", True)},
        exits=[{"trigger": "case-updated", "filter": compare("event.statuscode", "changed_from", 5)}],
        goal={"trigger": "survey-submitted", "match": "person"},
    )  # fmt: skip

    assert problems(journey, catalogue) == ()


@pytest.mark.parametrize(
    ("journey", "path", "sentence"),
    [
        pytest.param(
            Journey.model_validate({"name": "empty", "entry": {"trigger": "case-updated"}}),
            "/tiles", "Expected at least one tile, but there is none.", id="no tiles",
        ),
        pytest.param(
            draft(entry={"trigger": "case-reopened"}),
            "/entry/trigger", "Expected a trigger, but there is none called 'case-reopened'.", id="an entry by a trigger nobody knows",
        ),
        pytest.param(
            draft(entry={"trigger": "still-a-draft"}),
            "/entry/trigger", "Expected a trigger that is ready, but 'still-a-draft' is not.", id="an entry by a trigger that is not ready",
        ),
        pytest.param(
            draft(exits=[{"trigger": "case-updated"}, {"trigger": "still-a-draft"}]),
            "/exits/1/trigger", "Expected a trigger that is ready, but 'still-a-draft' is not.", id="an exit on one that is not ready",
        ),
        pytest.param(
            draft(goal={"trigger": "case-reopened"}),
            "/goal/trigger", "Expected a trigger, but there is none called 'case-reopened'.", id="a goal nobody knows",
        ),
        pytest.param(
            draft(asked(trigger="case-reopened")),
            "/tiles/0/trigger", "Expected a trigger, but there is none called 'case-reopened'.", id="a wait for a trigger nobody knows",
        ),
        pytest.param(
            draft(entry={"filter": {"any": []}}),
            "/entry/filter/any", "Expected conditions in any, but there is none.", id="any of no conditions",
        ),
        pytest.param(
            draft(branch("happy", {"not": {"all": []}})),
            "/tiles/0/branches/0/when/not/all", "Expected conditions in all, but there is none.", id="all of no conditions",
        ),
        pytest.param(
            draft(wait("settle", next="leave"), LEAVE, {**LEAVE}),
            "/tiles/2/id", "Expected an id of its own, but 'leave' is the id of an earlier tile too.", id="two tiles of one id",
        ),
        pytest.param(
            draft(wait("settle", next="nowhere")),
            "/tiles/0/next", "Expected the id of a tile, but there is none called 'nowhere'.", id="a dangling target",
        ),
        pytest.param(
            draft(branch("happy", then="nowhere")),
            "/tiles/0/branches/0/next", "Expected the id of a tile, but there is none called 'nowhere'.", id="a dangling branch",
        ),
        pytest.param(
            draft(wait("settle", until_field="record.resolveby", if_missing="nowhere")),
            "/tiles/0/if_missing", "Expected the id of a tile, but there is none called 'nowhere'.", id="a dangling way out of a wait",
        ),
        pytest.param(
            draft(wait("settle"), LEAVE),
            "/tiles/1", "Expected a way that leads here, but none leads to 'leave'.", id="an unreachable tile",
        ),
        pytest.param(
            draft(message("survey", next="happy"), branch("happy", then="survey")),
            "/tiles/0", "Expected a wait in every cycle, but survey → happy → survey has none.", id="a cycle without a wait",
        ),
        pytest.param(
            draft(branch("happy", other="happy")),
            "/tiles/0", "Expected a wait in every cycle, but happy → happy has none.", id="a tile that leads to itself",
        ),
        pytest.param(
            draft(wait("settle", until_field="record.resolveby", next="settle")),
            "/tiles/0", "Expected a wait in every cycle, but settle → settle has none.", id="a date that passes only once is no wait in a cycle",
        ),
        pytest.param(
            draft(wait("settle", window={"from": "09:00", "to": "17:00"}, next="settle")),
            "/tiles/0", "Expected a wait in every cycle, but settle → settle has none.", id="a window that may be open is no wait in a cycle",
        ),
        pytest.param(
            draft(wait("settle", until_field="record.resolveby", offset="-P4000D")),
            "/tiles/0/offset", "Expected at most 3653 days, but it is 4000 days.", id="an offset that is too long",
        ),
        pytest.param(
            draft(wait("settle", **{"for": "P4000D"})),
            "/tiles/0/for", "Expected at most 3653 days, but it waits 4000 days.", id="what a tile itself finds wrong",
        ),
        pytest.param(
            draft(entry={"starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}),
            "/entry/ends_at", "Expected an end after 2027-01-02T00:00:00+00:00, but it is 2027-01-01T00:00:00+00:00.", id="an end before the start",
        ),
        pytest.param(
            draft(entry={"starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-02T00:00:00Z"}),
            "/entry/ends_at", "Expected an end after 2027-01-02T00:00:00+00:00, but it is 2027-01-02T00:00:00+00:00.", id="an end with the start",
        ),
        pytest.param(
            draft(message("survey", "no-such")),
            "/tiles/0/template", "Expected a template, but there is none called 'no-such'.", id="a template nobody wrote",
        ),
        pytest.param(
            draft(message("survey", "broken")),
            "/tiles/0/template", "Expected Liquid, but line 2: expected tag endif, found end of expression. It is the html of template 'broken'.", id="a template that is not Liquid",
        ),
        pytest.param(
            draft(message("survey", "discount")),
            "/tiles/0/template", "Expected a tile, but there is none called 'answered'. It is a field of template 'discount'.", id="a template that names an unknown tile",
        ),
        pytest.param(
            draft(wait("settle", until_field="record.resolvedby")),
            "/tiles/0/until_field", "Expected a column of incident, but there is none called 'resolvedby'.", id="a wait until a column nobody declared",
        ),
        pytest.param(
            draft(wait("settle", until_field="person.fullname")),
            "/tiles/0/until_field", "Expected a date, but person.fullname is of type text.", id="a wait until a text",
        ),
        pytest.param(
            draft(wait("settle", until_field="now")),
            "/tiles/0/until_field", "Expected a date of trigger, record, person or tiles, but it is 'now'.", id="a wait until now",
        ),
        pytest.param(
            draft(wait("settle", until_field="event.resolveby")),
            "/tiles/0/until_field", "Expected a date of trigger, record, person or tiles, but it is 'event.resolveby'.", id="a wait until a date of no trigger",
        ),
        pytest.param(
            draft(asked(match={"event.order": "trigger.incidentid"})),
            "/tiles/0/match/event.order", "Expected an attribute of survey-submitted, but it has none called 'order'.", id="a match of a field the trigger has not",
        ),
        pytest.param(
            draft(exits=[{"trigger": "case-updated", "match": {"event.title": "trigger.name"}}]),
            "/exits/0/match/event.title", "Expected a column of incident, but there is none called 'name'.", id="a match with a field the entry has not",
        ),
        pytest.param(
            draft(entry={"filter": compare("event.title", "is_empty")}),
            "/entry/filter/field", "Expected a field that is known here, but event is known only in the filter and match of a trigger that is listened for.", id="an event in the entry's filter",
        ),
        pytest.param(
            draft(branch("happy", compare("event.score", "is_empty"))),
            "/tiles/0/branches/0/when/field", "Expected a field that is known here, but event is known only in the filter and match of a trigger that is listened for.", id="an event on a tile that does not listen",
        ),
        pytest.param(
            draft(entry={"filter": {"all": [{"not": {"any": [compare("trigger.statscode", "is_empty")]}}]}}),
            "/entry/filter/all/0/not/any/0/field", "Expected a column of incident, but there is none called 'statscode'.", id="a column nobody declared, deep inside",
        ),
        pytest.param(
            draft(entry={"filter": compare("trigger.title.name", "is_empty")}),
            "/entry/filter/field", "Expected a lookup before .name, but title is not a lookup: it is of type text.", id="a lookup that is not one",
        ),
        pytest.param(
            draft(entry={"filter": compare("person.fullname", "changed")}),
            "/entry/filter/field", "Expected a field of trigger or event with changed, since only a change has values before it, but it is 'person.fullname'.", id="a change of what has no value before",
        ),
        pytest.param(
            draft(asked(filter=compare("event.score", "increased"))),
            "/tiles/0/filter/field", "Expected a record change, but survey-submitted is a custom trigger, which brings no values from before.", id="a change of a custom trigger",
        ),
        pytest.param(
            draft(asked(filter=compare("tiles.answered.score", "is_empty"))),
            "/tiles/0/filter/field", "Expected a field of event, trigger, record, person or related, since a trigger is judged when it comes in, whatever tiles have brought by then, but it is 'tiles.answered.score'.", id="what a tile brought, where a trigger is judged",
        ),
        pytest.param(
            draft(asked(), exits=[{"trigger": "case-updated", "match": {"event.title": "tiles.answered.comment"}}]),
            "/exits/0/match/event.title", "Expected a field of event, trigger, record, person or related, since a trigger is judged when it comes in, whatever tiles have brought by then, but it is 'tiles.answered.comment'.", id="what a tile brought, where a trigger is matched",
        ),
        pytest.param(
            draft(asked(), exits=[{"condition": compare("tiles.answered.score", "at_least", 4)}]),
            "/exits/0/condition/field", "Expected a field of record, person, related or trigger, since the condition is looked at wherever the participant stands, but it is 'tiles.answered.score'.", id="what a tile brought, in a condition of an exit",
        ),
        pytest.param(
            draft(goal={"condition": compare("event.title", "is_empty")}),
            "/goal/condition/field", "Expected a field that is known here, but event is known only in the filter and match of a trigger that is listened for.", id="an event, in a condition of the goal",
        ),
        pytest.param(
            draft(goal={"condition": compare("trigger.customerid.name", "is_empty")}),
            "/goal/condition/field", "Expected a field of record, person or related, since the records that the entry's trigger pointed to are not watched, but it is 'trigger.customerid.name'.", id="a record that the trigger pointed to",
        ),
        pytest.param(
            draft(goal={"condition": compare("record.resolveby", "in_next", "P1D")}),
            "/goal/condition/operator", "Expected a condition that comes to hold by a change, but record.resolveby in_next 'P1D' does so by itself as time goes on: wait until the date instead.", id="what time alone brings about",
        ),
        pytest.param(
            draft(asked(trigger=None, condition=compare("record.resolveby", "before", "today - P1D"))),
            "/tiles/0/condition/operator", "Expected a condition that comes to hold by a change, but record.resolveby before 'today - P1D' does so by itself as time goes on: wait until the date instead.", id="a day that moves on",
        ),
        pytest.param(
            draft(goal={"condition": compare("now", "after", "2030-01-01")}),
            "/goal/condition/field", "Expected a condition that comes to hold by a change, but now changes by itself: wait until the moment instead.", id="a moment to come",
        ),
        pytest.param(
            draft(goal={"condition": compare("related.cases.count", "at_least", 1)}, related={"cases": {"each": "incident.primarycontactid", "of": "trigger.primarycontactid"}}),
            "/goal/condition/field", "Expected related records of person or record, since those of the entry's trigger are not watched, but related.cases.count are of trigger.primarycontactid.", id="related records of the trigger",
        ),
        pytest.param(
            draft(goal={"condition": compare("related.cases.count", "at_least", 1)}, related={"cases": {"each": "incident.primarycontactid", "where": compare("each.resolveby", "in_next", "P1D")}}),
            "/goal/condition/field", "Expected a condition that comes to hold by a change, but each.resolveby in_next 'P1D' does so by itself as time goes on: wait until the date instead.", id="related records chosen by what time brings about",
        ),
        pytest.param(
            draft(related={"cases": {"each": "incident.ownerid"}}),
            "/related/cases/each", "Expected a column of incident, but there is none called 'ownerid'.", id="related records by a column nobody declared",
        ),
        pytest.param(
            draft(related={"cases": {"each": "order.customerid"}}),
            "/related/cases/each", "Expected a table, but there is none called 'order'.", id="related records of a table nobody declared",
        ),
        pytest.param(
            draft(related={"cases": {"each": "account.parentaccountid"}}),
            "/related/cases/each", "Expected a lookup that points to contact, but account.parentaccountid points to account.", id="related records that point to others",
        ),
        pytest.param(
            draft(related={"cases": {"each": "incident.customerid", "of": "person.fullname"}}),
            "/related/cases/of", "Expected a lookup, but person.fullname is not a lookup: it is of type text.", id="related records of a text",
        ),
        pytest.param(
            draft(related={"cases": {"each": "incident.customerid", "of": "related.cases.first"}}),
            "/related/cases/of", "Expected a record of trigger, record or person, but it is 'related.cases.first'.", id="related records of related records",
        ),
        pytest.param(
            draft(related={"cases": {"each": "incident.customerid", "sort": "-created"}}),
            "/related/cases/sort", "Expected a column of incident, but there is none called 'created'.", id="related records in an order nobody declared",
        ),
        pytest.param(
            draft(related={"cases": {"each": "incident.customerid", "where": compare("person.fullname", "is_empty")}}),
            "/related/cases/where/field", "Expected a field that begins with one of each, now, but it is 'person.fullname'.", id="related records chosen by something else",
        ),
        pytest.param(
            draft(related={"cases": {"each": "incident.customerid", "where": compare("each.statuscode", "equals", "Closed")}}),
            "/related/cases/where/value", "Expected one of 1 (In Progress), 5 (Problem Solved), but each.statuscode is 'Closed'.", id="related records chosen by a choice nobody declared",
        ),
    ],
)  # fmt: skip
def test_what_keeps_a_draft_from_going_live(
    catalogue: Catalogue, journey: Journey, path: str, sentence: str
) -> None:
    assert said(journey, catalogue) == [(path, sentence)]


@pytest.mark.parametrize(
    ("comparison", "step", "sentence"),
    [
        pytest.param(compare("trigger.statuscode", "equals", "Closed"), "value", "Expected one of 1 (In Progress), 5 (Problem Solved), but trigger.statuscode is 'Closed'.", id="a choice nobody declared"),
        pytest.param(compare("trigger.statuscode", "in", [1, 7]), "value", "Expected one of 1 (In Progress), 5 (Problem Solved), but trigger.statuscode is 7.", id="one of several choices nobody declared"),
        pytest.param(compare("trigger.statuscode", "starts_with", "In"), "operator", "Expected an operator that fits a column of type choice (equals, not_equals, in, not_in, is_empty, is_not_empty, greater_than, at_least, less_than, at_most, between, changed, changed_from, changed_to, increased, decreased), but it is 'starts_with'.", id="the beginning of a choice"),
        pytest.param(compare("trigger.title", "greater_than", 5), "operator", "Expected an operator that fits a column of type text (equals, not_equals, in, not_in, contains, not_contains, starts_with, ends_with, is_empty, is_not_empty, changed, changed_from, changed_to), but it is 'greater_than'.", id="a greater text"),
        pytest.param(compare("trigger.primarycontactid", "contains", "ana"), "operator", "Expected an operator that fits a column of type lookup (equals, not_equals, in, not_in, is_empty, is_not_empty, changed, changed_from, changed_to), but it is 'contains'.", id="a part of a lookup"),
        pytest.param(compare("trigger.satisfaction", "equals", "high"), "value", "Expected a whole number, but trigger.satisfaction is 'high'.", id="a text for a number"),
        pytest.param(compare("trigger.satisfaction", "at_most", True), "value", "Expected a number, but trigger.satisfaction is True.", id="true for a number"),
        pytest.param(compare("trigger.title", "equals", 5), "value", "Expected text, but trigger.title is 5.", id="a number for a text"),
        pytest.param(compare("trigger.title", "contains", 5), "value", "Expected text to compare trigger.title with, but it is 5.", id="a number for a part of a text"),
        pytest.param(compare("person.donotbulkemail", "equals", "yes"), "value", "Expected true or false, but person.donotbulkemail is 'yes'.", id="a word for true"),
        pytest.param(compare("person.birthdate", "on", "soon"), "value", "Expected a date, a moment with its offset, or a day such as today + P30D to compare person.birthdate with, but it is 'soon'.", id="a word for a day"),
        pytest.param(compare("record.resolveby", "before", "2027-01-01T09:00:00"), "value", "Expected a date, a moment with its offset, or a day such as today + P30D to compare record.resolveby with, but it is '2027-01-01T09:00:00'.", id="a moment without its offset"),
        pytest.param(compare("record.resolveby", "before", "today + 30 days"), "value", "Expected a date, a moment with its offset, or a day such as today + P30D to compare record.resolveby with, but it is 'today + 30 days'.", id="a duration in words"),
        pytest.param(compare("record.resolveby", "in_last", "a week"), "value", "Expected a duration such as P30D or PT2H to compare record.resolveby with, but it is 'a week'.", id="a duration nobody knows"),
        pytest.param(compare("record.resolveby", "weekday_in", ["monday"]), "value", "Expected a list of weekdays (mon, tue, wed, thu, fri, sat, sun) to compare record.resolveby with, but it is ['monday'].", id="a weekday in full"),
        pytest.param(compare("trigger.satisfaction", "between", [1]), "value", "Expected a list of the lowest and the highest value to compare trigger.satisfaction with, but it is [1].", id="one end of two"),
        pytest.param(compare("trigger.satisfaction", "between", [5, 1]), "value", "Expected the lowest value before the highest to compare trigger.satisfaction with, but it is [5, 1].", id="two numbers back to front"),
        pytest.param(compare("record.resolveby", "between", ["2031-03-04", "2031-03-03"]), "value", "Expected the lowest value before the highest to compare record.resolveby with, but it is ['2031-03-04', '2031-03-03'].", id="two days back to front"),
        pytest.param(compare("trigger.title", "in", "Printer"), "value", "Expected a list to compare trigger.title with, but it is 'Printer'.", id="one value for a list"),
        pytest.param(compare("trigger.title", "equals"), "value", "Expected a value with equals, but there is none.", id="no value"),
        pytest.param(compare("trigger.title", "in", []), "value", "Expected a value with in, but there is none.", id="an empty list"),
        pytest.param(compare("trigger.title", "is_empty", "Printer"), "value", "Expected no value with is_empty, but it is 'Printer'.", id="a value too many"),
        pytest.param(compare("trigger.primarycontactid", "equals", {"table": "account", "id": "acme"}), "value", "Expected a record of contact, but trigger.primarycontactid points to a record of account.", id="a record of another table"),
        pytest.param(compare("trigger.customerid", "equals", "ana"), "value", 'Expected a lookup such as {"table": "…", "id": "…"}, but trigger.customerid is \'ana\'.', id="a bare id where it may be of two tables"),
        pytest.param(compare("person.interests", "contains", "Faxes"), "value", "Expected one of 1 (Printers), 2 (Scanners), but person.interests is 'Faxes'.", id="an interest nobody declared"),
    ],
)  # fmt: skip
def test_a_comparison_that_cannot_be_meant_is_refused(
    catalogue: Catalogue, comparison: dict[str, Any], step: str, sentence: str
) -> None:
    assert said(draft(branch("happy", comparison)), catalogue) == [
        (f"/tiles/0/branches/0/when/{step}", sentence)
    ]


@pytest.mark.parametrize(
    ("comparison", "kept"),
    [
        pytest.param(compare("trigger.statuscode", "changed_to", "problem SOLVED"), 5, id="a label becomes its value"),
        pytest.param(compare("trigger.statuscode", "in", ["In Progress", 5]), [1, 5], id="labels in a list"),
        pytest.param(compare("trigger.statuscode", "at_least", "Problem Solved"), 5, id="a label in an order"),
        pytest.param(compare("person.interests", "contains", "scanners"), 2, id="a label among several"),
        pytest.param(compare("person.interests", "equals", ["Scanners", 1]), [2, 1], id="several labels"),
        pytest.param(compare("person.interests", "in", ["Scanners"]), [2], id="a list of labels"),
        pytest.param(compare("trigger.primarycontactid", "equals", "ana"), {"table": "contact", "id": "ana"}, id="a bare id becomes a lookup"),
        pytest.param(compare("record.resolveby", "before", "2027-01-01T09:00:00+01:00"), "2027-01-01T08:00:00Z", id="a moment in UTC"),
        pytest.param(compare("record.resolveby", "before", "2027-01-01"), "2027-01-01", id="a day stays a day"),
        pytest.param(compare("record.resolveby", "before", "today+P4W"), "today + P28D", id="a relative day"),
        pytest.param(compare("record.resolveby", "after", "now -PT120M"), "now - PT2H", id="a relative moment"),
        pytest.param(compare("record.resolveby", "between", ["today", "today + P1W"]), ["today", "today + P7D"], id="two relative days"),
        pytest.param(compare("record.resolveby", "in_next", "P2W"), "P14D", id="a duration"),
        pytest.param(compare("record.resolveby", "weekday_in", ["Fri", "mon"]), ["mon", "fri"], id="weekdays in their order"),
        pytest.param(compare("trigger.satisfaction", "between", [1, 2.5]), [1, 2.5], id="two numbers"),
        pytest.param(compare("record.details.count", "at_least", 2), 2, id="a number below a json column"),
        pytest.param(compare("trigger.title", "is_empty"), None, id="no value where none is taken"),
        pytest.param(compare("now", "weekday_in", ["sat"]), ["sat"], id="a weekday of now"),
    ],
)  # fmt: skip
def test_values_are_put_in_the_one_form_in_which_they_are_kept(
    catalogue: Catalogue, comparison: dict[str, Any], kept: Any
) -> None:
    journey = resolved(draft(branch("happy", {"not": {"all": [comparison]}})), catalogue)

    found = [drawn.value for drawn in settings(journey) if drawn.setting == "comparison"]
    assert [each.value for each in found] == [kept]


FIELDS = st.sampled_from([
    "trigger.statuscode", "trigger.before.title", "record.resolveby", "record.details.count", "record.customerid",
    "person.birthdate", "person.interests", "person.donotbulkemail", "event.score", "tiles.happy.x", "now", "",
]) | st.text(max_size=8)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["In Progress", 5, "today + P1D", "P7D", "2027-01-01", "2027-01-01T09:00:00Z", "mon"]),
    lambda children: st.lists(children, max_size=3) | st.fixed_dictionaries({"table": children, "id": children}),
    max_leaves=3,
)  # fmt: skip


@given(field=FIELDS.filter(bool), operator=st.sampled_from(OPERATORS), value=VALUES)
def test_whatever_is_compared_its_problems_are_sentences(
    catalogue: Catalogue, field: str, operator: str, value: Any
) -> None:
    journey = draft(branch("happy", compare(field, operator, value)))
    found = said(journey, catalogue)

    assert all(message.startswith("Expected ") and message.endswith(".") for _, message in found)


FITTING = {
    "nothing": ("trigger.resolveby", None), "value": ("trigger.statuscode", "In Progress"),
    "values": ("trigger.statuscode", ["In Progress"]), "text": ("trigger.title", "Printer"),
    "number": ("trigger.satisfaction", 2), "pair": ("trigger.resolveby", ["today", "2027-01-01"]),
    "point": ("trigger.resolveby", "today + P1W"), "duration": ("trigger.resolveby", "P1W"),
    "weekdays": ("trigger.resolveby", ["Mon"]),
}  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_can_be_published_where_it_fits(
    catalogue: Catalogue, operator: Operator
) -> None:
    field, value = FITTING[MEANINGS[operator].takes]
    version = publish(draft(branch("happy", compare(field, operator, value))), catalogue, 1)

    assert resolved(version.journey, catalogue) == version.journey
    assert version_of(version.as_bytes()) == version


def test_a_condition_may_be_deep(catalogue: Catalogue) -> None:
    deep = compare("trigger.statuscode", "equals", "In Progress")
    for _ in range(50):
        deep = {"not": {"all": [deep]}}

    version = publish(draft(branch("happy", deep)), catalogue, 1)

    assert version_of(version.as_bytes()) == version


def test_what_is_resolved_stays_as_it_is(catalogue: Catalogue) -> None:
    when = {
        "any": [
            compare("trigger.statuscode", "equals", "In Progress"),
            compare("record.resolveby", "in_next", "P2W"),
        ]
    }
    once = resolved(draft(wait("settle", next="happy"), branch("happy", when)), catalogue)

    assert resolved(once, catalogue) == once


def test_every_problem_is_told_at_once_in_reading_order_with_its_tile(catalogue: Catalogue) -> None:
    journey = draft(
        message("survey", "misspelt", next="nowhere"),
        branch("happy", compare("record.statuscode", "equals", "Closed")),
        entry={"trigger": "still-a-draft", "filter": compare("person.shoesize", "is_empty")},
        goal={"trigger": "case-reopened"},
        exits=[{"trigger": "case-updated", "filter": compare("event.titel", "is_empty")}],
    )

    found = problems(journey, catalogue)

    assert [(problem.path, problem.tile) for problem in found] == [
        ("/entry/trigger", None),
        ("/entry/filter/field", None),
        ("/goal/trigger", None),
        ("/exits/0/filter/field", None),
        ("/tiles/0/next", "survey"),
        ("/tiles/0/template", "survey"),
        ("/tiles/0/template", "survey"),
        ("/tiles/1", "happy"),
        ("/tiles/1/branches/0/when/field", "happy"),
    ]
    with pytest.raises(Problems) as refused:
        publish(journey, catalogue, 1)
    assert refused.value.problems == found


def test_what_follows_from_an_unknown_trigger_is_not_said_again(catalogue: Catalogue) -> None:
    journey = draft(
        asked(
            "puzzled", trigger="nobody-knows", filter=compare("event.x", "is_empty"), yes="happy"
        ),
        branch("happy", compare("tiles.puzzled.x", "equals", 1)),
    )

    assert [problem.path for problem in problems(journey, catalogue)] == ["/tiles/0/trigger"]


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(wait("settle", next="happy"), id="a wait"),
        pytest.param(
            wait("settle", until_local={"time": "09:00"}, next="happy"),
            id="a wait until a local time",
        ),
        pytest.param(wait("settle", **{"for": "P3653D"}, next="happy"), id="the longest wait"),
        pytest.param(asked("settle", no="happy"), id="a wait for a trigger"),
    ],
)
def test_a_cycle_with_a_wait_is_allowed(catalogue: Catalogue, back: dict[str, Any]) -> None:
    assert problems(draft(branch("happy", then="settle"), back), catalogue) == ()


def test_each_cycle_without_a_wait_is_told_once(catalogue: Catalogue) -> None:
    journey = draft(
        branch("a", then="b", other="c"),
        branch("b", other="a"),
        branch("c", then="d"),
        branch("d", other="c"),
    )

    assert [message for _, message in said(journey, catalogue)] == [
        "Expected a wait in every cycle, but a → b → a has none.",
        "Expected a wait in every cycle, but c → d → c has none.",
    ]


def test_a_long_cycle_is_told_in_short(catalogue: Catalogue) -> None:
    round_ = [message(f"m{each}", next=f"m{(each + 1) % 1000}") for each in range(1000)]

    [(_, sentence)] = said(draft(*round_), catalogue)

    assert sentence == (
        "Expected a wait in every cycle, but "
        "m0 → m1 → m2 → m3 → m4 → m5 → m6 → m7 → … → m999 → m0 has none."
    )


def nested(tile_id: str, then: str | None) -> dict[str, Any]:
    return branch(tile_id, compare("trigger.title", "is_empty"), then=then, other=then)


@pytest.mark.parametrize(
    "tile",
    [
        pytest.param(lambda tile, then: message(tile, next=then), id="messages, none of which waits"),
        pytest.param(lambda tile, then: wait(tile, next=then), id="waits"),
        pytest.param(nested, id="nested branches"),
    ],
)  # fmt: skip
def test_checking_twice_as_many_tiles_takes_twice_the_work(
    catalogue: Catalogue, tile: Callable[[str, str | None], dict[str, Any]]
) -> None:
    """Counted in calls, so that a search through everything at every tile would show."""

    def long(tiles: int) -> Journey:
        ends = [*(f"t{each}" for each in range(1, tiles)), None]
        return draft(*(tile(f"t{each}", end) for each, end in enumerate(ends)))

    assert said(long(100), catalogue) == []
    drawn = long(200), long(400)
    small, large = (calls(partial(problems, each, catalogue)) for each in drawn)

    assert large < small * 2.2


def test_a_published_version_holds_the_templates_it_sends_and_no_others(
    catalogue: Catalogue,
) -> None:
    version = publish(draft(message("survey", next="settle"), wait("settle")), catalogue, 3)

    assert version.number == 3
    assert list(version.templates) == ["survey"]


def test_a_published_version_is_read_back_as_it_was_written(catalogue: Catalogue) -> None:
    journey = draft(
        message("survey", next="settle"),
        wait("settle", until_field="record.resolveby", offset="-P1D", if_past="exit", next="answered"),
        asked(yes="happy", filter={"not": compare("event.score", "is_empty")}),
        branch("happy"),
        entry={"repeat": {"policy": "after", "duration": "P30D"}, "starts_at": "2027-01-01T09:00:00+01:00"},
    )  # fmt: skip
    version = publish(journey, catalogue, 1)

    assert version_of(version.as_bytes()) == version
    assert publish(journey, catalogue, 1).as_bytes() == version.as_bytes()


class Choosing(BaseModel):
    """Part of a tile kind nobody has drawn yet."""

    wanted: Condition


class Gate(BaseTile):
    """A tile kind nobody has drawn yet, with conditions where no other kind has them."""

    example: ClassVar[dict[str, Any]] = {}
    kind: Literal["gate"] = "gate"
    trigger: str = "survey-submitted"
    filter: Condition | None = None
    choosing: dict[str, Choosing]

    @property
    def targets(self) -> dict[str, TileId | None]:
        return {}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield Problem(path="/choosing", message="Expected less to choose from, but it is much.")

    async def run(self, visit: Visit) -> TileId | None:
        return None


def test_the_conditions_of_a_new_tile_kind_are_checked_without_a_word_about_it(
    catalogue: Catalogue,
) -> None:
    gate = Gate.model_validate({
        "id": "gate", "filter": compare("event.mood", "is_empty"),
        "choosing": {"left": {"wanted": compare("event.score", "is_empty")},
                     "right": {"wanted": compare("person.birthdate", "contains", "1990")}},
    })  # fmt: skip
    journey = draft().model_copy(update={"tiles": (gate,)})

    assert [problem.path for problem in problems(journey, catalogue)] == [
        "/tiles/0/choosing",
        "/tiles/0/filter/field",
        "/tiles/0/choosing/left/wanted/field",
        "/tiles/0/choosing/right/wanted/operator",
    ]


def test_a_table_that_was_forgotten_since_is_said(catalogue: Catalogue) -> None:
    forgetful = replace(catalogue, tables={})

    assert said(draft(branch("happy")), forgetful) == [
        ("/tiles/0/branches/0/when/field", "Expected a table, but there is none called 'incident'.")
    ]
