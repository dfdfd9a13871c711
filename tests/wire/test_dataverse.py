"""A Dataverse webhook is read as record changes, or refused in one sentence."""

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.changes import RecordChange, RecordRef
from store.builtin import builtin_tables
from wire import dataverse
from wire.dataverse_messages import OPERATIONS, SAID_BY_AN_UPDATE
from wire.dataverse_settings import DataverseSettings
from wire.dataverse_tags import tag_of
from wire.reading import Incomplete, Reading, Unreadable, heard

PAGE = Path(__file__, "../../../docs/connect/dataverse.md").resolve()

CASE = "6f1c9a52-3b7e-4c55-9d0a-6a1d5b0f4e01"
ANA = "0b8f1d34-52aa-4d1e-8a4c-90f3e2c7b702"
OPERATOR = "c1d7f0aa-9e22-45a5-b8f5-1f2a3b4c5d03"
ORGANIZATION = "a9e0c7d1-4f60-4f8b-9a2e-7d6c5b4a3904"
STEP = "d2b3a4c5-6e7f-4081-92a3-b4c5d6e7f805"
NO_ID = "00000000-0000-0000-0000-000000000000"
RESOLVED_AT = "/Date(1795510800000)/"  # 2026-11-24T09:00:00Z
SETTINGS = DataverseSettings()
CUT_OFF = {"X-MS-Dynamics-Msg-Size-Exceeded": "true"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(sent: Any, headers: Mapping[str, str] = {}) -> Reading:
    return dataverse.read(sent, heard(headers, SETTINGS), SETTINGS)


def changes(sent: Any, headers: Mapping[str, str] = {}) -> list[RecordChange]:
    """Read what is of use whole."""
    items = read(sent, headers).items
    assert all(isinstance(each, RecordChange) for each in items)
    return [each for each in items if isinstance(each, RecordChange)]


def typed(kind: str, **content: Any) -> dict[str, Any]:
    return {"__type": f"{kind}:http://schemas.microsoft.com/xrm/2011/Contracts", **content}


def choice(number: int) -> dict[str, Any]:
    return typed("OptionSetValue", Value=number)


def reference(table: str, record_id: str, name: str | None = None) -> dict[str, Any]:
    return typed(
        "EntityReference",
        Id=record_id,
        KeyAttributes=[],
        LogicalName=table,
        Name=name,
        RowVersion=None,
    )


def listed(**content: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in content.items()]


def image(record_id: str = CASE, table: str = "incident", **columns: Any) -> dict[str, Any]:
    """An entity as images hold it: without a type."""
    return {
        "Attributes": listed(**columns), "EntityState": None, "FormattedValues": [], "Id": record_id,
        "KeyAttributes": [], "LogicalName": table, "RelatedEntities": [], "RowVersion": None,
    }  # fmt: skip


def entity(record_id: str = CASE, table: str = "incident", **columns: Any) -> dict[str, Any]:
    return typed("Entity", **image(record_id, table, **columns))


def body(message: str = "Update", **changed: Any) -> dict[str, Any]:
    """A body as an asynchronous PostOperation step on incident posts it."""
    context = {
        "BusinessUnitId": "e3c4b5d6-7f80-4192-a3b4-c5d6e7f80906",
        "CorrelationId": "f4d5c6e7-8091-42a3-b4c5-d6e7f8091a07",
        "Depth": 1,
        "InitiatingUserId": OPERATOR,
        "InputParameters": listed(Target=entity(incidentid=CASE, statecode=choice(1))),
        "IsExecutingOffline": False,
        "IsInTransaction": False,
        "IsolationMode": 1,
        "MessageName": message,
        "Mode": 1,
        "OperationCreatedOn": "/Date(1795510801000+0000)/",
        "OperationId": "05e6d7f8-91a2-43b4-85d6-e7f8091a2b08",
        "OrganizationId": ORGANIZATION,
        "OrganizationName": "unqa9e0c7d14f604f8b",
        "OutputParameters": [],
        "OwningExtension": reference("sdkmessageprocessingstep", STEP),
        "ParentContext": None,
        "PostEntityImages": [],
        "PreEntityImages": [],
        "PrimaryEntityId": CASE,
        "PrimaryEntityName": "incident",
        "RequestId": None,
        "SecondaryEntityName": "none",
        "SharedVariables": [],
        "Stage": 40,
        "UserId": OPERATOR,
    }
    return context | changed


def with_target(*, message: str = "Update", **columns: Any) -> dict[str, Any]:
    return body(message, InputParameters=listed(Target=entity(**columns)))


def test_a_resolved_case_is_an_update_of_the_submitted_columns() -> None:
    sent = with_target(
        incidentid=CASE, statecode=choice(1), statuscode=choice(5), modifiedon=RESOLVED_AT
    )

    reading = read(sent, {"x-ms-dynamics-entity-name": "incident"})

    (change,) = changes(sent)
    assert reading == Reading((change,))
    assert change.record == RecordRef("incident", CASE)
    assert change.operation == "update"
    assert change.source == f"dataverse:{ORGANIZATION}"
    assert change.actor == f"systemuser/{OPERATOR}"
    assert change.before is None
    assert change.occurred_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert change.values == {
        "incidentid": CASE,
        "statecode": 1,
        "statuscode": 5,
        "modifiedon": "2026-11-24T09:00:00Z",
    }


def test_what_is_read_fits_the_built_in_table_of_cases() -> None:
    sent = with_target(
        message="Create",
        incidentid=CASE,
        title="The parcel is late",
        prioritycode=choice(2),
        customerid=reference("contact", ANA, "Ana"),
        createdon=RESOLVED_AT,
        exchangerate=1.0,
        new_colour="blue",
    )
    incident = next(table for table in builtin_tables() if table.name == "incident")

    values, problems = incident.read(changes(sent)[0].values, lenient=True)

    assert problems == []
    assert values["customerid"] == {"table": "contact", "id": ANA}
    assert "new_colour" not in values


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        pytest.param("The parcel is late", "The parcel is late", id="text"),
        pytest.param(7, 7, id="a whole number"),
        pytest.param(0.5, 0.5, id="a decimal"),
        pytest.param(False, False, id="a boolean"),
        pytest.param(None, None, id="a cleared column stays null"),
        pytest.param(choice(0), 0, id="a choice"),
        pytest.param([choice(1), choice(2)], [1, 2], id="several choices"),
        pytest.param(typed("Money", Value=2154.32), 2154.32, id="money"),
        pytest.param(
            reference("contact", ANA, "Ana"),
            {"table": "contact", "id": ANA},
            id="a lookup loses the name",
        ),
        pytest.param(RESOLVED_AT, "2026-11-24T09:00:00Z", id="a moment"),
        pytest.param(
            "/Date(1795510800123)/", "2026-11-24T09:00:00.123000Z", id="a moment with milliseconds"
        ),
        pytest.param("/Date(-86400000)/", "1969-12-31T00:00:00Z", id="a moment before 1970"),
        pytest.param(
            "/Date(1795510800000+0200)/",
            "2026-11-24T09:00:00Z",
            id="in an attribute the offset is no matter",
        ),
        pytest.param(
            "2024-12-10T07:05:21.125Z",
            "2024-12-10T07:05:21.125Z",
            id="a moment that is already text",
        ),
        pytest.param("/Date(soon)/", "/Date(soon)/", id="what only looks like a moment"),
        pytest.param(
            f"/Date({'9' * 20})/", f"/Date({'9' * 20})/", id="a moment beyond the calendar"
        ),
        pytest.param(
            typed("EntityCollection", Entities=[entity(partyid=reference("contact", ANA))]),
            [{"partyid": {"table": "contact", "id": ANA}}],
            id="a party list",
        ),
        pytest.param(
            {"some": ["thing", 1]}, {"some": ["thing", 1]}, id="an unknown kind stays as it came"
        ),
    ],
)
def test_every_kind_of_value_is_read(sent: Any, value: Any) -> None:
    (change,) = changes(with_target(column=sent))

    assert change.values == {"column": value}


