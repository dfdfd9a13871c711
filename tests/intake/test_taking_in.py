"""Taking changes in: what counts once, what the mirror makes of them, and what is refused."""

import json
from typing import Any

import pytest

from api.intake import Intake
from api.sending import Unusable
from journeys.problem import Problem
from store.catalogue import TriggerRow, catalogue_changed
from store.commands import CommandRow
from store.inbox import InboxRow
from store.instances import InstanceRow
from store.records import RecordRow
from store.refused import RefusedRow
from tests.intake.conftest import Gateway
from tests.story import MONDAY, changed, sent
from tests.world import journey, wait, wait_for, when

CASES = journey(wait(), trigger="case-changed", while_inside="restart")


@pytest.fixture
def cases(gateway: Gateway) -> Gateway:
    """People enter whenever a case of theirs changes its state or priority."""
    gateway.goes_live(CASES)
    return gateway


def test_a_notification_that_comes_again_counts_once(cases: Gateway) -> None:
    change = changed("incident/printer", event_id="n-1", statecode=1)

    first, second = cases.take(change), cases.take(change)

    assert (first.accepted, first.duplicates) == (1, 0)
    assert (second.accepted, second.duplicates) == (0, 1)
    assert cases.commands == ["start"]


def test_it_counts_once_within_a_batch_too(cases: Gateway) -> None:
    change = changed("incident/printer", event_id="n-1", statecode=1)

    answer = cases.take(change, change.model_copy(update={"values": {"statecode": 0}}))

    assert (answer.accepted, answer.duplicates) == (1, 1)
    assert cases.record("incident/printer").values["statecode"] == 1


def test_the_same_id_from_another_source_is_another_notification(cases: Gateway) -> None:
    change = changed("incident/printer", event_id="n-1", statecode=1)
    other = changed("incident/printer", event_id="n-1", statecode=0)

    answer = cases.take(change, other.model_copy(update={"source": "erp"}))

    assert answer.accepted == 2
    assert cases.record("incident/printer").values["statecode"] == 0


def test_without_an_id_every_delivery_is_one_of_its_own_but_the_same_values_change_nothing(
    cases: Gateway,
) -> None:
    change = changed("incident/printer", statecode=1)

    answer = cases.take(change, change)

    assert len(set(answer.ids)) == 2
    assert cases.commands == ["start"]


def test_a_change_of_some_columns_leaves_the_others_and_null_clears(cases: Gateway) -> None:
    cases.take(changed("incident/printer", title=None, statecode=1))

    values = cases.record("incident/printer").values
    assert values == {
        "title": None,
        "statecode": 1,
        "primarycontactid": {"table": "contact", "id": "ana"},
        "incidentid": "printer",
    }


@pytest.mark.parametrize(
    ("values", "fires"),
    [
        pytest.param({"prioritycode": 1}, True, id="a value where there was none"),
        pytest.param({"statecode": 1}, True, id="another value"),
        pytest.param({"statecode": "Resolved"}, True, id="another value by its label"),
        pytest.param({"statecode": None}, True, id="null where there was a value"),
        pytest.param({"statecode": 0}, False, id="the same value"),
        pytest.param({"statecode": "Active"}, False, id="the same value by its label"),
        pytest.param({"title": "Plotter"}, False, id="a column nobody watches"),
    ],
)
def test_only_a_real_difference_in_a_watched_column_fires(
    cases: Gateway, values: dict[str, Any], fires: bool
) -> None:
    cases.take(changed("incident/printer", **values))

    assert bool(cases.entered) == fires


@pytest.mark.parametrize(
    ("before", "fires"),
    [
        pytest.param({"statecode": 0}, True, id="it was another: a difference"),
        pytest.param({"statecode": 1}, False, id="it was the same: none"),
    ],
)
def test_of_a_record_nobody_told_us_of_the_sender_s_image_says_what_was_before(
    cases: Gateway, before: dict[str, Any], fires: bool
) -> None:
    change = changed("incident/plotter", statecode=1, primarycontactid="ben")

    cases.take(change.model_copy(update={"before": {**before, "primarycontactid": "ben"}}))

    assert bool(cases.entered) == fires


