"""Links: who points to a record, found from its end, whatever happened to the records before."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from journeys.changes import RecordRef, Values
from journeys.known import Known, links
from store.database import Database
from store.links import LinkRow
from store.records import Mirror, Mirrored, RecordRow, lookup_in
from tests.story import MONDAY

COLUMNS = ("customerid", "primarycontactid", 'the "real" one')
refs = st.builds(RecordRef, st.sampled_from(["account", "contact"]), st.sampled_from("abcd"))
values = st.dictionaries(
    st.sampled_from([*COLUMNS, "name"]),
    st.none() | st.text(max_size=3) | refs.map(RecordRef.as_lookup),
)
changes = st.lists(st.tuples(refs, st.none() | values), max_size=30)


def kept(session: Session, ref: RecordRef, now: Values | None) -> None:
    """Let the mirror know *ref* with the values *now*, or gone."""
    mirror = Mirror(session)
    gone = Mirrored(values={}, changed_at=MONDAY, deleted_at=MONDAY)
    mirror.keep(ref, gone if now is None else Mirrored(values=now, changed_at=MONDAY))
    mirror.write()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(changes)  # one store will do for all of them: nothing is committed
def test_whatever_changes_the_links_agree_with_the_mirror_and_with_the_simulation(
    database: Database, made: list[tuple[RecordRef, dict[str, Any] | None]]
) -> None:
    simulated = Known()
    with Session(database.engine) as session:
        for ref, now in made:
            kept(session, ref, now)
            simulated.keep(ref, now)
        mirror = lookup_in(session)
        there = [row for row in session.exec(select(RecordRow)) if row.deleted_at is None]
        pointing = {
            (row.table, row.id, column, *target)
            for row in there
            for column, target in links(row.values).items()
        }

        found = {
            (row.table, row.id, row.column, row.to_table, row.to_id)
            for row in session.exec(select(LinkRow))
        }

        assert found == pointing
        for target in {ref for ref, _ in made}:
            for column in COLUMNS:
                for table in (None, "account"):
                    related = list(mirror.related(column, target, table))
                    assert related == list(simulated.related(column, target, table))


def test_any_number_of_records_point_to_one_and_come_in_order(database: Database) -> None:
    account = RecordRef("account", "paper-mill")
    contacts = [RecordRef("contact", f"{number:04}") for number in range(1_203)]
    with Session(database.engine) as session:
        for contact in contacts:
            kept(session, contact, {"parentcustomerid": account.as_lookup()})

        assert list(lookup_in(session).related("parentcustomerid", account)) == contacts
