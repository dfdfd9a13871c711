"""Having: records that are found by their values, alike in the store and in memory."""

from typing import Any

import pytest
from sqlmodel import Session

from journeys.changes import RecordRef
from journeys.known import Known
from store.database import Database
from store.records import Mirror, Mirrored
from tests.story import MONDAY

RECORDS: dict[str, dict[str, Any]] = {
    "a": {"name": "100% _o'clock_ \\ \"/", "seats": 1},
    "b": {"name": "100X _o'clock_ \\ \"/", "seats": 12},
    "c": {"name": "Ana", "seats": 1, "of": {"table": "contact", "id": "ana"}},
    "d": {"name": "ana", "seats": True, "of": {"table": "contact", "id": "ana"}},
}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"name": RECORDS["a"]["name"]}, ["a"], id="a text of odd characters"),
        pytest.param({"name": "Ana"}, ["c"], id="a text, letter for letter"),
        pytest.param({"seats": 1}, ["a", "c"], id="a number, and neither true nor one that begins so"),
        pytest.param({"of": RECORDS["c"]["of"]}, ["c", "d"], id="a lookup"),
        pytest.param({"of": RECORDS["c"]["of"], "name": "ana"}, ["d"], id="all of several"),
        pytest.param({"name": "Ben"}, [], id="nothing"),
    ],
)  # fmt: skip
def test_records_are_found_by(
    database: Database, values: dict[str, Any], expected: list[str]
) -> None:
    known = Known({RecordRef("seat", name): each for name, each in RECORDS.items()})
    with Session(database.engine) as session:
        mirror = Mirror(session)
        for name, each in RECORDS.items():
            mirror.keep(RecordRef("seat", name), Mirrored(values=each, changed_at=MONDAY))

        found = [each.id for each in mirror.having("seat", values)]

    assert found == [each.id for each in known.having("seat", values)] == expected