STATE = {"EntityMoniker": reference("incident", CASE), "State": choice(1)}
TWO_NEW = typed(
    "EntityCollection", Entities=[entity(NO_ID, title="One"), entity(NO_ID, title="Two")]
)
TARGET = {"Target": entity(title="Late")}
REFERENCE = {"Target": reference("incident", CASE)}

MESSAGES = [
    pytest.param("Create", TARGET, {}, [(CASE, {"title": "Late"})], id="a create"),
    pytest.param("Update", TARGET, {}, [(CASE, {"title": "Late"})], id="an update"),
    pytest.param("Delete", REFERENCE, {}, [(CASE, {})], id="a delete has no values"),
    pytest.param(
        "Assign", REFERENCE | {"Assignee": reference("team", STEP)}, {},
        [(CASE, {"ownerid": {"table": "team", "id": STEP}})],
        id="an assignment is an update of the owner",
    ),
    pytest.param(
        "SetState", STATE | {"Status": choice(5)}, {}, [(CASE, {"statecode": 1, "statuscode": 5})],
        id="a new state",
    ),
    pytest.param(
        "SetStateDynamicEntity", STATE | {"Status": choice(-1)}, {}, [(CASE, {"statecode": 1})],
        id="a new state with its default reason, which only Dataverse knows",
    ),
    pytest.param(
        "OnExternalCreated", TARGET, {"PrimaryEntityId": NO_ID}, [(CASE, {"title": "Late"})],
        id="a virtual table's create has its id in the Target",
    ),
    pytest.param(
        "OnExternalUpdated", TARGET, {"PrimaryEntityId": NO_ID}, [(CASE, {"title": "Late"})],
        id="a virtual table's update",
    ),
    pytest.param(
        "OnExternalDeleted", REFERENCE, {"PrimaryEntityId": NO_ID}, [(CASE, {})],
        id="a virtual table's delete",
    ),
    pytest.param(
        "CreateMultiple", {"Targets": TWO_NEW},
        {"PrimaryEntityId": NO_ID, "OutputParameters": listed(Ids=[CASE, ANA])},
        [(CASE, {"title": "One"}), (ANA, {"title": "Two"})],
        id="several creates have their ids in the answer",
    ),
    pytest.param(
        "UpdateMultiple", {"Targets": [entity(CASE, title="One"), entity(ANA, title="Two")]},
        {"PrimaryEntityId": NO_ID},
        [(CASE, {"title": "One"}), (ANA, {"title": "Two"})],
        id="several updates",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("message", "given_parameters", "changed", "expected"), MESSAGES)
def test_every_message_that_changes_records_is_read(
    message: str, given_parameters: dict[str, Any], changed: dict[str, Any], expected: list[Any]
) -> None:
    found = changes(body(message, InputParameters=listed(**given_parameters), **changed))

    assert [(change.record_id, change.values) for change in found] == expected
    assert {change.operation for change in found} == {OPERATIONS[message]}
    assert {change.table for change in found} == {"incident"}
    assert len({change.id for change in found}) == len(expected)


def test_no_message_is_read_without_a_test() -> None:
    assert {case.values[0] for case in MESSAGES} == set(OPERATIONS)


@pytest.mark.parametrize("message", [*OPERATIONS, *SAID_BY_AN_UPDATE])
def test_the_page_for_administrators_names_every_message(message: str) -> None:
    assert f"`{message}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("sent", "because"),
    [
        pytest.param(
            body("Associate", PrimaryEntityName="none", PrimaryEntityId=NO_ID),
            "Expected a message that changes a record's columns, but it is Associate.",
            id="an association",
        ),
        pytest.param(
            {"MessageName": "new_SendSurvey", "InputParameters": []},
            "Expected a message that changes a record's columns, but it is new_SendSurvey.",
            id="a custom API",
        ),
        pytest.param(
            body(Stage=20),
            "Expected a step at stage 40, after the change is stored, but it is at 20.",
            id="a step before the change is stored",
        ),
        *(
            pytest.param(
                body(message),
                f"Expected the Update that goes with it, but the message is {message}.",
                id=f"{message}, which an Update repeats",
            )
            for message in SAID_BY_AN_UPDATE
        ),
    ],
)
def test_what_is_ignored_says_why(sent: Any, because: str) -> None:
    assert read(sent) == Reading(ignored=(because,))


