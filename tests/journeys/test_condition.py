"""What holds of a field's value: every operator, on both sides of its boundaries."""
# ruff: noqa: E501 - one case of a table is one line

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from journeys.condition import OPERATORS, Condition, fields, judge
from journeys.operators import MEANINGS, Operator

CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)
UTC_ZONE = ZoneInfo("UTC")
PARIS = ZoneInfo("Europe/Paris")
AUCKLAND = ZoneInfo("Pacific/Auckland")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANA = {"table": "contact", "id": "ana"}
BEN = {"table": "contact", "id": "ben"}


def nothing(field: str) -> Any:
    """Read every field as missing."""
    return None


def condition(drawn: Any) -> Any:
    return CONDITION.validate_python(drawn)


def holds(
    operator: str,
    seen: Any,
    value: Any = None,
    *,
    before: Any = None,
    now: datetime = NOON,
    zone: ZoneInfo = UTC_ZONE,
) -> bool:
    drawn = condition({"field": "trigger.x", "operator": operator, "value": value})
    values = {"trigger.x": seen, "trigger.before.x": before}
    return judge(drawn, values.get, now, zone).holds


@pytest.mark.parametrize(
    ("operator", "seen", "value", "expected"),
    [
        pytest.param("equals", "Printer", "pRINTER", True, id="text compares without regard to case"),
        pytest.param("equals", "STRASSE", "straße", True, id="also where lower case is longer"),
        pytest.param("equals", "Chloe\u0301", "chloé", True, id="an accent may be written either way"),
        pytest.param("equals", "Printer", "Printers", False, id="a part is not the whole"),
        pytest.param("equals", 5, 5.0, True, id="a whole number is a number"),
        pytest.param("equals", 1, True, False, id="one is not true"),
        pytest.param("equals", 5, "5", False, id="a number is no text"),
        pytest.param("equals", False, False, True, id="false equals false"),
        pytest.param("equals", 0, 0, True, id="nought is a value"),
        pytest.param("equals", ANA, ANA, True, id="a lookup equals the same lookup"),
        pytest.param("equals", ANA, "ana", True, id="a lookup equals the id of its record"),
        pytest.param("equals", ANA, {"table": "lead", "id": "ana"}, False, id="the same id elsewhere is another record"),
        pytest.param("equals", ANA, BEN, False, id="another record is not it"),
        pytest.param("equals", "2026-11-24T12:00:00Z", "2026-11-24T13:00:00+01:00", True, id="the same instant said in another zone"),
        pytest.param("equals", [1, 2], [2, 1], True, id="the same choices in another order"),
        pytest.param("equals", [1, 2], [1], False, id="more choices than asked for"),
        pytest.param("equals", [1], [1, 2], False, id="fewer choices than asked for"),
        pytest.param("equals", [1], 1, True, id="one choice is that choice"),
        pytest.param("not_equals", "a", "b", True, id="another text"),
        pytest.param("not_equals", "a", "A", False, id="the same text in capitals"),
        pytest.param("in", 5, [1, 5], True, id="one of several"),
        pytest.param("in", 4, [1, 5], False, id="none of several"),
        pytest.param("in", "paris", ["Berlin", "PARIS"], True, id="one of several texts"),
        pytest.param("in", ANA, ["ben", "ana"], True, id="one of several records"),
        pytest.param("in", [1, 2], [2, 3], True, id="one of the choices is among those asked for"),
        pytest.param("in", [1, 2], [3], False, id="none of the choices is"),
        pytest.param("not_in", 4, [1, 5], True, id="outside the list"),
        pytest.param("not_in", 5, [1, 5], False, id="inside the list"),
        pytest.param("contains", "Printer jam", "PRINT", True, id="a part of the text"),
        pytest.param("contains", "Printer jam", "scan", False, id="no part of the text"),
        pytest.param("contains", [1, 2, 3], 2, True, id="a choice among the choices"),
        pytest.param("contains", [1, 2, 3], [1, 3], True, id="all those asked for"),
        pytest.param("contains", [1, 2], [1, 3], False, id="not all those asked for"),
        pytest.param("contains", 55, 5, False, id="a number contains nothing"),
        pytest.param("not_contains", "Printer", "scan", True, id="the text is not in it"),
        pytest.param("not_contains", "Printer", "print", False, id="the text is in it"),
        pytest.param("starts_with", "Printer", "pri", True, id="its beginning"),
        pytest.param("starts_with", "Printer", "ter", False, id="not its beginning"),
        pytest.param("ends_with", "Printer", "TER", True, id="its end"),
        pytest.param("ends_with", "Printer", "pri", False, id="not its end"),
        pytest.param("greater_than", 5, 5, False, id="is not greater than itself"),
        pytest.param("greater_than", 5.01, 5, True, id="a little more is greater"),
        pytest.param("at_least", 5, 5, True, id="is at least itself"),
        pytest.param("at_least", 4.99, 5, False, id="a little less is not at least"),
        pytest.param("less_than", 5, 5, False, id="is not less than itself"),
        pytest.param("less_than", 4.99, 5, True, id="a little less is less"),
        pytest.param("at_most", 5, 5, True, id="is at most itself"),
        pytest.param("at_most", 5.01, 5, False, id="a little more is not at most"),
        pytest.param("at_most", True, 5, False, id="true is no number"),
        pytest.param("at_least", "9", 5, False, id="a digit as text is no number"),
        pytest.param("between", 1, [1, 5], True, id="the lower end belongs to it"),
        pytest.param("between", 5, [1, 5], True, id="the upper end belongs to it"),
        pytest.param("between", 0.99, [1, 5], False, id="below the lower end"),
        pytest.param("between", 5.01, [1, 5], False, id="above the upper end"),
        pytest.param("between", "2026-11-24", ["2026-11-24", "2026-11-25"], True, id="the first day belongs to it"),
        pytest.param("between", "2026-11-23", ["2026-11-24", "2026-11-25"], False, id="the day before does not"),
        pytest.param("between", "2026-11-25T23:59:59Z", ["2026-11-24", "2026-11-25"], True, id="the last day belongs to it whole"),
        pytest.param("between", "2026-11-26T00:00:00Z", ["2026-11-24", "2026-11-25"], False, id="the midnight after does not"),
        pytest.param("between", "2026-11-30", ["today", "today + P7D"], True, id="between relative days"),
    ],
)  # fmt: skip
def test_a_value_is_compared(operator: str, seen: Any, value: Any, expected: bool) -> None:
    assert holds(operator, seen, value) is expected


