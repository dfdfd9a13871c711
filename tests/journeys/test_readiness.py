"""What keeps a trigger from being ready."""
# ruff: noqa: E501 - one case of a table is one line

from typing import Any

import pytest

from journeys.catalogue import Catalogue
from journeys.readiness import audience_tables, problems_of_trigger
from journeys.table import Column, Table
from journeys.trigger import CustomTrigger, RecordChangeTrigger


def trigger(path: str, table: str = "incident", **settings: Any) -> RecordChangeTrigger:
    drawn = {"name": "case-updated", "table": table, "audience": {"path": path}, **settings}
    return RecordChangeTrigger.model_validate({"operations": ["updated"], **drawn})


def to_each(each: str, table: str = "account") -> RecordChangeTrigger:
    return trigger("self", table, audience={"each": each})


@pytest.mark.parametrize(
    ("drawn", "people"),
    [
        pytest.param(trigger("self", "contact"), ["contact"], id="the record itself is the person"),
        pytest.param(trigger("primarycontactid"), ["contact"], id="a lookup to a person"),
        pytest.param(trigger("customerid"), ["contact"], id="a lookup to a person or to an account"),
        pytest.param(trigger("customerid.primarycontactid"), ["contact"], id="a customer, or their primary contact"),
        pytest.param(trigger("primarycontactid.parentcustomerid.primarycontactid"), ["contact"], id="over three lookups"),
        pytest.param(to_each("contact.parentcustomerid"), ["contact"], id="each contact of the account"),
    ],
)  # fmt: skip
def test_a_trigger_whose_path_leads_to_a_person_is_ready(
    catalogue: Catalogue, drawn: RecordChangeTrigger, people: list[str]
) -> None:
    assert problems_of_trigger(drawn, catalogue.tables) == ()
    assert [table.name for table in audience_tables(drawn, catalogue.tables)] == people


def test_a_polymorphic_path_may_end_at_people_of_several_tables(catalogue: Catalogue) -> None:
    member = Table.model_validate(
        {"name": "member", "primary_id": "memberid", "audience": {}, "columns": []}
    )
    account = Table(name="account", primary_id="accountid", columns=(
        Column(name="primarycontactid", type="lookup", targets=("contact", "member")),))  # fmt: skip
    tables = {**catalogue.tables, "member": member, "account": account}

    reached = audience_tables(trigger("customerid.primarycontactid"), tables)

    assert {table.name for table in reached} == {"contact", "member"}


@pytest.mark.parametrize(
    ("drawn", "path", "sentence"),
    [
        pytest.param(trigger("self", "salesorder"), "/table", "Expected a table, but there is none called 'salesorder'.", id="a table nobody declared"),
        pytest.param(trigger("primarycontactid", columns=["title", "statscode"]), "/columns/1", "Expected a column of incident, but there is none called 'statscode'.", id="a watched column nobody declared"),
        pytest.param(trigger("contactid"), "/audience/path", "Expected a column of incident, but there is none called 'contactid'.", id="a path over a column nobody declared"),
        pytest.param(trigger("title"), "/audience/path", "Expected a lookup, but title is not a lookup: it is of type text.", id="a path over a lookup that is not one"),
        pytest.param(trigger("customerid.ownerid"), "/audience/path", "Expected a column of account or contact, but there is none called 'ownerid'.", id="a second step nobody declared"),
        pytest.param(trigger("customerid.parentaccountid"), None, "", id="a way on for accounts alone still reaches a contact"),
        pytest.param(trigger("self"), "/audience/path", "Expected a way to a person, but self leads to incident, which holds no people.", id="a record that is no person"),
        pytest.param(trigger("parentaccountid", "account"), "/audience/path", "Expected a way to a person, but parentaccountid leads to account, which holds no people.", id="a path to a record that is no person"),
        pytest.param(trigger("primarycontactid..fullname"), "/audience/path", "Expected a column of contact, but there is none called ''.", id="a path with an empty step"),
        pytest.param(to_each("member.accountid"), "/audience/each", "Expected a table, but there is none called 'member'.", id="each of a table nobody declared"),
        pytest.param(to_each("contact.accountid"), "/audience/each", "Expected a column of contact, but there is none called 'accountid'.", id="each by a column nobody declared"),
        pytest.param(to_each("contact.fullname"), "/audience/each", "Expected a lookup, but fullname is not a lookup: it is of type text.", id="each by what is no lookup"),
        pytest.param(to_each("contact.parentcustomerid", "incident"), "/audience/each", "Expected a lookup that points to incident, but contact.parentcustomerid points to account or contact.", id="each by a lookup to other tables"),
        pytest.param(to_each("incident.customerid"), "/audience/each", "Expected a table of people, but incident holds none.", id="each of a table that holds no people"),
    ],
)  # fmt: skip
def test_a_trigger_that_leads_to_nobody_is_not(
    catalogue: Catalogue, drawn: RecordChangeTrigger, path: str | None, sentence: str
) -> None:
    found = [(each.path, each.message) for each in problems_of_trigger(drawn, catalogue.tables)]

    assert found == ([] if path is None else [(path, sentence)])


def test_every_problem_of_a_trigger_is_told_at_once(catalogue: Catalogue) -> None:
    found = problems_of_trigger(trigger("title", columns=["a", "b"]), catalogue.tables)

    assert [problem.path for problem in found] == ["/columns/0", "/columns/1", "/audience/path"]


def test_a_custom_trigger_is_ready_by_itself(catalogue: Catalogue) -> None:
    assert problems_of_trigger(CustomTrigger(name="cart-abandoned"), catalogue.tables) == ()
