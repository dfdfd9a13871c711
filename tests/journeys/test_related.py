"""Records that point to another one: which are chosen, in which order, and how they are read."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from journeys.changes import RecordRef, Values
from journeys.facts import Facts
from journeys.known import Known
from journeys.moments import Calendar
from journeys.related import Related, RelatedRecords

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANA, BEN = RecordRef("contact", "ana"), RecordRef("contact", "ben")
MILL = RecordRef("account", "mill")


def case(number: int, of: RecordRef = ANA, **values: Any) -> tuple[RecordRef, Values]:
    values = {"primarycontactid": of.as_lookup(), "customerid": MILL.as_lookup(), **values}
    return RecordRef("incident", f"k{number}"), values


RECORDS: dict[RecordRef, Values] = dict(
    [
        case(1, title="Printer", statecode=0, createdon="2026-11-01T09:00:00Z", revenue=5),
        case(2, title="scanner", statecode=1, createdon="2026-11-20T09:00:00Z", revenue=70),
        case(3, title="Äpfel", statecode=0, createdon="2026-11-20T09:00:00.5Z"),
        case(4, title="Copier", statecode=0, createdon=None, revenue=-1.5),
        case(5, BEN, title="Ben's", statecode=0),
        (ANA, {"firstname": "Ana", "parentcustomerid": MILL.as_lookup()}),
        (MILL, {"name": "Paper Mill"}),
    ]
)


def facts(**drawn: Any) -> Facts:
    roots: dict[str, Any] = {
        "person": ANA,
        "record": RecordRef("incident", "k5"),
        "trigger": {"primarycontactid": BEN.as_lookup()},
    }
    defined = {"cases": Related.model_validate({"each": "incident.primarycontactid", **drawn})}
    calendar = Calendar(NOON, ZoneInfo("Europe/Paris"))
    known = Known(RECORDS)
    return Facts(
        {**roots, "related": RelatedRecords(defined, Facts(roots, known), calendar)}, known
    )


def found(**drawn: Any) -> str:
    """Return the ids of all, in order."""
    return " ".join(each["id"] for each in facts(**drawn).read("related.cases.all"))


def when(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        pytest.param({}, "k1 k2 k3 k4", id="those of the person, by their ids"),
        pytest.param({"of": "trigger.primarycontactid"}, "k5", id="those of another person"),
        pytest.param({"of": "record.primarycontactid"}, "k5", id="over a lookup of the record"),
        pytest.param({"of": "person.ownerid"}, "", id="of nobody"),
        pytest.param(
            {"of": "person.parentcustomerid", "each": "incident.customerid"},
            "k1 k2 k3 k4 k5",
            id="of their account",
        ),
        pytest.param({"where": when("each.statecode", "equals", 0)}, "k1 k3 k4", id="chosen"),
        pytest.param(
            {"where": when("each.createdon", "in_last", "P7D")}, "k2 k3", id="chosen as of now"
        ),
        pytest.param(
            {"where": when("each.customerid.name", "equals", "paper mill")},
            "k1 k2 k3 k4",
            id="chosen over a lookup of theirs",
        ),
        pytest.param({"where": when("each.title", "equals", "x")}, "", id="none is chosen"),
        pytest.param({"sort": "createdon"}, "k1 k2 k3 k4", id="by a moment, the empty ones last"),
        pytest.param({"sort": "-createdon"}, "k3 k2 k1 k4", id="the latest first, the empty last"),
        pytest.param({"sort": "revenue"}, "k4 k1 k2 k3", id="by a number"),
        pytest.param({"sort": "-revenue"}, "k2 k1 k4 k3", id="the greatest first"),
        pytest.param({"sort": "title"}, "k4 k1 k2 k3", id="by a text, whatever the case"),
        pytest.param({"sort": "customerid.name"}, "k1 k2 k3 k4", id="equal ones by their ids"),
    ],
)
def test_which_are_found_in_which_order(drawn: dict[str, Any], expected: str) -> None:
    assert found(**drawn) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("related.cases.count", 4, id="how many"),
        pytest.param("related.cases.first.title", "Printer", id="a column of the first"),
        pytest.param("related.cases.first.customerid.name", "Paper Mill", id="beyond the first"),
        pytest.param("related.cases.first", {"table": "incident", "id": "k1"}, id="the first"),
        pytest.param("related.cases.all.1.title", "scanner", id="one of all"),
        pytest.param("related.cases.all.4.title", None, id="beyond the last"),
        pytest.param("related.cases.title", None, id="a column of none"),
        pytest.param("related.nothing.count", None, id="a name nobody defined"),
    ],
)
def test_how_they_are_read(field: str, value: Any) -> None:
    assert facts().read(field) == value


def test_where_there_are_none_the_first_is_missing_and_the_count_is_zero() -> None:
    nobodys = facts(of="person.ownerid")

    assert nobodys.read("related.cases.count") == 0
    assert nobodys.read("related.cases.first.title") is None
    assert nobodys.read("related.cases.all") == []


@pytest.mark.parametrize("each", ["incident", "incident.", ".x", "incident.customerid.name"])
def test_each_names_a_table_and_its_lookup(each: str) -> None:
    with pytest.raises(ValidationError, match="Expected a table and its lookup such as"):
        Related(each=each)