SAMPLE = {
    "nothing": None, "value": 5, "values": [5], "text": "5", "number": 5, "pair": [0, 9],
    "point": "today", "duration": "P7D", "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
}  # fmt: skip
TRUE_OF_NOTHING = {"not_equals", "not_in", "not_contains", "is_empty"}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("missing", [None, "", []], ids=["null", "an empty text", "an empty list"])
def test_what_is_missing_is_false_and_its_negation_true(operator: Operator, missing: Any) -> None:
    value = SAMPLE[MEANINGS[operator].takes]

    assert holds(operator, missing, value) is (operator in TRUE_OF_NOTHING)


@pytest.mark.parametrize("operator", OPERATORS)
def test_not_turns_every_operator_round_when_the_attribute_is_missing(operator: Operator) -> None:
    value = SAMPLE[MEANINGS[operator].takes]
    drawn = condition({"not": {"field": "person.x", "operator": operator, "value": value}})

    assert judge(drawn, nothing, NOON, UTC_ZONE).holds is (operator not in TRUE_OF_NOTHING)


@pytest.mark.parametrize("value", [0, False, "x", [1]])
def test_is_empty_tells_nothing_from_nought_and_false(value: Any) -> None:
    assert not holds("is_empty", value)
    assert holds("is_not_empty", value)


