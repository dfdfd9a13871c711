"""In which form a column keeps its values, and what is said about one it cannot."""
# ruff: noqa: E501 - one case of a table is one line

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.table import Column, ColumnType, Table

STATUS = ({"value": 1, "label": "In Progress"}, {"value": 5, "label": "Problem Solved"})


def column(kind: str, *targets: str) -> Column:
    choices = STATUS if "choice" in kind else ()
    return Column.model_validate(
        {"name": "x", "type": kind, "choices": choices, "targets": targets}
    )


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        pytest.param("text", "Printer", "Printer", id="text stays as it is"),
        pytest.param("text", "", "", id="also when it is empty"),
        pytest.param("integer", 5, 5, id="a whole number"),
        pytest.param("integer", 5.0, 5, id="a whole number written with a point"),
        pytest.param("decimal", 5, 5, id="a whole number is a decimal"),
        pytest.param("money", 19.9, 19.9, id="money"),
        pytest.param("boolean", False, False, id="false is a value"),
        pytest.param("date", "2026-11-24", "2026-11-24", id="a day"),
        pytest.param("date", "2026-11-24T23:00:00-05:00", "2026-11-24", id="the day of a moment where it was written"),
        pytest.param("datetime", "2026-11-24T09:00:00Z", "2026-11-24T09:00:00Z", id="a moment in UTC"),
        pytest.param("datetime", "2026-11-24T09:00:00+01:00", "2026-11-24T08:00:00Z", id="a moment elsewhere"),
        pytest.param("datetime", "2026-11-24T09:00Z", "2026-11-24T09:00:00Z", id="a moment without seconds"),
        pytest.param("datetime", "2026-11-24T09:00:00.1234567Z", "2026-11-24T09:00:00.123456Z", id="a moment finer than a microsecond"),
        pytest.param("choice", 5, 5, id="a choice by its value"),
        pytest.param("choice", "problem solved", 5, id="a choice by its label, in any case"),
        pytest.param("multi_choice", ["In Progress", 5], [1, 5], id="several choices"),
        pytest.param("multi_choice", [], [], id="no choice of several"),
        pytest.param("json", {"any": ["thing"]}, {"any": ["thing"]}, id="json stays as it is"),
    ],
)  # fmt: skip
def test_a_value_is_kept_in_one_form(kind: str, value: Any, kept: Any) -> None:
    assert column(kind).read(value) == kept


