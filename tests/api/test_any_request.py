"""Whatever the description allows, or nearly allows, is answered as the description says."""

import asyncio
import json
from copy import deepcopy
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.door.door import from_within
from store.database import Database
from tests.api.conftest import JOURNEY, RESOLVED, SURVEY, Asked, gateway_over

pytestmark = pytest.mark.slow

Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Operation]
HERE = {"host": "localhost"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    allow_header_conformance,
]
THERE_IS: dict[str, list[str]] = {
    "table": ["contact", "incident"],
    "record_id": ["ana", "k1"],
    "person_id": ["ana"],
    "name": ["follow-up", "case-resolved", "survey", "cart-abandoned", "dataverse"],
}
"""What paths name often enough, so that what is there is asked for as well."""

schemathesis.serializer("application/x-ndjson")(lambda context, value: str(value).encode())


def operations() -> list[Any]:
    """Return every operation; what can be asked is the same for every gateway."""
    described = create_app(gateway_over(Database("sqlite://"), []))
    loaded = schemathesis.openapi.from_asgi("/openapi.json", described, headers=HERE)
    return [
        pytest.param(each.ok(), id=each.ok().label)
        for each in loaded.get_all_operations()
        if isinstance(each, Ok)
    ]


def requests(operation: Operation) -> st.SearchStrategy[AnyCase]:
    """Return requests as they are described, and, where there is anything to be wrong, others."""
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not operation.body and not operation.query:
        return right
    return right | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


A_FEW = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("operation", operations())
async def test_a_request_is_answered_as_described(operation: Operation, inside: Asked) -> None:
    await inside.put("/triggers/cart-abandoned", {"kind": "custom"})
    await inside.post("/changes", {"table": "spaceship"})
    there_is = THERE_IS | {"refused": [(await inside.get("/refused"))["items"][0]["id"]]}
    if operation.method == "get":  # what is asked of an instance takes effect in Temporal
        there_is["instance"] = [(await inside.get("/instances"))["items"][0]["id"]]
    app = from_within(create_app(gateway_over(inside.database, [])))  # with a key there or not

    @A_FEW
    @given(requests(operation), st.data())
    def is_answered_as_described(case: AnyCase, data: st.DataObject) -> None:
        for name, there in there_is.items():
            if name in case.path_parameters and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(there))
        case.call_and_validate(app=app, headers=HERE, checks=CHECKS)

    is_answered_as_described()