def test_what_the_mirror_knows_counts_before_the_sender_s_image(cases: Gateway) -> None:
    change = changed("incident/printer", statecode=0)

    cases.take(change.model_copy(update={"before": {"statecode": 1}}))

    assert cases.entered == []


def test_creating_a_record_that_is_known_is_an_update(cases: Gateway) -> None:
    cases.take(changed("incident/printer", "create", statecode=1))

    assert cases.entered == ["ana"]
    assert cases.record("incident/printer").values["title"] == "Printer"


def test_a_record_that_is_deleted_and_created_again_begins_anew(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), trigger="ordered"))
    customer = {"table": "contact", "id": "ana"}
    order = changed("salesorder/desk", "create", name="A desk", customerid=customer)

    gateway.take(order)
    gateway.take(changed("salesorder/desk", "delete"))
    gateway.take(changed("salesorder/desk", "create", customerid=customer))

    assert gateway.commands == ["start", "tell", "start"]
    assert gateway.refused == []
    row = gateway.record("salesorder/desk")
    assert row.deleted_at is None
    assert "name" not in row.values


def test_a_case_reopened_and_resolved_in_one_batch_ends_one_instance_and_starts_another(
    gateway: Gateway,
) -> None:
    entry = when("trigger.statecode", "equals", "Resolved")
    reopened = {"trigger": "case-changed", "filter": when("event.statecode", "equals", "Active")}
    gateway.goes_live(journey(wait(), trigger="case-changed", filter=entry, exits=[reopened]))

    gateway.take(*(changed("incident/printer", statecode=state) for state in (1, 0, 1)))

    assert gateway.commands == ["start", "tell", "start"]
    assert [reason for reason, _ in gateway.refused] == ["unmet filter"]


def test_deleting_a_record_again_tells_nobody_anything(cases: Gateway) -> None:
    cases.take(changed("incident/printer", statecode=1))

    cases.take(changed("incident/printer", "delete"), changed("incident/printer", "delete"))

    assert cases.commands == ["start", "tell"]
    assert cases.record("incident/printer").values["title"] == "Printer"


@pytest.mark.parametrize(
    ("versions", "state"),
    [
        pytest.param((1, 2), 1, id="in order"),
        pytest.param((2, 1), 0, id="an older one after a newer one"),
        pytest.param((2, 2), 1, id="two of one version"),
        pytest.param((2, None), 1, id="one without a version"),
        pytest.param((None, 1), 1, id="the first with a version"),
    ],
)
def test_an_older_version_never_overwrites_a_newer_one(
    cases: Gateway, versions: tuple[int | None, int | None], state: int
) -> None:
    first, second = versions
    cases.take(changed("incident/printer", prioritycode=1).model_copy(update={"version": first}))

    answer = cases.take(
        changed("incident/printer", statecode=1).model_copy(update={"version": second})
    )

    assert answer.accepted == 1
    assert cases.record("incident/printer").values["statecode"] == state
    assert [reason for reason, _ in cases.refused] == (["out of order"] if state == 0 else [])


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        pytest.param(("crm", 9), ("crm", 10), 1, id="in order"),
        pytest.param(("crm", 10), ("crm", 9), 0, id="an older one after a newer one"),
        pytest.param(("crm", 9), ("crm", 9), 1, id="two of one moment"),
        pytest.param(("crm", 10), ("erp", 9), 1, id="an older one by another clock"),
        pytest.param(("crm", 10), ("crm", None), 1, id="one that does not say when"),
        pytest.param(("crm", None), ("crm", 9), 1, id="the first that says when"),
    ],
)
def test_of_two_without_versions_the_moments_decide_where_one_source_gives_both(
    cases: Gateway, first: tuple[str, int | None], second: tuple[str, int | None], state: int
) -> None:
    changes = changed("incident/printer", prioritycode=1), changed("incident/printer", statecode=1)
    for change, (source, hour) in zip(changes, (first, second), strict=True):
        at = None if hour is None else MONDAY.replace(hour=hour)
        cases.take(change.model_copy(update={"source": source, "occurred_at": at}))

    assert cases.record("incident/printer").values["statecode"] == state
    assert [reason for reason, _ in cases.refused] == (["out of order"] if state == 0 else [])