@pytest.mark.parametrize(
    ("operator", "seen", "value", "expected"),
    [
        pytest.param("on", "2026-11-24", "2026-11-24", True, id="on the day"),
        pytest.param("on", "2026-11-23", "2026-11-24", False, id="on the day before"),
        pytest.param("on", "2026-11-24T00:00:00Z", "2026-11-24", True, id="midnight begins the day"),
        pytest.param("on", "2026-11-23T23:59:59Z", "2026-11-24", False, id="a second before midnight is the day before"),
        pytest.param("on", "2026-11-24", "today", True, id="today"),
        pytest.param("on", "2026-11-25", "today", False, id="tomorrow is not today"),
        pytest.param("on", "2026-11-24T01:00:00Z", "2026-11-24T23:00:00Z", True, id="the same day at another hour"),
        pytest.param("before", "2026-11-24", "2026-11-24", False, id="a day is not before itself"),
        pytest.param("before", "2026-11-23", "2026-11-24", True, id="the day before is before"),
        pytest.param("before", "2026-11-24T23:59:59Z", "2026-11-24", False, id="a moment of the day is not before the day"),
        pytest.param("before", "2026-11-24T11:59:59Z", "now", True, id="a second ago is before now"),
        pytest.param("before", "2026-11-24T12:00:00Z", "now", False, id="now is not before now"),
        pytest.param("before", "2026-12-23", "today + P30D", True, id="29 days on is before 30 days on"),
        pytest.param("before", "2026-12-24", "today + P30D", False, id="30 days on is not"),
        pytest.param("on_or_before", "2026-12-24", "today + P30D", True, id="but it is on or before"),
        pytest.param("on_or_before", "2026-12-25", "today + P30D", False, id="and 31 days on is not"),
        pytest.param("on_or_before", "2026-11-24T23:59:59Z", "today", True, id="the day's last second is on it"),
        pytest.param("after", "2026-11-24", "2026-11-24", False, id="a day is not after itself"),
        pytest.param("after", "2026-11-25", "2026-11-24", True, id="the next day is after"),
        pytest.param("after", "2026-11-24T23:59:59Z", "today", False, id="the day's last second is not after the day"),
        pytest.param("after", "2026-11-25T00:00:00Z", "today", True, id="the next midnight is"),
        pytest.param("after", "2026-11-24T10:00:01Z", "now - PT2H", True, id="less than two hours ago"),
        pytest.param("after", "2026-11-24T10:00:00Z", "now - PT2H", False, id="exactly two hours ago is not after it"),
        pytest.param("on_or_after", "2026-11-24T10:00:00Z", "now - PT2H", True, id="but it is on or after"),
        pytest.param("on_or_after", "2026-11-24T13:00:00+01:00", "2026-11-24T12:00:00Z", True, id="the same instant in another zone"),
        pytest.param("on_or_after", "2026-10-24", "today - P1M", True, id="a month ago"),
        pytest.param("on_or_after", "2026-10-23", "today - P1M", False, id="a month and a day ago"),
        pytest.param("on", "2026-11-24", "tomorrow", False, id="a word nobody knows is no day"),
        pytest.param("on", "soon", "2026-11-24", False, id="a text is no date"),
        pytest.param("on", "today", "today", False, id="what is relative is no value of a column"),
        pytest.param("before", "2026-11-23T00:00:00", "now", False, id="a moment without an offset is none"),
        pytest.param("before", "0001-01-01T00:00:00Z", "today", True, id="the first moment there is lies before today"),
        pytest.param("in_last", "2026-11-17T12:00:00Z", "P7D", True, id="exactly seven days ago"),
        pytest.param("in_last", "2026-11-17T11:59:59Z", "P7D", False, id="a second more than seven days ago"),
        pytest.param("in_last", "2026-11-24T12:00:00Z", "P7D", True, id="now is in the last days"),
        pytest.param("in_last", "2026-11-24T12:00:01Z", "P7D", False, id="what is to come is not"),
        pytest.param("in_last", "2026-11-17", "P7D", True, id="the day seven days ago"),
        pytest.param("in_last", "2026-11-16", "P7D", False, id="the day eight days ago"),
        pytest.param("in_last", "2026-11-24", "P7D", True, id="today is in the last days"),
        pytest.param("in_last", "2026-11-25", "P7D", False, id="tomorrow is not"),
        pytest.param("in_last", "2026-11-24T10:00:00Z", "PT2H", True, id="two hours ago"),
        pytest.param("in_last", "2026-11-24T09:59:59Z", "PT2H", False, id="more than two hours ago"),
        pytest.param("in_next", "2026-12-01T12:00:00Z", "P1W", True, id="in exactly a week"),
        pytest.param("in_next", "2026-12-01T12:00:01Z", "P1W", False, id="in a second more than a week"),
        pytest.param("in_next", "2026-11-24", "P1W", True, id="today is in the next days"),
        pytest.param("in_next", "2026-11-23", "P1W", False, id="yesterday is not"),
        pytest.param("in_next", "2026-12-24", "P1M", True, id="in a month"),
        pytest.param("in_next", "2026-12-25", "P1M", False, id="in a month and a day"),
        pytest.param("in_next", "2026-11-24", "soon", False, id="a duration nobody knows"),
        pytest.param("in_next", "2026-11-25", "P9999Y", False, id="longer than the calendar"),
        pytest.param("anniversary_in_next", "1990-11-24", "P7D", True, id="a birthday today"),
        pytest.param("anniversary_in_next", "1990-12-01", "P7D", True, id="a birthday in seven days"),
        pytest.param("anniversary_in_next", "1990-12-02", "P7D", False, id="a birthday in eight days"),
        pytest.param("anniversary_in_next", "1990-11-23", "P7D", False, id="a birthday yesterday"),
        pytest.param("anniversary_in_next", "1990-01-03", "P60D", True, id="a birthday over New Year"),
        pytest.param("anniversary_in_next", "2031-12-01", "P7D", True, id="the year does not matter"),
        pytest.param("anniversary_in_next", "1990-11-23", "P1Y", True, id="everybody has one in a year"),
        pytest.param("anniversary_in_last", "1990-11-24", "P7D", True, id="a birthday today was in the last days"),
        pytest.param("anniversary_in_last", "1990-11-17", "P7D", True, id="a birthday seven days ago"),
        pytest.param("anniversary_in_last", "1990-11-16", "P7D", False, id="a birthday eight days ago"),
        pytest.param("anniversary_in_last", "1990-11-25", "P7D", False, id="a birthday tomorrow"),
        pytest.param("anniversary_in_last", "1990-12-20", "P365D", True, id="a birthday over the last New Year"),
        pytest.param("weekday_in", "2026-11-24", ["tue"], True, id="that day is a Tuesday"),
        pytest.param("weekday_in", "2026-11-24", ["mon", "wed"], False, id="and no other day"),
    ],
)  # fmt: skip
def test_a_date_is_compared(operator: str, seen: Any, value: Any, expected: bool) -> None:
    assert holds(operator, seen, value) is expected


