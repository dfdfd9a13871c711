"""The flat row that a flow of Power Automate passes on is read as a record change."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.changes import RecordChange, RecordRef
from wire import dataverse
from wire.dataverse_settings import DataverseSettings
from wire.reading import Reading, Unreadable

CASE = "6f1c9a52-3b7e-4c55-9d0a-6a1d5b0f4e01"
ANA = "0b8f1d34-52aa-4d1e-8a4c-90f3e2c7b702"
LOGICAL_NAME = "@Microsoft.Dynamics.CRM.lookuplogicalname"


def row(message: str = "Update", **changed: Any) -> dict[str, Any]:
    """A row as the trigger of a flow gives it."""
    return {
        "@odata.type": "#Microsoft.Dynamics.CRM.incident",
        "@odata.etag": 'W/"1201"',
        "ItemInternalId": CASE,
        "SdkMessage": message,
        "incidentid": CASE,
        "statuscode": 5,
        "_statuscode_label": "Problem Solved",
        "modifiedon": "2026-11-24T09:00:00Z",
        **changed,
    }


def read(sent: Any) -> Reading:
    return dataverse.read(sent, {}, DataverseSettings())


def change(sent: Any) -> RecordChange:
    (found,) = read(sent).items
    assert isinstance(found, RecordChange)
    return found


@pytest.mark.parametrize(
    ("message", "operation"), [("Create", "create"), ("Update", "update"), ("Delete", "delete")]
)
def test_the_message_says_what_happened(message: str, operation: str) -> None:
    found = change(row(message))

    assert found.operation == operation
    assert found.record == RecordRef("incident", CASE)


def test_a_row_is_its_columns_without_what_the_flow_adds() -> None:
    found = change(row())

    assert found.occurred_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert found.values == {
        "incidentid": CASE,
        "statuscode": 5,
        "_statuscode_label": "Problem Solved",
        "modifiedon": "2026-11-24T09:00:00Z",
    }


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        pytest.param(
            {"_customerid_value": ANA, f"_customerid_value{LOGICAL_NAME}": "contact"},
            {"table": "contact", "id": ANA},
            id="its table is annotated",
        ),
        pytest.param(
            {"_customerid_value": ANA, "_customerid_type": "contacts"},
            {"table": "contact", "id": ANA},
            id="its entity set is said",
        ),
        pytest.param(
            {"_customerid_value": ANA, "_customerid_type": "opportunities"},
            {"table": "opportunity", "id": ANA},
            id="a plural of y",
        ),
        pytest.param({"_customerid_value": ANA}, ANA, id="nobody says its table"),
        pytest.param({"_customerid_value": None}, None, id="cleared"),
    ],
)
def test_a_lookup_is_read(sent: dict[str, Any], value: Any) -> None:
    values = change(row(**sent)).values

    assert values["customerid"] == value
    assert not [name for name in values if name.startswith("_customerid")]


def test_the_same_row_counts_once_and_another_is_another() -> None:
    assert change(row()).id == change(row()).id
    assert change(row()).id != change(row(statuscode=6)).id


def test_an_activity_is_found_by_its_own_id() -> None:
    sent = row(**{"@odata.type": "#Microsoft.Dynamics.CRM.task"}, activityid=ANA)

    assert change(sent).record == RecordRef("task", ANA)


def test_another_message_is_ignored() -> None:
    assert read(row("Associate")).ignored == (
        "Expected a message that changes a record's columns, but it is Associate.",
    )


@pytest.mark.parametrize(
    ("sent", "because"),
    [
        pytest.param(
            row(**{"@odata.type": "incident"}),
            "Expected a SdkMessage and an @odata.type such as #Microsoft.Dynamics.CRM.incident, "
            "but they are text and text.",
            id="a type that is none",
        ),
        pytest.param(
            row(incidentid=None, ItemInternalId=None),
            "Expected the column incidentid, but it is missing.",
            id="no id",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(sent: Any, because: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(sent)

    assert str(refusal.value) == because


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*row(), "_customerid_value", "_customerid_type"]), JSON))
@settings(deadline=None)
def test_any_field_may_hold_anything(changed: dict[str, Any]) -> None:
    sent = row(**changed)
    try:
        reading = read(sent)
    except Unreadable:
        return
    assert len(reading.items) + len(reading.ignored) == 1