@pytest.mark.parametrize(
    ("sent", "because"),
    [
        pytest.param([], "Expected a JSON object, but the body is a list.", id="a list"),
        pytest.param(None, "Expected a JSON object, but the body is missing.", id="null"),
        pytest.param({}, "Expected a MessageName, but it is missing.", id="an empty object"),
        pytest.param(
            body(MessageName=7),
            "Expected a MessageName, but it is a number.",
            id="a message that is a number",
        ),
        pytest.param(
            body(InputParameters=[]),
            "Expected Target in the InputParameters, but it is missing.",
            id="no target",
        ),
        pytest.param(
            body(InputParameters={"Target": entity()}),
            "Expected InputParameters to be a list, but it is an object.",
            id="parameters that are no list",
        ),
        pytest.param(
            body(InputParameters=["Target"]),
            "Expected InputParameters to hold keys and values, but it has text.",
            id="a parameter without key and value",
        ),
        pytest.param(
            body(InputParameters=listed(Target="incident")),
            "Expected a Target with Attributes, but it is text.",
            id="a target that is text",
        ),
        pytest.param(
            body(InputParameters=listed(**REFERENCE)),
            "Expected a Target with Attributes, but it is an object.",
            id="an update of which only the record is named",
        ),
        pytest.param(
            body("Assign", InputParameters=listed(**REFERENCE)),
            "Expected Assignee in the InputParameters, but it is missing.",
            id="an assignment to nobody",
        ),
        pytest.param(
            body("SetState", InputParameters=listed(**TARGET)),
            "Expected EntityMoniker in the InputParameters, but it is missing.",
            id="a new state of nothing",
        ),
        pytest.param(
            body("CreateMultiple", InputParameters=listed(Targets=3)),
            "Expected Targets to be a list of records, but it is a number.",
            id="several that are none",
        ),
        pytest.param(
            body("UpdateMultiple", InputParameters=listed(Targets=[entity(), 3])),
            "Expected Targets/1 with Attributes, but it is a number.",
            id="one of several that is none",
        ),
        pytest.param(
            body(PreEntityImages=listed(before=7)),
            "Expected PreEntityImages with Attributes, but it is a number.",
            id="an image that is none",
        ),
        pytest.param(
            body(PrimaryEntityId=NO_ID, InputParameters=listed(Target=entity(NO_ID))),
            "Expected a table and a record id, but neither the body nor a Target has them.",
            id="a record without an id",
        ),
        pytest.param(
            body(PrimaryEntityName="none", InputParameters=listed(Target=entity(table=""))),
            "Expected a table and a record id, but neither the body nor a Target has them.",
            id="a record of no table",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(sent: Any, because: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(sent)

    assert str(refusal.value) == because


def test_values_nested_too_deeply_are_refused() -> None:
    value: Any = "deep"
    for _ in range(20_000):
        value = [value]

    with pytest.raises(Unreadable, match="nested too deeply"):
        read(with_target(column=value))


@pytest.mark.parametrize(
    ("lacking", "headers"),
    [
        pytest.param(
            {"InputParameters": None, "ParentContext": None}, {}, id="its parameters are gone"
        ),
        pytest.param({}, CUT_OFF, id="a header says so"),
    ],
)
def test_a_body_over_256_kb_is_refused_as_it_has_no_values(
    lacking: dict[str, Any], headers: dict[str, str]
) -> None:
    sent = body(**lacking)

    (incomplete,) = read(sent, headers).items
    assert isinstance(incomplete, Incomplete)
    assert incomplete.body == sent
    assert incomplete.problem == (
        "Expected the record's values, but Dataverse leaves them out of a body over 256 KB: "
        "the record has to be read from Dataverse."
    )
    assert incomplete.change.record == RecordRef("incident", CASE)
    assert (incomplete.change.operation, incomplete.change.values) == ("update", {})


def test_a_delete_that_was_cut_off_is_as_good_as_whole() -> None:
    (change,) = changes(body("Delete", InputParameters=None), CUT_OFF)

    assert change.operation == "delete"


def test_the_pre_images_are_what_was_before() -> None:
    images = listed(
        before=image(statecode=choice(0)),
        more=image(title="Late"),
        AsynchronousStepPrimaryName=image(title="Not an image anybody registered"),
    )

    (change,) = changes(body(PreEntityImages=images))

    assert change.before == {"statecode": 0, "title": "Late"}
    assert change.values == {"incidentid": CASE, "statecode": 1}


def test_a_delete_knows_what_was_there_from_its_pre_image() -> None:
    sent = body(
        "Delete",
        InputParameters=listed(**REFERENCE),
        PreEntityImages=listed(was=image(title="Late")),
    )

    (change,) = changes(sent)

    assert change.before == {"title": "Late"}
    assert change.values == {}


def test_the_post_image_completes_the_values_and_the_target_clears_them() -> None:
    sent = with_target(title="late", description=None) | {
        "PostEntityImages": listed(
            after=image(title="Late", prioritycode=choice(2)),
            AsynchronousStepPrimaryName=image(title="Not an image anybody registered"),
        )
    }

    (change,) = changes(sent)

    assert change.values == {"title": "Late", "description": None, "prioritycode": 2}


@pytest.mark.parametrize(
    ("changed", "record_id"),
    [
        pytest.param({"PrimaryEntityId": ANA}, ANA, id="the primary entity's"),
        pytest.param({"PrimaryEntityId": NO_ID}, CASE, id="zeros: the target's"),
        pytest.param(
            {
                "PrimaryEntityId": NO_ID,
                "InputParameters": listed(Target=entity(NO_ID)),
                "OutputParameters": listed(id=ANA),
            },
            ANA,
            id="zeros twice: the answer's",
        ),
    ],
)
def test_the_record_id_is_found(changed: dict[str, Any], record_id: str) -> None:
    assert changes(body("Create", **changed))[0].record_id == record_id


@pytest.mark.parametrize(
    ("created_on", "hour"),
    [
        pytest.param("/Date(1795510800000)/", 9, id="without an offset it is UTC"),
        pytest.param("/Date(1795510800000+0000)/", 9, id="with a zero offset too"),
        pytest.param("/Date(1795536000000-0700)/", 9, id="else the offset is missing: west"),
        pytest.param("/Date(1795500000000+0300)/", 9, id="else the offset is missing: east"),
        pytest.param("2026-11-24T09:00:00.000Z", 9, id="as ISO 8601"),
        pytest.param("2026-11-24T09:00:00", None, id="as ISO 8601 without a zone: unknown"),
        pytest.param(f"/Date({'9' * 30})/", None, id="beyond the calendar: unknown"),
        pytest.param(None, None, id="missing: unknown"),
    ],
)
def test_without_a_modified_on_the_operation_says_when(created_on: Any, hour: int | None) -> None:
    (change,) = changes(body(OperationCreatedOn=created_on))

    expected = None if hour is None else datetime(2026, 11, 24, hour, tzinfo=UTC)
    assert change.occurred_at == expected


def test_a_create_happened_when_the_record_was_created() -> None:
    sent = with_target(message="Create", createdon=RESOLVED_AT, modifiedon="/Date(0)/")

    assert changes(sent)[0].occurred_at == datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "actor"),
    [
        pytest.param({"UserId": ANA}, f"systemuser/{OPERATOR}", id="who initiated it"),
        pytest.param(
            {"InitiatingUserId": NO_ID, "UserId": ANA}, f"systemuser/{ANA}", id="else who ran it"
        ),
        pytest.param({"InitiatingUserId": None, "UserId": None}, None, id="nobody"),
        pytest.param(
            {"SharedVariables": listed(tag="survey")}, "survey", id="the tag of the request"
        ),
        pytest.param(
            {"ParentContext": body(SharedVariables=listed(tag="survey"))},
            "survey",
            id="the tag of the request, a context further up",
        ),
    ],
)
def test_a_change_names_its_actor(changed: dict[str, Any], actor: str | None) -> None:
    assert changes(body(**changed))[0].actor == actor


def test_what_a_journey_wrote_comes_back_as_written_by_it() -> None:
    tag = tag_of("journey/follow-up", 3)

    (change,) = changes(body(SharedVariables=listed(tag=tag)))

    assert (change.actor, change.depth) == ("journey/follow-up", 3)


def test_a_second_delivery_has_the_same_id() -> None:
    assert changes(body())[0].id == changes(copy.deepcopy(body()))[0].id


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"MessageName": "Create"}, id="another message of the pipeline"),
        pytest.param({"PrimaryEntityId": ANA}, id="another record"),
        pytest.param({"PrimaryEntityName": "lead"}, id="another table"),
        pytest.param({"Depth": 2}, id="another depth"),
        pytest.param({"OperationId": STEP}, id="another operation"),
        pytest.param({"OrganizationId": STEP}, id="another organisation"),
        pytest.param({"OperationCreatedOn": "/Date(1795510802000)/"}, id="another moment"),
        pytest.param(
            {"OwningExtension": reference("sdkmessageprocessingstep", ANA)}, id="another step"
        ),
    ],
)
def test_another_firing_has_another_id(changed: dict[str, Any]) -> None:
    assert changes(body(**changed))[0].id != changes(body())[0].id


