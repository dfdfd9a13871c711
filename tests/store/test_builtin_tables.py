"""The six tables that every gateway knows from the start, and the page that describes them."""

from pathlib import Path

import pytest

from journeys.table import Column, Table
from store.builtin import builtin_tables

PAGE = Path(__file__, "../../../docs/tables.md").resolve()
TABLES = {table.name: table for table in builtin_tables()}


def column(table: str, name: str) -> Column:
    found = TABLES[table].column(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "label", "columns", "name_column"),
    [
        pytest.param("contact", "Contact", 255, "fullname", id="contacts"),
        pytest.param("lead", "Lead", 202, "fullname", id="leads"),
        pytest.param("account", "Account", 180, "name", id="accounts"),
        pytest.param("incident", "Case", 94, "title", id="cases"),
        pytest.param("opportunity", "Opportunity", 124, "name", id="opportunities"),
        pytest.param("salesorder", "Order", 101, "name", id="orders"),
    ],
)
def test_the_tables_are_whole(name: str, label: str, columns: int, name_column: str) -> None:
    table = TABLES[name]

    assert (table.label, table.name_column) == (label, name_column)
    assert table.primary_id == f"{name}id"
    assert len(table.columns) == len(table.by_name) == columns
    assert {table.primary_id, name_column} <= set(table.by_name)


def test_there_are_no_others() -> None:
    assert list(TABLES) == ["contact", "lead", "account", "incident", "opportunity", "salesorder"]


@pytest.mark.parametrize("table", builtin_tables(), ids=lambda table: str(table.name))
def test_choices_and_lookups_say_what_they_allow(table: Table) -> None:
    for each in table.columns:
        assert bool(each.choices) == (each.type in ("choice", "multi_choice")), each.name
        assert bool(each.targets) == (each.type == "lookup"), each.name
        assert len({choice.value for choice in each.choices}) == len(each.choices), each.name


@pytest.mark.parametrize(
    ("table", "states", "reasons"),
    [
        pytest.param("contact", "0 Active, 1 Inactive", "1 Active, 2 Inactive", id="contacts"),
        pytest.param(
            "lead",
            "0 Open, 1 Qualified, 2 Disqualified",
            "1 New, 2 Contacted, 3 Qualified, 4 Lost, 5 Cannot Contact, 6 No Longer Interested, "
            "7 Canceled, 823270000 Marketing Qualified",
            id="leads",
        ),
        pytest.param("account", "0 Active, 1 Inactive", "1 Active, 2 Inactive", id="accounts"),
        pytest.param(
            "incident",
            "0 Active, 1 Resolved, 2 Cancelled",
            "1 In Progress, 2 On Hold, 3 Waiting for Details, 4 Researching, 5 Problem Solved, "
            "6 Cancelled, 1000 Information Provided, 2000 Merged",
            id="cases",
        ),
        pytest.param(
            "opportunity",
            "0 Open, 1 Won, 2 Lost",
            "1 In Progress, 2 On Hold, 3 Won, 4 Canceled, 5 Out-Sold",
            id="opportunities",
        ),
        pytest.param(
            "salesorder",
            "0 Active, 1 Submitted, 2 Canceled, 3 Fulfilled, 4 Invoiced",
            "1 New, 2 Pending, 3 In Progress, 4 No Money, 100001 Complete, 100002 Partial, "
            "100003 Invoiced, 690970000 On hold",
            id="orders",
        ),
    ],
)
def test_states_and_their_reasons_are_those_of_dynamics(
    table: str, states: str, reasons: str
) -> None:
    assert choices(column(table, "statecode")) == states
    assert choices(column(table, "statuscode")) == reasons