CHANGE = {
    "id": "n-1", "source": "crm", "table": "incident", "record_id": "k1", "operation": "update",
    "values": {"statuscode": 5, "title": "Printer", "customerid": {"table": "contact", "id": "ana"}},
    "before": {"statuscode": 1}, "version": 7, "occurred_at": "2027-03-01T09:00:00Z", "actor": "ana",
}  # fmt: skip
EVENT = {
    "trigger": "cart-abandoned", "person": {"table": "contact", "id": "ana"}, "event_id": "e-1",
    "attributes": {"cart": "17", "total": 9.5, "at": "2027-03-01T09:00:00Z"}, "binding": "incident/k1",
}  # fmt: skip
CART = {
    "kind": "custom",
    "attributes": {"cart": "text", "total": "number", "at": "datetime", "case": "lookup"},
}
SHIP = {
    "label": "Ship", "primary_id": "id", "name_column": "name", "audience": {"email": "mail"},
    "columns": [
        {"name": "name", "type": "text"}, {"name": "mail", "type": "text"}, {"name": "at", "type": "datetime"},
        {"name": "port", "type": "lookup", "targets": ["account"]},
        {"name": "state", "type": "choice", "choices": [{"value": 1, "label": "New"}]},
    ],
}  # fmt: skip
SCENARIO = {
    "start": "2027-03-01T09:00:00Z",
    "records": [
        {"table": "contact", "id": "ana", "values": {"emailaddress1": "ana@example.org"}},
        {"table": "incident", "id": "k1", "values": {"customerid": {"table": "contact", "id": "ana"}, "statuscode": 1}},
    ],
    "change": {"table": "incident", "record_id": "k1", "operation": "update", "values": {"statuscode": 5}},
    "later": [{"after": "P1D", "change": {"table": "contact", "record_id": "ana", "operation": "delete"}}],
}  # fmt: skip
DATAVERSE = {
    "MessageName": "Update", "PrimaryEntityName": "incident", "PrimaryEntityId": "k1", "Depth": 1,
    "OperationCreatedOn": "/Date(1735689600000)/", "OperationId": "o-1",
    "InputParameters": [{"key": "Target", "value": {"Attributes": [
        {"key": "statuscode", "value": {"__type": "OptionSetValue:x", "Value": 5}},
        {"key": "customerid", "value": {"Id": "ana", "LogicalName": "contact", "Name": "Ana"}}]}}],
    "PreEntityImages": [{"key": "before", "value": {"Attributes": [{"key": "statuscode", "value": 1}]}}],
}  # fmt: skip
PREVIEW = {"trigger": {"title": "Printer"}, "person": {"table": "contact", "id": "ana"}}
RIGHT: dict[str, tuple[str, str, Any]] = {
    "a change": ("POST", "/changes", CHANGE),
    "a list of changes": ("POST", "/changes", [CHANGE, {**CHANGE, "id": "n-2", "values": {"statuscode": 1}}]),
    "an event": ("POST", "/events", EVENT),
    "what Dataverse sends": ("POST", "/changes/dataverse", DATAVERSE),
    "what is to be explained": ("POST", "/changes/explain", CHANGE),
    "a table": ("PUT", "/tables/ship", SHIP),
    "a built-in table": ("PUT", "/tables/contact", SHIP | {"primary_id": "contactid"}),
    "a record": ("PUT", "/tables/incident/records/k1", {"values": CHANGE["values"]}),
    "some columns": ("PATCH", "/tables/contact/records/ana", {"firstname": "Ana", "birthdate": "2000-02-29"}),
    "a trigger": ("PUT", "/triggers/resolved", RESOLVED),
    "a custom trigger": ("PUT", "/triggers/sent", CART),
    "a template": ("PUT", "/templates/thanks", SURVEY),
    "a preview": ("POST", "/templates/survey/preview", PREVIEW),
    "a journey": ("PUT", "/journeys/follow-up", JOURNEY | {"draft_version": 1}),
    "a scenario": ("POST", "/journeys/follow-up/simulate", SCENARIO),
    "a key": ("POST", "/keys", {"name": "crm", "scopes": ["ingest"], "signed": True}),
}  # fmt: skip
"""What is right, as far as one can tell by looking at it."""

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["", "contact", "incident", "ana", "statuscode", "P3D", "-PT1S", "P9999999999D", "0001-01-01T00:00:00Z",
         "9999-12-31T23:59:59-12:00", "2027-02-30", "{{ person.firstname }}", "{% for x in (1..9) %}", "{{", "a/b"]
    ),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [[]]),
    st.builds(lambda: {"table": "contact", "id": "ana"}),
)  # fmt: skip


@st.composite
def nearly(draw: st.DrawFn, body: Any) -> Any:
    """Return *body* with something odd in a place or two, or without it."""
    changed = deepcopy(body)
    for _ in range(draw(st.integers(1, 2))):
        inside: Any = changed
        while True:
            steps = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not steps:
                break
            step = draw(st.sampled_from(steps))
            if not isinstance(inside[step], dict | list) or draw(st.integers(0, 3)) == 0:
                if draw(st.integers(0, 3)) == 0:
                    del inside[step]
                else:
                    inside[step] = draw(ODD)
                break
            inside = inside[step]
    return changed


@pytest.fixture
async def awaiting_carts(inside: Asked) -> Asked:
    """The same gateway, where carts are abandoned as well."""
    await inside.put("/triggers/cart-abandoned", CART)
    await inside.post("/triggers/cart-abandoned/ready")
    return inside


@pytest.mark.parametrize("what", RIGHT)
def test_what_is_nearly_right_is_answered(what: str, awaiting_carts: Asked) -> None:
    method, path, right = RIGHT[what]
    transport = httpx.ASGITransport(
        from_within(create_app(gateway_over(awaiting_carts.database, [])))
    )

    with asyncio.Runner() as runner:
        http = httpx.AsyncClient(transport=transport, base_url="http://localhost")

        def ask(method: str, path: str, body: Any = None) -> httpx.Response:
            return runner.run(http.request(method, f"/v1{path}", content=json.dumps(body)))

        @settings(A_FEW, max_examples=120)
        @given(nearly(right))
        def is_answered(body: Any) -> None:
            answer = ask(method, path, body)

            assert answer.status_code in {200, 201, 400, 409, 422}
            if answer.is_error:
                assert answer.json()["detail"]

        answer = ask(method, path, right)
        assert answer.is_success, answer.text
        assert not answer.json().get("refused")
        is_answered()
        for each in ("tables", "triggers", "templates", "journeys", "refused", "instances"):
            assert ask("GET", f"/{each}").is_success