@pytest.mark.parametrize(
    ("operator", "seen", "value", "now", "zone", "expected"),
    [
        pytest.param("on", "2026-11-23T23:30:00Z", "2026-11-24", NOON, PARIS, True, id="half past midnight in Paris is already the day"),
        pytest.param("on", "2026-11-23T22:59:59Z", "2026-11-24", NOON, PARIS, False, id="a second before midnight in Paris is not"),
        pytest.param("on", "2026-11-25", "today", NOON, AUCKLAND, True, id="at noon in Greenwich it is tomorrow in Auckland"),
        pytest.param("weekday_in", "2026-11-24T23:30:00Z", ["wed"], NOON, PARIS, True, id="a weekday is that of the zone"),
        pytest.param("in_last", "2026-10-24T12:00:00Z", "P1D", datetime(2026, 10, 25, 13, tzinfo=UTC), PARIS, True, id="a day ago is 25 hours where the clocks went back"),
        pytest.param("in_last", "2026-10-24T11:59:59Z", "P1D", datetime(2026, 10, 25, 13, tzinfo=UTC), PARIS, False, id="and not a second more"),
        pytest.param("in_last", "2026-10-24T13:00:00Z", "PT24H", datetime(2026, 10, 25, 13, tzinfo=UTC), PARIS, True, id="24 hours are 24 hours"),
        pytest.param("in_last", "2026-10-24T12:59:59Z", "PT24H", datetime(2026, 10, 25, 13, tzinfo=UTC), PARIS, False, id="also where the clocks went back"),
        pytest.param("in_last", "2026-03-28T13:00:00Z", "P1D", datetime(2026, 3, 29, 12, tzinfo=UTC), PARIS, True, id="a day ago is 23 hours where the clocks went forward"),
        pytest.param("in_last", "2026-03-28T12:59:59Z", "P1D", datetime(2026, 3, 29, 12, tzinfo=UTC), PARIS, False, id="and a second more is too long"),
        pytest.param("on", "2026-03-29T00:30:00Z", "today", datetime(2026, 3, 29, 12, tzinfo=UTC), PARIS, True, id="the short day has its night"),
        pytest.param("on", "2026-03-29T22:00:00Z", "today", datetime(2026, 3, 29, 12, tzinfo=UTC), PARIS, False, id="the short day ends an hour sooner"),
        pytest.param("on", "2026-10-25T22:59:59Z", "today", datetime(2026, 10, 25, 12, tzinfo=UTC), PARIS, True, id="the long day ends an hour later"),
        pytest.param("anniversary_in_next", "2000-02-29", "P0D", datetime(2027, 2, 28, 12, tzinfo=UTC), UTC_ZONE, True, id="a leap day's birthday is on the 28th in a common year"),
        pytest.param("anniversary_in_next", "2000-02-29", "P0D", datetime(2027, 3, 1, 12, tzinfo=UTC), UTC_ZONE, False, id="and not on the 1st of March"),
        pytest.param("anniversary_in_next", "2000-02-29", "P0D", datetime(2028, 2, 29, 12, tzinfo=UTC), UTC_ZONE, True, id="on the 29th in a leap year"),
        pytest.param("anniversary_in_next", "2000-02-29", "P0D", datetime(2028, 2, 28, 12, tzinfo=UTC), UTC_ZONE, False, id="and not on the 28th"),
        pytest.param("on", "2027-02-28", "today + P1M", datetime(2027, 1, 31, 12, tzinfo=UTC), UTC_ZONE, True, id="a month after the 31st is the last of a shorter month"),
        pytest.param("on", "2028-02-29", "today + P1M", datetime(2028, 1, 31, 12, tzinfo=UTC), UTC_ZONE, True, id="which in a leap year is the 29th"),
    ],
)  # fmt: skip
def test_a_day_is_a_day_in_the_zone(
    operator: str, seen: Any, value: Any, now: datetime, zone: ZoneInfo, expected: bool
) -> None:
    assert holds(operator, seen, value, now=now, zone=zone) is expected


