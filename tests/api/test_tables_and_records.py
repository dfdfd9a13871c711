"""Tables are declared, and records change over the same door as any system's changes."""

from typing import Any

import pytest

from tests.api.conftest import Asked

PET: dict[str, Any] = {
    "primary_id": "petid",
    "name_column": "name",
    "columns": [
        {"name": "name", "type": "text"},
        {"name": "age", "type": "integer"},
        {"name": "ownerid", "type": "lookup", "targets": ["contact"]},
    ],
}


A_NAME = "a name of 1 to 100 printable characters without a space at its ends, and not before"


async def test_six_tables_are_there_from_the_start(asked: Asked) -> None:
    listed = await asked.get("/tables")

    assert [table["name"] for table in listed["items"]] == [
        "contact", "lead", "account", "incident", "opportunity", "salesorder",
    ]  # fmt: skip
    assert listed["next"] is None


async def test_a_table_that_is_declared_takes_records(asked: Asked) -> None:
    declared = await asked.put("/tables/pet", PET)
    await asked.put("/tables/pet/records/p1", {"name": "Rex", "ownerid": "ana"})

    assert declared == {"name": "pet", **PET} == await asked.get("/tables/pet")
    assert await asked.get("/tables/pet/records/p1") == {
        "table": "pet",
        "id": "p1",
        "values": {"name": "Rex", "ownerid": {"table": "contact", "id": "ana"}, "petid": "p1"},
    }


async def test_a_table_that_was_declared_can_be_replaced_and_deleted_with_its_records(
    asked: Asked,
) -> None:
    await asked.put("/tables/pet", PET)
    await asked.put("/tables/pet/records/p1", {"name": "Rex"})

    await asked.put("/tables/pet", PET | {"label": "Pet"}, status=200)
    await asked.ask("DELETE", "/tables/pet", status=204)
    await asked.put("/tables/pet", PET)

    assert await asked.get("/tables/pet/records") == {"items": [], "next": None}


async def test_a_built_in_table_is_extended_and_goes_back_to_what_it_was(asked: Asked) -> None:
    before = await asked.get("/tables/contact")
    column = {"name": "new_shoesize", "type": "integer"}

    extended = await asked.put("/tables/contact", {"columns": [column]}, status=200)
    await asked.put("/tables/contact/records/ana", {"new_shoesize": 38})
    await asked.ask("DELETE", "/tables/contact", status=204)

    assert extended["columns"] == [*before["columns"], column]
    assert await asked.get("/tables/contact") == before


@pytest.mark.parametrize(
    ("table", "body", "problems"),
    [
        pytest.param(
            "contact",
            {"columns": [{"name": "firstname", "type": "integer"}]},
            [("/columns/0/type", "Expected 'text', since contact.firstname is built in, but it is 'integer'.")],
            id="a type of a built-in column is not theirs to change",
        ),
        pytest.param(
            "pet",
            PET | {"columns": [{"name": "vetid", "type": "lookup", "targets": ["vet"]}], "name_column": None},
            [("/columns/0/targets/0", "Expected a table, but there is none called 'vet'.")],
            id="a lookup to a table nobody declared",
        ),
        pytest.param(
            "pet sitter", PET | {"name": "pet sitter"},
            [("/name", "Expected a name of letters, digits and _, but it is 'pet sitter'.")],
            id="a table whose name is no word",
        ),
        pytest.param(
            "pet",
            {"primary_id": " petid", "name_column": "nick", "audience": {"email": "mail"}, "columns": []},
            [
                (
                    "/primary_id",
                    f"Expected {A_NAME}, but it is ' petid'.",
                ),
                ("/name_column", "Expected a column of pet, but there is none called 'nick'."),
                ("/audience/email", "Expected a column of pet, but there is none called 'mail'."),
            ],
            id="everything at once",
        ),
        pytest.param(
            "pet", PET | {"name": "dog"}, [("/name", "Expected 'pet' as in the path, but it is 'dog'.")],
            id="another name than in the path",
        ),
        pytest.param(
            "pet", {"primary_id": "petid", "columns": [{"name": "a", "type": "text"}] * 2},
            [
                ("/columns/0/name", "Expected each column once, but there are 2 called 'a'."),
                ("/columns/1/name", "Expected each column once, but there are 2 called 'a'."),
            ],
            id="a column twice",
        ),
        pytest.param(
            "pet", {"primary_id": "petid"}, [("/columns", "Expected columns, but it is missing.")], id="no columns"
        ),
    ],
)  # fmt: skip
async def test_a_table_that_cannot_be_is_refused(
    asked: Asked, table: str, body: dict[str, Any], problems: list[Any]
) -> None:
    assert await asked.refused("PUT", f"/tables/{table}", body) == problems


async def test_a_table_in_use_is_not_deleted(live: Asked) -> None:
    await live.put("/tables/pet", PET | {"audience": {"email": "name"}})
    await live.put(
        "/tables/vet",
        {
            "primary_id": "vetid",
            "columns": [{"name": "patientid", "type": "lookup", "targets": ["pet"]}],
        },
    )
    ours = {"name": "new_topic", "type": "text"}
    await live.put("/tables/incident", {"columns": [ours]}, status=200)
    await live.put(
        "/triggers/topic-set",
        {
            "kind": "record_change",
            "table": "incident",
            "audience": {"path": "customerid"},
            "operations": ["updated"],
            "columns": ["new_topic"],
        },
    )

    assert await live.conflict("DELETE", "/tables/pet") == (
        "Expected no lookup that points to pet, but vet.patientid does."
    )
    assert await live.conflict("DELETE", "/tables/contact") == (
        "Expected a table that somebody declared, but contact is built in."
    )
    await live.post("/triggers/topic-set/ready")
    assert await live.conflict("DELETE", "/tables/incident") == (
        "Expected nothing that uses what is taken away of incident, but topic-set does."
    )


