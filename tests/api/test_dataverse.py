"""What a Dataverse webhook posts, as far as the gateway's answer and the mirror."""

from typing import Any

import pytest

from tests.api.conftest import Asked

CASE = "9f0c1d52-4b3a-4c55-8a57-0a1de0c0ffee"
ANA = "1a2b3c4d-0000-4000-8000-00000000a11a"


def pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def choice(value: int) -> dict[str, Any]:
    return {
        "__type": "OptionSetValue:http://schemas.microsoft.com/xrm/2011/Contracts",
        "Value": value,
    }


def reference(table: str, record_id: str) -> dict[str, Any]:
    return {
        "__type": "EntityReference:http://schemas.microsoft.com/xrm/2011/Contracts",
        "Id": record_id,
        "KeyAttributes": [],
        "LogicalName": table,
        "Name": None,
        "RowVersion": None,
    }


def entity(table: str, record_id: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "__type": "Entity:http://schemas.microsoft.com/xrm/2011/Contracts",
        "Attributes": pairs(values),
        "EntityState": None,
        "FormattedValues": [],
        "Id": record_id,
        "KeyAttributes": [],
        "LogicalName": table,
        "RelatedEntities": [],
        "RowVersion": None,
    }


def context(message: str, table: str, record_id: str, target: Any, **more: Any) -> dict[str, Any]:
    """Return the body of a webhook, of the shape that Dataverse posts."""
    return {
        "MessageName": message,
        "PrimaryEntityName": table,
        "PrimaryEntityId": record_id,
        "OrganizationId": "0f0f0f0f-0000-4000-8000-000000000001",
        "OperationId": "aaaaaaaa-0000-4000-8000-000000000001",
        "OperationCreatedOn": "/Date(1795530000000+0000)/",
        "InitiatingUserId": "bbbbbbbb-0000-4000-8000-000000000001",
        "Depth": 1,
        "Stage": 40,
        "Mode": 1,
        "InputParameters": [] if target is None else [{"key": "Target", "value": target}],
        "OutputParameters": [],
        "PreEntityImages": [],
        "PostEntityImages": [],
        "OwningExtension": {"Id": "cccccccc-0000-4000-8000-000000000001"},
        **more,
    }


CREATED = context(
    "Create",
    "incident",
    CASE,
    entity(
        "incident",
        CASE,
        {
            "title": "Printer",
            "statecode": choice(0),
            "statuscode": choice(1),
            "primarycontactid": reference("contact", ANA),
            "createdon": "/Date(1795529999000)/",
            "new_severity": choice(3),
        },
    ),
)


async def test_a_created_case_stands_in_the_mirror_with_typed_values(asked: Asked) -> None:
    answer = await asked.post("/changes/dataverse", CREATED)

    assert (answer["accepted"], answer["refused"]) == (1, [])
    record = await asked.get(f"/tables/incident/records/{CASE}")
    assert record["values"] == {
        "incidentid": CASE,
        "title": "Printer",
        "statecode": 0,
        "statuscode": 1,
        "primarycontactid": {"table": "contact", "id": ANA},
        "createdon": "2026-11-24T14:19:59Z",
    }


async def test_posted_a_second_time_it_counts_once(asked: Asked) -> None:
    await asked.post("/changes/dataverse", CREATED)

    again = await asked.post("/changes/dataverse", CREATED)

    assert (again["accepted"], again["duplicates"]) == (0, 1)


async def test_two_steps_that_post_the_same_change_fire_a_trigger_once(asked: Asked) -> None:
    await asked.post("/changes/dataverse", CREATED)
    trigger = {
        "kind": "record_change", "title": "Case changed", "table": "incident",
        "audience": {"path": "primarycontactid"}, "operations": ["created", "updated"],
    }  # fmt: skip
    await asked.put("/triggers/case-changed", trigger)
    await asked.post("/triggers/case-changed/ready")
    changed = context("Update", "incident", CASE, entity("incident", CASE, {"title": "Ink"}))
    other_step = {
        "OwningExtension": {"Id": "cccccccc-0000-4000-8000-000000000002"},
        "OperationId": "aaaaaaaa-0000-4000-8000-000000000002",
    }

    await asked.post("/changes/dataverse", changed)
    await asked.post("/changes/dataverse", changed | other_step)
    await asked.post("/changes/dataverse", CREATED | other_step)

    assert (await asked.get("/triggers/case-changed"))["fired_count"] == 1


async def test_a_choice_of_the_organisation_s_own_is_kept(asked: Asked) -> None:
    waiting = entity("incident", CASE, {"statuscode": choice(100_000_001)})

    answer = await asked.post("/changes/dataverse", context("Update", "incident", CASE, waiting))

    assert answer["accepted"] == 1
    record = await asked.get(f"/tables/incident/records/{CASE}")
    assert record["values"]["statuscode"] == 100_000_001


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(
            context("Update", "incident", CASE, None),
            "Expected Target in the InputParameters, but it is missing.",
            id="no target",
        ),
        pytest.param(
            {**context("Update", "incident", CASE, None), "InputParameters": None},
            "Expected the record's values, but Dataverse leaves them out of a body over 256 KB",
            id="cut off at 256 KB",
        ),
        pytest.param(
            context("Create", "new_loan", CASE, entity("new_loan", CASE, {"new_name": "Car"})),
            "Expected a table that is declared, but 'new_loan' is none.",
            id="a table nobody declared",
        ),
        pytest.param([1, 2], "Expected a JSON object", id="a body that is no object"),
    ],
)
async def test_what_cannot_be_used_is_answered_with_200_and_kept(
    body: Any, sentence: str, asked: Asked
) -> None:
    answer = await asked.post("/changes/dataverse", body)
    await asked.post("/changes/dataverse", CREATED)

    assert answer["accepted"] == 0
    assert answer["refused"][0]["problem"].startswith(sentence)
    kept = await asked.get("/refused?what=change")
    assert [each["problem"] for each in kept["items"]] == [answer["refused"][0]["problem"]]
    assert await asked.get(f"/tables/incident/records/{CASE}")  # and the next one went in


async def test_a_message_of_no_record_is_acknowledged_with_the_reason(asked: Asked) -> None:
    answer = await asked.post("/changes/dataverse", context("WhoAmI", "none", "", None))

    assert answer["accepted"] == 0
    assert answer["refused"] == []
    assert answer["ignored"][0].startswith("Expected ")


async def test_a_deleted_case_is_gone_from_the_mirror(asked: Asked) -> None:
    await asked.post("/changes/dataverse", CREATED)

    await asked.post(
        "/changes/dataverse",
        context("Delete", "incident", CASE, reference("incident", CASE)),
    )

    await asked.get(f"/tables/incident/records/{CASE}", status=404)


async def test_malformed_json_is_400(asked: Asked) -> None:
    answer = await asked.http.post("/v1/changes/dataverse", content=b'{"MessageName": ')

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Expected JSON, but")
