"""Upsert and load: what a system may say of a record that it does not know, or that did not change."""

from typing import Any

import pytest

from store.records import RecordRow
from tests.intake.conftest import Gateway
from tests.story import MONDAY, changed, sent
from tests.world import journey, wait, when

ORDER: dict[str, Any] = {"name": "A desk", "customerid": {"table": "contact", "id": "ana"}}


def test_an_upsert_of_a_record_nobody_told_us_of_is_a_create(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), trigger="ordered"))

    gateway.take(changed("salesorder/desk", "upsert", **ORDER))

    assert gateway.entered == ["ana"]


def test_an_upsert_of_a_record_that_is_known_is_an_update(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), trigger="case-changed"))

    gateway.take(changed("incident/printer", "upsert", statecode=1))

    assert gateway.entered == ["ana"]
    assert gateway.record("incident/printer").values["title"] == "Printer"


def test_an_upsert_of_a_record_that_was_deleted_is_a_create(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), trigger="ordered"))

    gateway.take(
        changed("salesorder/desk", "upsert", **ORDER),
        changed("salesorder/desk", "delete"),
        changed("salesorder/desk", "upsert", **ORDER),
    )

    assert gateway.entered == ["ana", "ana"]


@pytest.mark.parametrize(
    ("record", "trigger", "values"),
    [
        pytest.param("salesorder/desk", "ordered", ORDER, id="of a record that is new"),
        pytest.param(
            "incident/printer", "case-changed", {"statecode": 1}, id="of one that differs"
        ),
    ],
)
def test_a_load_fills_the_mirror_and_fires_nothing(
    gateway: Gateway, record: str, trigger: str, values: dict[str, Any]
) -> None:
    gateway.goes_live(journey(wait(), trigger=trigger))

    answer = gateway.take(changed(record, "load", **values))

    assert answer.accepted == 1
    assert gateway.record(record).values.items() >= values.items()
    assert gateway.entered == []
    assert gateway.refused == []


def test_what_was_loaded_is_what_the_next_change_is_compared_with(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), trigger="case-changed"))

    gateway.take(changed("incident/printer", "load", statecode=1))
    gateway.take(changed("incident/printer", statecode=1))
    gateway.take(changed("incident/printer", statecode=0))

    assert len(gateway.entered) == 1


def test_a_load_that_is_older_than_what_is_known_leaves_it_alone_without_a_word(
    gateway: Gateway,
) -> None:
    gateway.goes_live(journey(wait(), trigger="case-changed"))
    newer, older = MONDAY.replace(hour=10), MONDAY.replace(hour=9)
    changes = (
        changed("incident/printer", statecode=1),
        changed("incident/printer", "load", title=""),
    )

    answer = gateway.take(
        *(
            change.model_copy(update={"source": "crm", "occurred_at": at})
            for change, at in zip(changes, (newer, older), strict=True)
        )
    )

    assert answer.accepted == 2
    assert gateway.record("incident/printer").values["title"] == "Printer"
    assert gateway.refused == []


def test_those_inside_follow_a_record_that_was_loaded(gateway: Gateway) -> None:
    urgent = {"condition": when("record.prioritycode", "equals", 1), "reason": "urgent"}
    gateway.goes_live(journey(wait(), trigger="case-changed", exits=[urgent]))
    gateway.take(changed("incident/printer", statecode=1))

    gateway.take(changed("incident/printer", "load", prioritycode=1))

    assert gateway.commands == ["start", "tell"]


def test_a_load_of_a_person_lets_in_what_waited_for_them(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait()))
    gateway.waits_for_people(60)
    gateway.take(sent("joined", "contact/zoe"))

    gateway.take(changed("contact/zoe", "load", firstname="Zoe"))

    assert gateway.entered == ["zoe"]
    assert len(gateway.rows(RecordRow)) == 5
