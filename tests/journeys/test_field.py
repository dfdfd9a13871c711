"""How fields are written, whatever the columns are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.changes import RecordRef
from journeys.facts import Facts
from journeys.field import below, field_of, holder, steps_of
from journeys.known import Known

ODD = ["größe", "size (cm.)", 'the "real" one', "it's", "a\\b", "a[0]", "ä.b", "名前", "first name"]


@pytest.mark.parametrize(
    ("field", "steps"),
    [
        pytest.param("now", ("now",), id="a root alone"),
        pytest.param("record.customerid.name", ("record", "customerid", "name"), id="words"),
        pytest.param("record.größe", ("record", "größe"), id="a word in any script"),
        pytest.param('record["size (cm.)"]', ("record", "size (cm.)"), id="a dot"),
        pytest.param(
            "record['the \"real\" one'].x", ("record", 'the "real" one', "x"), id="quotes"
        ),
        pytest.param(r'record["a \"b\" \\c"]', ("record", r'a "b" \c'), id="both, escaped"),
        pytest.param("person..name", ("person", "", "name"), id="an empty step"),
        pytest.param('record["size', ('record["size',), id="a bracket that is left open: no step"),
    ],
)
def test_a_field_is_read_step_by_step(field: str, steps: tuple[str, ...]) -> None:
    assert steps_of(field) == steps


@given(st.lists(st.text(min_size=1), min_size=1).map(lambda steps: ["root", *steps]))
def test_any_steps_can_be_written_as_a_field(steps: list[str]) -> None:
    assert steps_of(field_of(steps)) == tuple(steps)
    assert holder(field_of(steps)) == field_of(steps[:-1])
    assert below(field_of(steps[:-1]), steps[-1]) == field_of(steps)


@given(st.text())
def test_any_text_has_steps(text: str) -> None:
    assert steps_of(text)


@pytest.mark.parametrize("column", ODD)
def test_a_column_is_read_whatever_it_is_called(column: str) -> None:
    printer = RecordRef("incident", "printer")
    facts = Facts({"record": printer}, Known({printer: {column: column}}))

    assert facts.read(field_of(["record", column])) == column