async def test_put_clears_what_is_not_given_and_patch_leaves_it(asked: Asked) -> None:
    path = "/tables/contact/records/ana"
    await asked.put(path, {"firstname": "Ana", "lastname": "Silva"})

    patched = await asked.ask("PATCH", path, {"jobtitle": "Chef"})
    replaced = await asked.put(path, {"values": {"firstname": "Anna"}}, status=200)

    assert patched["values"] == {
        "firstname": "Ana", "lastname": "Silva", "jobtitle": "Chef", "contactid": "ana",
    }  # fmt: skip
    assert replaced["values"] == {
        "firstname": "Anna", "lastname": None, "jobtitle": None, "contactid": "ana",
    }  # fmt: skip
    assert await asked.put(path, replaced, status=200) == replaced


async def test_a_change_with_the_same_key_counts_once(live: Asked) -> None:
    path, key = "/tables/incident/records/k1", {"Idempotency-Key": "once"}
    await live.ask("PATCH", path, {"statuscode": 5}, headers=key)
    await live.ask("PATCH", path, {"statuscode": 1})
    again = await live.ask("PATCH", path, {"statuscode": 5}, headers=key)

    assert again["values"]["statuscode"] == 1
    assert len((await live.get("/instances"))["items"]) == 1


async def test_a_record_that_is_deleted_is_gone_and_can_come_back(asked: Asked) -> None:
    path = "/tables/contact/records/ana"
    await asked.put(path, {"firstname": "Ana", "lastname": "Silva"})
    await asked.ask("DELETE", path, status=204)

    gone = await asked.get(path, status=404)
    back = await asked.put(path, {"firstname": "Ana"})

    assert gone["detail"] == "Expected a record, but there is no contact/ana."
    assert back["values"] == {"firstname": "Ana", "contactid": "ana"}


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        pytest.param(
            {"statuscode": 99, "nonsense": 1, "customerid": "k1"},
            ["/statuscode", "/nonsense", "/customerid"],
            id="an unknown choice, an unknown column, and a lookup that is not one",
        ),
        pytest.param(
            {"values": {"title": 3}},
            ["/values/title"],
            id="a wrong type where a record was answered so",
        ),
        pytest.param(
            {"table": "lead", "id": "k1", "values": {}}, ["/table"], id="another record's body"
        ),
        pytest.param([1], [""], id="a list"),
    ],
)
async def test_a_record_change_that_cannot_be_is_refused(
    live: Asked, body: Any, problems: list[str]
) -> None:
    found = await live.refused("PATCH", "/tables/incident/records/k1", body)

    assert [path for path, _ in found] == problems
    assert all(message.startswith("Expected ") for _, message in found)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("path", "detail"),
    [
        pytest.param(
            "/tables/pet/records/p1", "Expected a table, but there is none called 'pet'.", id="of an unknown table"
        ),
        pytest.param("/tables/lead/records/l1", "Expected a record, but there is no lead/l1.", id="nobody told us of"),
    ],
)  # fmt: skip
async def test_a_record_is_not_found(asked: Asked, method: str, path: str, detail: str) -> None:
    body: Any = {"values": {}} if method == "PATCH" else None

    assert (await asked.ask(method, path, body, status=404))["detail"] == detail


async def test_records_are_listed_in_pages(asked: Asked) -> None:
    for name in ("a/b", "c", "d"):
        await asked.put(f"/tables/lead/records/{name}", {"firstname": name})

    first = await asked.get("/tables/lead/records?limit=2")
    second = await asked.get(f"/tables/lead/records?limit=2&cursor={first['next']}")

    assert [each["id"] for each in first["items"]] == ["a/b", "c"]
    assert [each["id"] for each in second["items"]] == ["d"]
    assert second["next"] is None
    assert await asked.refused("GET", "/tables/lead/records?cursor=nonsense") == [
        ("/query/cursor", "Expected the cursor of a page before, but it is 'nonsense'.")
    ]


async def test_a_record_has_an_id(asked: Asked) -> None:
    assert (await asked.put("/tables/lead/records/", {}, status=404))["detail"] == (
        "Expected the id of a record, but the path ends before it."
    )


async def test_malformed_json_is_answered_with_one_sentence(asked: Asked) -> None:
    answer = await asked.http.put("/v1/tables/lead/records/l1", content=b'{"firstname": ')

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("Expected JSON, but ")


async def test_one_bad_change_in_a_batch_spoils_none_of_the_others(live: Asked) -> None:
    good = {
        "table": "incident",
        "record_id": "k1",
        "operation": "update",
        "values": {"statuscode": 5},
    }
    answer = await live.post(
        "/changes",
        [
            {**good, "table": "pet"},
            {**good, "values": {"statuscode": 77}},
            {"table": "incident"},
            good,
        ],
    )

    assert (answer["accepted"], [each["index"] for each in answer["refused"]]) == (1, [0, 1, 2])
    assert len((await live.get("/instances"))["items"]) == 1
    assert len((await live.get("/refused?what=change"))["items"]) == 3
