"""Bulk: very many rows at once, whatever some of them leave out."""

import pytest

from journeys.changes import RecordRef
from store.database import Database
from store.records import Mirror, Mirrored
from tests.story import MONDAY

KNOWN = Mirrored({"seats": 1}, MONDAY, version=1, source="crm", occurred_at=MONDAY, created=True)
UNKNOWN = Mirrored({"seats": 2}, MONDAY)


@pytest.mark.parametrize("count", [1, 250, 251, 1001])
def test_however_many_rows_there_are_all_are_replaced_and_nothing_of_before_is_left(
    database: Database, count: int
) -> None:
    refs = [RecordRef("coach", f"{number:04}") for number in range(count)]
    mixed = [KNOWN if number % 3 == 0 else UNKNOWN for number in range(count)]
    for each in ([KNOWN] * count, [UNKNOWN] * count, mixed):
        with database.writing() as session:
            mirror = Mirror(session)
            for ref, mirrored in zip(refs, each, strict=True):
                mirror.keep(ref, mirrored)
            mirror.write()

        with database.reading() as session:
            mirror = Mirror(session)
            assert [mirror.mirrored(ref) for ref in refs] == each