@pytest.mark.parametrize(
    ("table", "lookup", "targets"),
    [
        pytest.param(
            "contact", "parentcustomerid", {"account", "contact"}, id="a contact's company"
        ),
        pytest.param("lead", "parentcontactid", {"contact"}, id="a lead's contact"),
        pytest.param("lead", "customerid", {"account", "contact"}, id="a lead's customer"),
        pytest.param("account", "primarycontactid", {"contact"}, id="an account's contact"),
        pytest.param("incident", "primarycontactid", {"contact"}, id="a case's contact"),
        pytest.param("incident", "customerid", {"account", "contact"}, id="a case's customer"),
        pytest.param("opportunity", "parentcontactid", {"contact"}, id="an opportunity's contact"),
        pytest.param("opportunity", "customerid", {"account", "contact"}, id="its customer"),
        pytest.param("opportunity", "originatingleadid", {"lead"}, id="the lead it came from"),
        pytest.param("salesorder", "customerid", {"account", "contact"}, id="an order's customer"),
        pytest.param("salesorder", "ownerid", {"systemuser", "team"}, id="an owner is no person"),
    ],
)
def test_lookups_lead_to_people(table: str, lookup: str, targets: set[str]) -> None:
    assert set(column(table, lookup).targets) == targets


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [
        pytest.param("contact", "birthdate", "date", id="a day has no zone"),
        pytest.param("contact", "createdon", "datetime", id="a moment"),
        pytest.param("contact", "description", "text", id="a memo"),
        pytest.param("contact", "donotemail", "boolean", id="a two-way choice"),
        pytest.param("account", "revenue", "money", id="money"),
        pytest.param("account", "numberofemployees", "integer", id="a whole number"),
        pytest.param("account", "exchangerate", "decimal", id="a decimal"),
        pytest.param("account", "address1_latitude", "decimal", id="a floating-point number"),
        pytest.param("incident", "incidentid", "text", id="an id"),
    ],
)
def test_columns_have_our_types(table: str, name: str, expected: str) -> None:
    assert column(table, name).type == expected


def test_people_are_contacts_and_leads() -> None:
    people = {name: table.audience for name, table in TABLES.items() if table.audience}

    assert set(people) == {"contact", "lead"}
    for name, audience in people.items():
        for point in audience.model_dump(exclude_none=True).values():
            assert column(name, point).type == "text"


def test_a_case_as_a_system_sends_it_is_read() -> None:
    values, problems = TABLES["incident"].read(
        {
            "incidentid": "6f1c9a52-3b7e-4c55-9d0a-6a1d5b0f4e01",
            "ticketnumber": "CAS-01042-K7P2Q9",
            "title": "The parcel is late",
            "statecode": "Resolved",
            "statuscode": 5,
            "customerid": {"table": "account", "id": "cart-ltd"},
            "primarycontactid": "ana",
            "createdon": "2026-11-23T10:30:00+01:00",
            "description": None,
        }
    )

    assert problems == []
    assert values["statecode"] == 1
    assert values["primarycontactid"] == {"table": "contact", "id": "ana"}
    assert values["createdon"] == "2026-11-23T09:30:00Z"
    assert values["description"] is None


def test_they_are_read_only_once() -> None:
    assert builtin_tables() is builtin_tables()


@pytest.mark.parametrize("table", builtin_tables(), ids=lambda table: str(table.name))
def test_the_page_describes_the_table(table: Table) -> None:
    assert section(table) in PAGE.read_text(encoding="utf-8")


def choices(of: Column) -> str:
    return ", ".join(f"{choice.value} {choice.label}" for choice in of.choices)


def section(table: Table) -> str:
    """The section of docs/tables.md that is about *table*; when it is stale, copy it from here."""
    people = [
        f"`{each.name}` → {', '.join(each.targets)}"
        for each in table.columns
        if each.targets and set(each.targets) <= {"contact", "lead", "account"}
    ]
    rows = [
        f"{len(table.columns)} columns; the id is `{table.primary_id}`, the name `{table.name_column}`.",
        *(
            [
                f"It holds people: e-mail `{table.audience.email}`, text message `{table.audience.phone}`."
            ]
            if table.audience
            else []
        ),
        "",
        f"- Lookups to people and their accounts: {'; '.join(people)}",
        f"- `statecode`: {choices(table.by_name['statecode'])}",
        f"- `statuscode`: {choices(table.by_name['statuscode'])}",
    ]
    return f"## {table.label} (`{table.name}`)\n\n" + "\n".join(rows) + "\n"
