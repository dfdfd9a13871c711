"""What was refused is taken in after all, once, when it or the world has been corrected."""

from typing import Any

import pytest

from tests.api.conftest import Asked

RESOLVED = {"id": "n-1", "table": "incident", "record_id": "k1", "operation": "update"}
SPACESHIP = {"primary_id": "shipid", "columns": [{"name": "warp", "type": "integer"}]}


async def refused(asked: Asked, path: str, body: Any) -> str:
    """Send *body*, which is refused; return under which id it is kept."""
    answer = await asked.post(path, body)
    assert len(answer["refused"]) == 1
    return str((await asked.get("/refused?what=change"))["items"][0]["id"])


async def test_a_corrected_change_is_taken_in_and_shows_what_became_of_it(live: Asked) -> None:
    kept = await refused(live, "/changes", {**RESOLVED, "values": {"statuscode": "Melted"}})

    said = await live.post(f"/refused/{kept}/replay", {**RESOLVED, "values": {"statuscode": 5}})

    assert said["became"] == {"accepted": 1, "duplicates": 0, "refused": [], "ids": ["n-1"]}
    assert said["replayed_at"] is not None
    assert [command.kind for command in live.commands()] == ["start"]
    assert (await live.get("/refused?what=change"))["items"] == [said]


async def test_a_second_replay_is_a_conflict_and_has_no_effect(live: Asked) -> None:
    kept = await refused(live, "/changes", {**RESOLVED, "values": {"statuscode": "Melted"}})
    again = {**RESOLVED, "id": None, "values": {"statuscode": 5}}
    await live.post(f"/refused/{kept}/replay", again)

    detail = await live.conflict("POST", f"/refused/{kept}/replay", again)

    assert detail.startswith("Expected it to be replayed once, but it was at ")
    assert len(live.commands()) == 1


async def test_what_was_right_before_its_table_was_declared_is_taken_in_as_it_was_sent(
    asked: Asked,
) -> None:
    change = {"table": "spaceship", "record_id": "e", "operation": "create", "values": {"warp": 9}}
    kept = await refused(asked, "/changes", change)
    await asked.put("/tables/spaceship", SPACESHIP)

    await asked.post(f"/refused/{kept}/replay")

    assert (await asked.get("/tables/spaceship/records/e"))["values"]["warp"] == 9


async def test_what_is_still_wrong_says_so_and_may_be_replayed_again(live: Asked) -> None:
    kept = await refused(live, "/changes", {**RESOLVED, "values": {"statuscode": "Melted"}})

    [(path, message)] = await live.refused("POST", f"/refused/{kept}/replay")

    assert path == "/values/statuscode"
    assert message.endswith("but statuscode is 'Melted'.")
    [item] = (await live.get("/refused?what=change"))["items"]
    assert item["replayed_at"] is None
    await live.post(f"/refused/{kept}/replay", {**RESOLVED, "values": {"statuscode": 5}})
    assert len(live.commands()) == 1


async def test_a_custom_trigger_is_replayed_as_one(asked: Asked) -> None:
    sent = {"trigger": "joined", "person": {"table": "contact", "id": "ana"}}
    kept = await refused(asked, "/events", sent)
    await asked.put("/triggers/joined", {"kind": "custom"})
    await asked.post("/triggers/joined/ready")

    said = await asked.post(f"/refused/{kept}/replay")

    assert said["became"]["accepted"] == 1
    assert (await asked.get("/triggers/joined"))["fired_count"] == 1


async def test_what_dataverse_sent_is_replayed_through_its_reader(asked: Asked) -> None:
    body = {
        "MessageName": "Create",
        "PrimaryEntityName": "contact",
        "PrimaryEntityId": "ana",
        "InputParameters": [{"key": "Target", "value": "no record"}],
    }
    kept = await refused(asked, "/changes/dataverse", body)
    target = {"Attributes": [{"key": "firstname", "value": "Ana"}, {"key": "odd", "value": 1}]}

    said = await asked.post(
        f"/refused/{kept}/replay",
        {**body, "InputParameters": [{"key": "Target", "value": target}]},
    )

    assert said["became"]["accepted"] == 1
    assert (await asked.get("/tables/contact/records/ana"))["values"]["firstname"] == "Ana"


async def test_an_entry_that_was_refused_is_no_change_to_be_replayed(live: Asked) -> None:
    await live.post("/changes", {**RESOLVED, "values": {"statuscode": 6}})
    [entry] = (await live.get("/refused?what=entry"))["items"]

    detail = await live.conflict("POST", f"/refused/{entry['id']}/replay")

    assert detail == (
        "Expected a change or an event that could not be understood, "
        "but this is entry refused for 'unmet filter': send what corrects it anew."
    )


@pytest.mark.parametrize("kept", ["nothing", "0" * 26])
async def test_what_was_never_refused_is_not_there(asked: Asked, kept: str) -> None:
    response = await asked.http.post(f"/v1/refused/{kept}/replay")

    assert response.status_code == 404
