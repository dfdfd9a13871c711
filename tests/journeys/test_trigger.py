"""On which changes a trigger fires, and what one may be called."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from journeys.changes import RecordChanged, RecordRef
from journeys.problem import problems_of_shape
from journeys.trigger import AudiencePath, CustomTrigger, RecordChangeTrigger, Trigger

TRIGGER: TypeAdapter[Any] = TypeAdapter(Trigger)
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def trigger(**settings: Any) -> RecordChangeTrigger:
    drawn = {"name": "case-updated", "table": "incident", "operations": ["updated"], **settings}
    return RecordChangeTrigger.model_validate({"audience": {"path": "customerid"}, **drawn})


def changed(
    operation: str, *columns: str, table: str = "incident", actor: str | None = None
) -> Any:
    return RecordChanged(
        event_id="e1", record=RecordRef(table, "k1"), operation=operation,  # type: ignore[arg-type]
        before={}, after={}, columns=frozenset(columns), occurred_at=NINE, actor=actor,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "change", "fires"),
    [
        pytest.param({}, changed("update", "title"), True, id="any column, where none is watched"),
        pytest.param({}, changed("update"), False, id="nothing that really differs"),
        pytest.param({}, changed("create", "title"), False, id="another operation"),
        pytest.param({}, changed("update", "title", table="lead"), False, id="another table"),
        pytest.param(
            {"columns": ["statuscode"]}, changed("update", "statuscode", "title"), True, id="a watched column"
        ),
        pytest.param({"columns": ["statuscode"]}, changed("update", "title"), False, id="no watched column"),
        pytest.param({"operations": ["created"]}, changed("create"), True, id="a record created"),
        pytest.param(
            {"operations": ["created"], "columns": ["statuscode"]}, changed("create", "title"), True,
            id="a record created, whichever columns are watched",
        ),
        pytest.param({"operations": ["deleted"]}, changed("delete"), True, id="a record deleted"),
        pytest.param({"operations": ["deleted"]}, changed("update", "title"), False, id="a record only changed"),
        pytest.param(
            {"operations": ["created", "deleted"]}, changed("delete"), True, id="one of several operations"
        ),
        pytest.param(
            {"ignore_actors": ["import"]}, changed("update", "title", actor="import"), False,
            id="an actor that is ignored",
        ),
        pytest.param(
            {"ignore_actors": ["import"]}, changed("update", "title", actor="ben"), True, id="another actor"
        ),
        pytest.param({"ignore_actors": ["import"]}, changed("update", "title"), True, id="no actor named"),
    ],
)  # fmt: skip
def test_a_trigger_fires_on_what_it_names(
    settings: dict[str, Any], change: RecordChanged, fires: bool
) -> None:
    assert trigger(**settings).fires_on(change) is fires


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        pytest.param("self", (), id="the record itself"),
        pytest.param("primarycontactid", ("primarycontactid",), id="a lookup"),
        pytest.param(
            "customerid.primarycontactid", ("customerid", "primarycontactid"), id="over lookups"
        ),
    ],
)
def test_an_audience_is_a_path_over_lookups(path: str, columns: tuple[str, ...]) -> None:
    assert AudiencePath(path=path).columns == columns


@pytest.mark.parametrize(
    ("drawn", "sentence"),
    [
        pytest.param({}, "Expected either path or each, but there are both or none.", id="no way"),
        pytest.param(
            {"path": "self", "each": "contact.parentcustomerid"},
            "Expected either path or each, but there are both or none.",
            id="two ways",
        ),
        *(
            pytest.param(
                {"each": each},
                "Expected a table and its lookup such as contact.parentcustomerid, "
                f"but it is '{each}'.",
                id=f"each {each}",
            )
            for each in ("contact", "contact.", "contact.parentcustomerid.name")
        ),
    ],
)
def test_an_audience_is_reached_in_one_way(drawn: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        AudiencePath.model_validate(drawn)


def test_an_audience_is_written_as_it_was_drawn() -> None:
    for drawn in ({"path": "self"}, {"each": "contact.parentcustomerid"}):
        assert AudiencePath.model_validate(drawn).model_dump(mode="json") == drawn


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        pytest.param("text", "text", id="text"),
        pytest.param("number", "decimal", id="a number"),
        pytest.param("boolean", "boolean", id="true or false"),
        pytest.param("datetime", "datetime", id="a moment"),
        pytest.param("lookup", "lookup", id="a record"),
    ],
)
def test_an_attribute_is_read_like_a_column(kind: str, column: str) -> None:
    custom = CustomTrigger.model_validate({"name": "cart-abandoned", "attributes": {"x": kind}})
    found = custom.column("x")

    assert found is not None
    assert (found.name, found.type) == ("x", column)
    assert custom.column("y") is None


NAMED = {"kind": "custom", "name": "cart-abandoned"}


@pytest.mark.parametrize(
    ("body", "path", "sentence"),
    [
        pytest.param(
            {**NAMED, "name": "Cart abandoned"}, "/name",
            "Expected lower-case words with hyphens such as case-resolved, but it is 'Cart abandoned'.",
            id="a name with capitals and spaces",
        ),
        pytest.param(
            {**NAMED, "name": "cart-abandoned\n"}, "/name",
            "Expected lower-case words with hyphens such as case-resolved, but it is 'cart-abandoned\\n'.",
            id="a name that ends with a line",
        ),
        pytest.param(
            {**NAMED, "attributes": {"total": "money"}}, "/attributes/total",
            "Expected one of 'text', 'number', 'boolean', 'datetime' or 'lookup', but total is 'money'.",
            id="an attribute of a type there is not",
        ),
        pytest.param(
            {**NAMED, "attributes": {"cart.id": "text"}}, "/attributes/cart.id",
            "Expected the name of an attribute (letters and digits such as cart_id, and not before, which is "
            "what was there before), but it is 'cart.id'.",
            id="an attribute with a dot",
        ),
        pytest.param(
            {**NAMED, "kind": "webhook"}, "",
            "Expected kind to be one of 'record_change', 'custom', but it is 'webhook'.", id="a kind there is not",
        ),
        pytest.param(
            {"kind": "record_change", "name": "x", "table": "incident", "operations": [], "audience": {"path": "self"}},
            "/operations", "Expected at least 1, but operations is [].", id="no operation",
        ),
        pytest.param(
            {"kind": "record_change", "name": "x", "table": "incident", "operations": ["moved"],
             "audience": {"path": "self"}},
            "/operations/0", "Expected one of 'created', 'updated' or 'deleted', but 0 is 'moved'.",
            id="an operation there is not",
        ),
    ],
)  # fmt: skip
def test_a_malformed_trigger_is_refused_with_a_sentence(
    body: Any, path: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        TRIGGER.validate_python(body)

    found = problems_of_shape(refused.value, body)
    assert [(problem.path, problem.message) for problem in found] == [(path, sentence)]