@pytest.mark.parametrize(
    ("operator", "before", "after", "value", "expected"),
    [
        pytest.param("changed", 1, 5, None, True, id="another value"),
        pytest.param("changed", 5, 5, None, False, id="the same value"),
        pytest.param("changed", None, 5, None, True, id="filled in"),
        pytest.param("changed", 5, None, None, True, id="cleared"),
        pytest.param("changed", None, "", None, False, id="empty stays empty"),
        pytest.param("changed", "ana", "Ana", None, True, id="a capital is a change"),
        pytest.param("changed_from", 1, 5, 1, True, id="from that value"),
        pytest.param("changed_from", 2, 5, 1, False, id="from another value"),
        pytest.param("changed_from", 1, 1, 1, False, id="from that value to itself"),
        pytest.param("changed_from", 1, None, 1, True, id="from that value to nothing"),
        pytest.param("changed_from", None, 1, 1, False, id="from nothing"),
        pytest.param("changed_to", 1, 5, 5, True, id="to that value"),
        pytest.param("changed_to", 1, 4, 5, False, id="to another value"),
        pytest.param("changed_to", 5, 5, 5, False, id="that value was there before"),
        pytest.param("changed_to", None, 5, 5, True, id="created with that value"),
        pytest.param("changed_to", BEN, ANA, "ana", True, id="to that record"),
        pytest.param("increased", 1, 2, None, True, id="more"),
        pytest.param("increased", 2, 2, None, False, id="as much"),
        pytest.param("increased", 2.5, 3, None, True, id="more by a part"),
        pytest.param("increased", None, 2, None, False, id="nothing to compare with"),
        pytest.param("decreased", 2, 1, None, True, id="less"),
        pytest.param("decreased", 2, 2, None, False, id="not less"),
        pytest.param("decreased", 2, None, None, False, id="cleared is not less"),
        pytest.param("increased", "2026-11-24", "2026-11-25", None, True, id="a later day"),
        pytest.param("decreased", "2026-11-24T12:00:00Z", "2026-11-24T11:00:00Z", None, True, id="an earlier moment"),
        pytest.param("increased", "a", "b", None, False, id="a text does not grow"),
        pytest.param("increased", "2026-11-24", "2026-11-24T11:00:00Z", None, False, id="a day and a moment cannot be told apart"),
    ],
)  # fmt: skip
def test_a_value_is_compared_with_the_one_before(
    operator: str, before: Any, after: Any, value: Any, expected: bool
) -> None:
    assert holds(operator, after, value, before=before) is expected


