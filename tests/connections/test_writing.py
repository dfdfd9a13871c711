"""A record change is written as the Web API takes it, and its row comes back as the mirror has it."""

from typing import Any

import pytest

from connections.web_api import Refusal, WebApi
from connections.writing import write
from journeys.changes import RecordChange
from journeys.table import Table
from tests.environment.definitions import SETS
from tests.environment.server import Environment
from wire.dataverse_tables import table_of

LOAN = "0f3c1d52-4b3a-8c55-8a57-0a1de0c0ffee"
ANA = "1a2b3c4d-0000-4000-8000-00000000a11a"
VALUES: dict[str, Any] = {
    "new_name": "A house",
    "new_amount": 250_000.5,
    "new_rate": 3.25,
    "new_months": 240,
    "new_paid": False,
    "new_due": "2046-11-24",
    "new_purpose": [1, 2],
    "new_kind": 100_000_000,
    "new_borrower": {"table": "contact", "id": ANA},
}


@pytest.fixture
def loan() -> Table:
    return table_of(SETS["new_loans"], {"contact"}, people=False)


def change(operation: Any, record_id: str = LOAN) -> RecordChange:
    return RecordChange(
        table="new_loan",
        record_id=record_id,
        operation=operation,
        actor="journey/loans",
        depth=2,
    )


async def written(
    there: WebApi, table: Table, operation: str, record_id: str = LOAN, **values: Any
) -> dict[str, Any]:
    done = await write(there, change(operation, record_id), values, table)
    return done.values


@pytest.fixture(autouse=True)
def ana(environment: Environment) -> None:
    environment.rows.put("contacts", None, {"contactid": ANA}, new=True)


async def test_every_type_of_column_is_written_and_read_alike(there: WebApi, loan: Table) -> None:
    row = await written(there, loan, "create", **VALUES)

    assert {name: row[name] for name in VALUES} == VALUES
    assert row["new_loanid"] == LOAN


async def test_every_type_of_column_is_cleared(there: WebApi, loan: Table) -> None:
    await written(there, loan, "create", **VALUES)

    cleared: dict[str, Any] = dict.fromkeys(VALUES)

    row = await written(there, loan, "update", **cleared)

    assert {name: row[name] for name in VALUES} == cleared


async def test_an_update_writes_no_other_column(
    there: WebApi, loan: Table, environment: Environment
) -> None:
    await written(there, loan, "create", **VALUES)
    environment.rows.put("new_loans", LOAN, {"new_name": "Two houses"}, new=False)

    row = await written(there, loan, "update", new_months=120)

    assert (row["new_name"], row["new_months"]) == ("Two houses", 120)


async def test_what_is_created_a_second_time_stays_as_it_is(
    there: WebApi, loan: Table, environment: Environment
) -> None:
    await written(there, loan, "create", **VALUES)
    environment.rows.put("new_loans", LOAN, {"new_name": "Two houses"}, new=False)

    row = await written(there, loan, "create", **VALUES)

    assert row["new_name"] == "Two houses"


@pytest.mark.parametrize(
    ("operation", "record_id", "values", "sentence"),
    [
        pytest.param(
            "update", LOAN, {"new_months": 1},
            "Expected new_loan to be a record that is there, but it is gone.",
            id="an update of what is gone",
        ),
        pytest.param(
            "create", LOAN, {"new_borrower": {"table": "incident", "id": LOAN}},
            "Expected a lookup that can point to a record of incident, but new_borrower cannot.",
            id="a lookup to the wrong table",
        ),
        pytest.param(
            "create", LOAN, {"new_borrower": {"table": "contact", "id": "ana"}},
            "Expected a contact of Dataverse, but 'ana' is no id of one.",
            id="a lookup to a record that is not of Dataverse",
        ),
        pytest.param(
            "update", "../contacts", {"new_months": 1},
            "Expected a new_loan of Dataverse, but '../contacts' is no id of one.",
            id="an id that leads elsewhere",
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_written_is_said_so(
    there: WebApi, loan: Table, operation: str, record_id: str, values: Any, sentence: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        await written(there, loan, operation, record_id, **values)

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "key",
    [
        pytest.param({"new_name": "Ana's house, für 2 (A)"}, id="a text of odd characters"),
        pytest.param(
            {"new_borrower": {"table": "contact", "id": ANA}, "new_due": "2046-11-24",
             "new_months": 240, "new_kind": 100_000_000},
            id="a lookup, a date, a number and a choice",
        ),
    ],
)  # fmt: skip
async def test_an_upsert_creates_and_from_then_on_updates_the_same(
    there: WebApi, loan: Table, environment: Environment, key: dict[str, Any]
) -> None:
    first = await write(there, change("upsert"), {**key, "new_rate": 3.25}, loan, [*key])
    again = await write(there, change("upsert"), {**key, "new_rate": 3.5}, loan, [*key])

    assert (first.operation, again.operation) == ("create", "update")
    assert first.record_id == again.record_id
    assert again.values["new_rate"] == 3.5
    assert {name: again.values[name] for name in key} == key
    assert [each for each, _ in environment.rows.rows] == ["contacts", "new_loans"]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        pytest.param(
            {"new_name": "A/B: 100%"},
            "Expected a new_name by which Dataverse can find a record, but it has % / : in it.",
            id="by what an address cannot hold",
        ),
        pytest.param(
            {"new_mail": "ana"},
            "Expected Dataverse to do it, but it says: "
            "The specified key properties new_mail are no key of new_loan.",
            id="by what is no alternate key",
        ),
        pytest.param(
            {"new_name": None},
            "Expected a value of new_name to find a record of new_loan by, but there is none.",
            id="by nothing",
        ),
    ],
)
async def test_a_record_cannot_be_found(
    there: WebApi, loan: Table, key: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        await write(there, change("upsert"), {**key, "new_months": 1}, loan, [*key])

    assert str(refusal.value) == sentence