@given(JSON)
def test_arbitrary_json_is_read_or_refused(sent: Any) -> None:
    _read_or_refused(sent)


@given(st.dictionaries(st.sampled_from(sorted(body())), JSON), st.sampled_from(sorted(OPERATIONS)))
def test_any_field_may_hold_anything(changed: dict[str, Any], message: str) -> None:
    _read_or_refused(body(message) | changed)


@given(st.data())
@settings(max_examples=300)
def test_anything_may_stand_anywhere_inside(data: st.DataObject) -> None:
    sent = copy.deepcopy(data.draw(st.sampled_from([_valid(case) for case in MESSAGES])))
    here = sent
    while True:
        steps = list(here) if isinstance(here, dict) else list(range(len(here)))
        step = data.draw(st.sampled_from(steps))
        if not (isinstance(here[step], dict | list) and here[step]) or data.draw(st.booleans()):
            break
        here = here[step]
    here[step] = data.draw(JSON)

    _read_or_refused(sent)


def _valid(case: Any) -> dict[str, Any]:
    message, sent, changed, _ = case.values
    images = {
        "PreEntityImages": listed(a=image(title="Late")),
        "SharedVariables": listed(tag="survey"),
    }
    return body(message, InputParameters=listed(**sent), **images, **changed)


def _read_or_refused(sent: Any) -> None:
    """Nothing but a sentence escapes, and what is read is JSON again."""
    try:
        reading = read(sent)
    except Unreadable as refusal:
        said = str(refusal)
        assert said.startswith("Expected ")
        assert said.endswith(".")
    else:
        assert bool(reading.items) != bool(reading.ignored) or sent["MessageName"].endswith(
            "Multiple"
        )
        for each in reading.items:
            if isinstance(each, RecordChange):
                json.dumps(each.model_dump(mode="json"))
                assert each.record_id