YES = {"field": "person.yes", "operator": "equals", "value": 1}
NO = {"field": "person.no", "operator": "equals", "value": 1}


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        pytest.param({"all": [YES, YES]}, True, id="all hold"),
        pytest.param({"all": [YES, NO]}, False, id="one of all does not"),
        pytest.param({"all": []}, True, id="all of none holds"),
        pytest.param({"any": [NO, YES]}, True, id="one of any holds"),
        pytest.param({"any": [NO, NO]}, False, id="none of any holds"),
        pytest.param({"any": []}, False, id="any of none does not hold"),
        pytest.param({"not": NO}, True, id="not what does not hold"),
        pytest.param({"not": {"not": YES}}, True, id="not not"),
        pytest.param({"all": [YES, {"not": {"any": [NO, NO]}}]}, True, id="one in another"),
    ],
)
def test_conditions_are_grouped(drawn: Any, expected: bool) -> None:
    seen = {"person.yes": 1, "person.no": 2}

    assert judge(condition(drawn), seen.get, NOON, UTC_ZONE).holds is expected


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        pytest.param({"field": "person.x", "operator": "equals", "value": 1}, {"person.x"}, id="its field"),
        pytest.param(
            {"field": "trigger.statuscode", "operator": "changed_to", "value": 5},
            {"trigger.statuscode", "trigger.before.statuscode"}, id="with the value before where it is compared",
        ),
        pytest.param(
            {"field": "event.customerid.name", "operator": "changed"},
            {"event.customerid.name", "event.before.customerid.name"}, id="over lookups",
        ),
        pytest.param({"field": "now", "operator": "weekday_in", "value": ["mon"]}, set(), id="now is given"),
        pytest.param({"not": {"any": [YES, {"all": [NO]}]}}, {"person.yes", "person.no"}, id="in every group"),
    ],
)  # fmt: skip
def test_a_condition_tells_which_fields_it_reads(drawn: Any, expected: set[str]) -> None:
    assert fields(condition(drawn)) == expected


def test_now_can_be_judged_itself() -> None:
    monday = {"field": "now", "operator": "weekday_in", "value": ["mon"]}

    assert judge(condition(monday), nothing, NOON - timedelta(days=1), UTC_ZONE).holds
    assert not judge(condition(monday), nothing, NOON, UTC_ZONE).holds


def test_a_judgement_keeps_every_value_it_was_taken_on() -> None:
    seen = {"person.yes": 1, "person.no": None}

    judgement = judge(condition({"any": [YES, NO]}), seen.get, NOON, UTC_ZONE)

    assert judgement.seen == seen
    assert judgement.why is None