def test_a_change_that_says_nothing_of_its_moment_does_not_let_an_older_one_in(
    cases: Gateway,
) -> None:
    newest, silent, old = (
        changed("incident/printer", prioritycode=priority).model_copy(update={"occurred_at": at})
        for priority, at in ((1, MONDAY.replace(hour=10)), (2, None), (3, MONDAY))
    )

    cases.take(newest, silent, old)

    assert cases.record("incident/printer").values["prioritycode"] == 2
    assert [reason for reason, _ in cases.refused] == ["out of order"]


@pytest.mark.parametrize("silent", [{}, {"source": "erp"}], ids=["of its source", "of another"])
def test_a_change_that_says_nothing_of_its_age_leaves_what_is_known_of_it(
    cases: Gateway, silent: dict[str, str]
) -> None:
    known = {"source": "crm", "occurred_at": MONDAY.replace(hour=10), "version": 9}
    newest = changed("incident/printer", prioritycode=1).model_copy(update=known)
    unaged = changed("incident/printer", prioritycode=2).model_copy(update=silent)
    cases.take(newest, unaged)

    for old in ({"version": 8}, {"source": "crm", "occurred_at": MONDAY}):
        cases.take(changed("incident/printer", prioritycode=3).model_copy(update=old))

    assert cases.record("incident/printer").values["prioritycode"] == 2
    assert [reason for reason, _ in cases.refused] == ["out of order"] * 2


def test_a_record_that_was_deleted_is_not_brought_back_by_an_older_change(cases: Gateway) -> None:
    gone = changed("incident/printer", "delete").model_copy(update={"version": 9})

    cases.take(gone, changed("incident/printer", statecode=1).model_copy(update={"version": 8}))

    assert cases.record("incident/printer").deleted_at is not None
    assert cases.entered == []


def test_one_bad_item_spoils_nothing_around_it(cases: Gateway) -> None:
    bad = changed("incident/printer", event_id="bad", statecode="Melted", colour="red")

    answer = cases.take(
        changed("incident/printer", event_id="a", statecode=1),
        bad,
        Unusable({"tabel": "incident"}, (Problem(path="/tabel", message="Expected sense."),)),
        changed("spaceship/enterprise", event_id="s", warp=9),
        changed("incident/scanner", event_id="b", statecode=1),
    )

    assert answer.accepted == 2
    assert answer.ids == ["a", "b"]
    assert [(each["index"], each["problem"]) for each in answer.refused] == [
        (1, each) if index == 0 else (index + 1, each)
        for index, each in enumerate(
            [
                (
                    "Expected one of 0 (Active), 1 (Resolved), 2 (Cancelled), "
                    "but statecode is 'Melted'. Expected a column of incident, but 'colour' is none."
                ),
                "Expected sense.",
                "Expected a table that is declared, but 'spaceship' is none.",
            ]
        )
    ]
    kept = [row.change for row in cases.rows(RefusedRow) if "Melted" in row.problem]
    assert kept == [json.loads(bad.model_dump_json(exclude_unset=True))]
    assert cases.entered == ["ana", "ana"]


def test_what_was_refused_may_be_sent_again_under_its_id(cases: Gateway) -> None:
    cases.take(changed("incident/printer", event_id="n-1", statecode="Melted"))

    answer = cases.take(changed("incident/printer", event_id="n-1", statecode="Resolved"))

    assert answer.accepted == 1
    assert cases.entered == ["ana"]


def test_what_another_source_sent_under_the_same_id_stays_taken_in(cases: Gateway) -> None:
    taken = changed("incident/printer", event_id="n-1", statecode=1)
    wrong = changed("incident/printer", event_id="n-1", statecode="Melted")
    cases.take(taken, wrong.model_copy(update={"source": "erp"}))

    assert cases.take(taken).duplicates == 1


def test_a_custom_trigger_s_attributes_may_be_null_or_left_out(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), filter=when("trigger.seats", "is_empty")))

    answer = gateway.take(
        sent("joined", "contact/ana", plan=None, seats=None), sent("joined", "contact/ben")
    )

    assert (answer.accepted, answer.refused) == (2, [])
    assert sorted(gateway.entered) == ["ana", "ben"]