@pytest.mark.parametrize("kind", ["text", "integer", "boolean", "date", "choice", "lookup", "json"])
def test_what_was_cleared_stays_cleared(kind: str) -> None:
    assert column(kind).read(None) is None


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        pytest.param("text", 5, "Expected text, but x is 5.", id="a number for a text"),
        pytest.param("integer", 5.5, "Expected a whole number, but x is 5.5.", id="a part of a number"),
        pytest.param("integer", "5", "Expected a whole number, but x is '5'.", id="a digit as text"),
        pytest.param("integer", True, "Expected a whole number, but x is True.", id="true is no number"),
        pytest.param("integer", float("inf"), "Expected a whole number, but x is inf.", id="infinity is no whole number"),
        pytest.param("integer", float("nan"), "Expected a whole number, but x is nan.", id="nor is what is no number"),
        pytest.param("integer", 2**63, "Expected a whole number, but x is 9223372036854775808.", id="more than 64 bits hold"),
        pytest.param("integer", 1e300, "Expected a whole number, but x is 1e+300.", id="a whole float beyond 64 bits"),
        pytest.param("decimal", 2**64, "Expected a number, but x is 18446744073709551616.", id="a number of more than 64 bits"),
        pytest.param("decimal", float("nan"), "Expected a number, but x is nan.", id="what is no number is no decimal"),
        pytest.param("money", "19.90", "Expected a number, but x is '19.90'.", id="money as text"),
        pytest.param("boolean", 1, "Expected true or false, but x is 1.", id="one for true"),
        pytest.param("date", "24.11.2026", "Expected a date such as 2026-11-24, but x is '24.11.2026'.", id="a date in another order"),
        pytest.param("date", "20261124", "Expected a date such as 2026-11-24, but x is '20261124'.", id="a date without hyphens"),
        pytest.param("date", "2027-02-29", "Expected a date such as 2026-11-24, but x is '2027-02-29'.", id="a leap day of a common year"),
        pytest.param("date", 5, "Expected a date such as 2026-11-24, but x is 5.", id="a number for a date"),
        pytest.param("datetime", "2026-11-24", "Expected a moment such as 2026-11-24T09:00:00Z, but x is '2026-11-24'.", id="a day for a moment"),
        pytest.param("datetime", "2026-11-24T09:00:00", "Expected a moment such as 2026-11-24T09:00:00Z, but x is '2026-11-24T09:00:00'.", id="a moment without its offset"),
        pytest.param("datetime", "0001-01-01T00:00:00+02:00", "Expected a moment such as 2026-11-24T09:00:00Z, but x is '0001-01-01T00:00:00+02:00'.", id="a moment before the first year"),
        pytest.param("choice", "Closed", "Expected one of 1 (In Progress), 5 (Problem Solved), but x is 'Closed'.", id="a label nobody declared"),
        pytest.param("choice", 7, "Expected one of 1 (In Progress), 5 (Problem Solved), but x is 7.", id="a value nobody declared"),
        pytest.param("choice", True, "Expected one of 1 (In Progress), 5 (Problem Solved), but x is True.", id="true is not the choice 1"),
        pytest.param("multi_choice", 1, "Expected a list of choices, but x is 1.", id="one choice for several"),
        pytest.param("multi_choice", [1, 7], "Expected one of 1 (In Progress), 5 (Problem Solved), but x is 7.", id="one of several nobody declared"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused(kind: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="Expected") as refused:
        column(kind).read(value)

    assert str(refused.value) == sentence


def test_a_choice_column_without_declared_choices_keeps_what_the_system_sends() -> None:
    undeclared = Column(name="x", type="choice")

    assert undeclared.read(5) == 5
    with pytest.raises(ValueError, match=r"Expected one of the choices, but x is \[5\]\."):
        undeclared.read([5])


ANA = {"table": "contact", "id": "ana"}


@pytest.mark.parametrize(
    ("targets", "value", "kept"),
    [
        pytest.param(("contact",), ANA, ANA, id="a record of the one target"),
        pytest.param(("contact",), "ana", ANA, id="a bare id where there is one target"),
        pytest.param(("account", "contact"), ANA, ANA, id="a record of one of two targets"),
        pytest.param((), ANA, ANA, id="any record where no target is named"),
        pytest.param(
            ("contact",), {**ANA, "name": "Ana"}, ANA, id="no more than which record it is"
        ),
    ],
)
def test_a_lookup_keeps_which_record_it_points_to(
    targets: tuple[str, ...], value: Any, kept: Any
) -> None:
    assert column("lookup", *targets).read(value) == kept


@pytest.mark.parametrize(
    ("targets", "value", "sentence"),
    [
        pytest.param(("account", "contact"), "ana", 'Expected a lookup such as {"table": "…", "id": "…"}, but x is \'ana\'.', id="a bare id where there are two targets"),
        pytest.param(("contact",), "", 'Expected a lookup such as {"table": "…", "id": "…"}, but x is \'\'.', id="an empty id"),
        pytest.param(("contact",), {"table": "contact", "id": ""}, 'Expected a lookup such as {"table": "…", "id": "…"}, but x is {\'id\': \'\', \'table\': \'contact\'}.', id="a record without an id"),
        pytest.param(("contact",), 5, 'Expected a lookup such as {"table": "…", "id": "…"}, but x is 5.', id="a number"),
        pytest.param(("contact",), {"table": "account", "id": "acme"}, "Expected a record of contact, but x points to a record of account.", id="a record of another table"),
        pytest.param(("account", "contact"), {"table": "lead", "id": "chi"}, "Expected a record of account or contact, but x points to a record of lead.", id="a record of none of two tables"),
    ],
)  # fmt: skip
def test_a_lookup_that_points_nowhere_is_refused(
    targets: tuple[str, ...], value: Any, sentence: str
) -> None:
    with pytest.raises(ValueError, match="Expected") as refused:
        column("lookup", *targets).read(value)

    assert str(refused.value) == sentence


TABLE = Table(
    name="incident",
    primary_id="incidentid",
    columns=(
        column("choice").model_copy(update={"name": "statuscode"}),
        Column(name="title", type="text"),
    ),
)


def test_every_wrong_value_of_a_record_is_told_at_once() -> None:
    kept, problems = TABLE.read(
        {"title": 5, "statuscode": "Closed", "titel": "x", "incidentid": "k1"}
    )

    assert kept == {"incidentid": "k1"}
    assert [(problem.path, problem.message) for problem in problems] == [
        ("/title", "Expected text, but title is 5."),
        (
            "/statuscode",
            "Expected one of 1 (In Progress), 5 (Problem Solved), but statuscode is 'Closed'.",
        ),
        ("/titel", "Expected a column of incident, but 'titel' is none."),
    ]


def test_a_system_that_sends_its_whole_row_may_send_more_than_was_declared() -> None:
    kept, problems = TABLE.read({"title": 5, "statuscode": 7, "titel": "x"}, lenient=True)

    assert kept == {"statuscode": 7}
    assert [problem.path for problem in problems] == ["/title"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda children: (
        st.lists(children) | st.dictionaries(st.sampled_from(["table", "id"]), children)
    ),
)


def kept_or_refused(kind: str, value: Any) -> tuple[Any, str | None]:
    try:
        return column(kind).read(value), None
    except ValueError as error:
        return None, str(error)


@given(st.sampled_from(get_args(ColumnType)), ANYTHING)
def test_a_value_is_refused_with_a_sentence_or_stays_as_it_was_kept(kind: str, value: Any) -> None:
    kept, refusal = kept_or_refused(kind, value)

    assert refusal is None or refusal.startswith("Expected ")
    assert repr(kept_or_refused(kind, kept)[0]) == repr(kept)