@pytest.mark.parametrize(
    ("drawn", "sentence"),
    [
        pytest.param({"all": [YES, NO]}, "Expected person.no to be 1, but it is 2.", id="the first that failed"),
        pytest.param({"any": [NO, NO]}, "Expected person.no to be 1, but it is 2.", id="the first of any"),
        pytest.param({"not": YES}, "Expected person.yes not to be 1, but it is 1.", id="what held and should not"),
        pytest.param(
            {"not": {"field": "person.no", "operator": "not_equals", "value": 1}},
            "Expected person.no to be 1, but it is 2.", id="a negation turned round",
        ),
        pytest.param(
            {"not": {"all": [YES, YES]}}, "Expected person.yes not to be 1, but it is 1.", id="all held and should not"
        ),
        pytest.param(
            {"field": "trigger.statuscode", "operator": "changed_to", "value": 5},
            "Expected trigger.statuscode to change to 5, but it was 1 and is 3.", id="what it was and is",
        ),
        pytest.param(
            {"field": "person.gone", "operator": "at_least", "value": 5},
            "Expected person.gone to be at least 5, but it is empty.", id="what is missing",
        ),
        pytest.param(
            {"field": "person.ana", "operator": "in", "value": ["ben", "chi"]},
            "Expected person.ana to be one of 'ben', 'chi', but it is contact/ana.", id="a record",
        ),
        pytest.param({"field": "person.yes", "operator": "is_empty"}, "Expected person.yes to be empty, but it is 1.", id="no value asked"),
        pytest.param({"any": []}, "Expected conditions in any, but there is none.", id="no condition at all"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_seen(drawn: Any, sentence: str) -> None:
    seen = {
        "person.yes": 1, "person.no": 2, "person.ana": ANA,
        "trigger.statuscode": 3, "trigger.before.statuscode": 1,
    }  # fmt: skip

    assert judge(condition(drawn), seen.get, NOON, UTC_ZONE).why == sentence


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str)
    | st.dates().map(str) | st.sampled_from(["today", "now - P1D", "P7D", "0001-01-01T00:00:00Z", "9999-12-31"]),
    lambda children: st.lists(children) | st.dictionaries(st.sampled_from(["table", "id"]), children),
    max_leaves=4,
)  # fmt: skip


@given(
    st.sampled_from(OPERATORS), JSON_VALUES, JSON_VALUES, JSON_VALUES,
    st.datetimes(timezones=st.just(UTC)), st.sampled_from([UTC_ZONE, PARIS, AUCKLAND]),
)  # fmt: skip
def test_whatever_a_record_holds_a_condition_is_judged(
    operator: str, seen: Any, before: Any, value: Any, now: datetime, zone: ZoneInfo
) -> None:
    drawn = {"field": "trigger.x", "operator": operator, "value": value}
    read = {"trigger.x": seen, "trigger.before.x": before}.get

    judgement = judge(condition(drawn), read, now, zone)
    turned = judge(condition({"not": drawn}), read, now, zone)

    assert judgement.holds is not turned.holds
    assert (judgement.why is None) is judgement.holds


FIELDS = ("trigger.a", "person.b", "now")
CONDITIONS = st.recursive(
    st.builds(
        lambda field, operator, value: {"field": field, "operator": operator, "value": value},
        st.sampled_from(FIELDS), st.sampled_from(OPERATORS), JSON_VALUES,
    ),
    lambda parts: st.lists(parts, max_size=3).map(lambda each: {"all": each})
    | st.lists(parts, max_size=3).map(lambda each: {"any": each})
    | parts.map(lambda each: {"not": each}),
    max_leaves=6,
)  # fmt: skip


READ = ("trigger.a", "trigger.before.a", "person.b", "person.before.b")


@given(CONDITIONS, st.fixed_dictionaries(dict.fromkeys(READ, JSON_VALUES)))
def test_a_condition_of_any_shape_is_judged_on_its_fields_alone(
    drawn: Any, values: dict[str, Any]
) -> None:
    wanted = fields(condition(drawn))
    some = {name: value for name, value in values.items() if name in wanted}

    judgement = judge(condition(drawn), values.get, NOON, UTC_ZONE)

    same = judge(condition(drawn), some.get, NOON, UTC_ZONE)

    assert (same.holds, same.why) == (judgement.holds, judgement.why)
    assert judge(condition({"not": drawn}), values.get, NOON, UTC_ZONE).holds is not judgement.holds
    assert (judgement.why is None) is judgement.holds