def test_a_custom_trigger_that_cannot_be_is_refused_with_all_that_is_wrong(
    gateway: Gateway,
) -> None:
    gateway.goes_live(journey(wait()))

    answer = gateway.take(
        sent("joined", "incident/printer", colour="red", seats="many"),
        sent("exploded", "contact/ana"),
        sent("case-changed", "contact/ana"),
    )

    assert [each["problem"] for each in answer.refused] == [
        (
            "Expected an attribute of joined, but 'colour' is none. "
            "Expected a number, but seats is 'many'. "
            "Expected a table of people (an audience), but 'incident' is none."
        ),
        "Expected a custom trigger, but 'exploded' is none.",
        "Expected a custom trigger, but 'case-changed' is none.",
    ]


def test_a_trigger_that_is_stopped_holds_for_the_very_next_change(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait()))
    gateway.take(sent("joined", "contact/ana"))

    with gateway.database.writing() as session:
        session.get_one(TriggerRow, "joined").state = "stopped"
        catalogue_changed(session)
    answer = gateway.take(sent("joined", "contact/ben"))

    assert [each["problem"] for each in answer.refused] == [
        "Expected a trigger that is ready, but 'joined' is not."
    ]
    assert gateway.entered == ["ana"]


def test_a_person_nobody_told_us_of_is_refused_entry_and_the_trigger_taken(
    gateway: Gateway,
) -> None:
    gateway.goes_live(journey(wait()))

    answer = gateway.take(sent("joined", "contact/zoe"))

    assert answer.accepted == 1
    assert gateway.refused == [("no such person", "There is no contact with this id.")]


def test_a_trigger_counts_how_often_it_fired(cases: Gateway) -> None:
    cases.take(changed("incident/printer", statecode=1), changed("incident/scanner", statecode=1))
    cases.take(changed("incident/printer", statecode=0))

    [row] = [row for row in cases.rows(TriggerRow) if row.name == "case-changed"]
    assert (row.fired_count, row.last_fired_at) == (3, cases.now)


def test_only_a_batch_that_leaves_commands_wakes_the_relay(cases: Gateway) -> None:
    cases.take(changed("incident/printer", title="Plotter"))
    assert cases.woken == 0

    cases.take(changed("incident/printer", statecode=1))
    assert cases.woken == 1


def test_whoever_is_woken_finds_what_they_were_woken_for(cases: Gateway) -> None:
    found: list[list[str]] = []
    intake = Intake(cases.database, lambda: cases.now, lambda: found.append(cases.commands))

    intake.take([changed("incident/printer", statecode=1)])

    assert found == [["start"]]


THE_POWER_GOES = {
    "sqlite": [
        """CREATE TRIGGER crash BEFORE INSERT ON commands
        BEGIN SELECT RAISE(ABORT, 'the power is gone'); END"""
    ],
    "postgresql": [
        """CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'the power is gone'; END $$""",
        "CREATE TRIGGER crash BEFORE INSERT ON commands EXECUTE FUNCTION crash()",
    ],
}
THE_POWER_IS_BACK = {
    "sqlite": "DROP TRIGGER crash",
    "postgresql": "DROP TRIGGER crash ON commands",
}


def test_a_batch_is_written_whole_or_not_at_all(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait_for("surveyed"), trigger="case-changed"))
    kinds = (InboxRow, InstanceRow, CommandRow)
    with gateway.database.writing() as session:
        connection = session.connection()
        for statement in THE_POWER_GOES[connection.dialect.name]:
            connection.exec_driver_sql(statement)

    with pytest.raises(Exception, match="the power is gone"):
        gateway.take(
            changed("contact/ben", event_id="a", firstname="Benny"),
            changed("incident/printer", event_id="b", statecode=1),
        )

    assert [len(gateway.rows(kind)) for kind in kinds] == [0, 0, 0]
    assert gateway.record("contact/ben").values["firstname"] == "Ben"
    assert gateway.record("incident/printer").values["statecode"] == 0

    with gateway.database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql(THE_POWER_IS_BACK[connection.dialect.name])
    answer = gateway.take(
        changed("contact/ben", event_id="a", firstname="Benny"),
        changed("incident/printer", event_id="b", statecode=1),
    )

    assert answer.accepted == 2
    assert [len(gateway.rows(kind)) for kind in kinds] == [2, 1, 1]
    with gateway.database.reading() as session:
        assert session.get_one(RecordRow, ("contact", "ben")).values["firstname"] == "Benny"
