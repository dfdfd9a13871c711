"""What was refused is taken in after all, once, when it or the world has been corrected."""

from typing import Any

import pytest

from tests.api.conftest import Asked

RESOLVED = {"id": "n-1", "table": "incident", "record_id": "k1", "operation": "update"}
ANA = {"table": "contact", "id": "ana"}
SETTLE = {"id": "settle", "kind": "wait", "for": "P3D"}
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


async def test_a_replay_that_lets_somebody_in_wakes_the_relay(live: Asked) -> None:
    kept = await refused(live, "/changes", {**RESOLVED, "values": {"statuscode": "Melted"}})
    live.woken.clear()

    await live.post(f"/refused/{kept}/replay", {**RESOLVED, "values": {"statuscode": 5}})

    assert live.woken == [True]


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
        "Expected what could not be understood, came too late or found nobody, but this is entry "
        "refused for 'unmet filter': send what corrects it anew."
    )


async def test_what_came_too_late_is_taken_in_once_it_is_corrected(live: Asked) -> None:
    newer = {**RESOLVED, "values": {"title": "Plotter"}, "version": 7}
    older = {**newer, "id": "n-0", "values": {"statuscode": 5}, "version": 6}
    await live.post("/changes", [newer, older])
    [kept] = (await live.get("/refused?what=change"))["items"]
    assert kept["reason"] == "out of order"

    [(_, message)] = await live.refused("POST", f"/refused/{kept['id']}/replay")
    said = await live.post(f"/refused/{kept['id']}/replay", {**older, "version": 8})
    await live.conflict("POST", f"/refused/{kept['id']}/replay", {**older, "version": 9})

    assert message.startswith("Expected nothing newer of incident/k1, but there is")
    assert said["became"]["accepted"] == 1
    assert len(live.commands()) == 1
    assert len((await live.get("/refused?what=change"))["items"]) == 1


async def test_who_was_not_known_enters_once_they_are_and_it_is_replayed(live: Asked) -> None:
    await live.put("/triggers/joined", {"kind": "custom"})
    await live.post("/triggers/joined/ready")
    for name in ("welcome", "news"):
        await live.put(f"/journeys/{name}", {"entry": {"trigger": "joined"}, "tiles": [SETTLE]})
        await live.post(f"/journeys/{name}/publish")
    await live.post("/events", {"trigger": "joined", "person": {"table": "contact", "id": "zoe"}})
    kept = (await live.get("/refused?journey=welcome"))["items"][0]["id"]

    [(_, message)] = await live.refused("POST", f"/refused/{kept}/replay")
    await live.put("/tables/contact/records/zoe", {"firstname": "Zoe"})
    said = await live.post(f"/refused/{kept}/replay")
    await live.conflict("POST", f"/refused/{kept}/replay")

    assert message == "There is no contact with this id."
    assert said["became"]["accepted"] == 1
    entered = (await live.get("/instances?person=contact/zoe"))["items"]
    assert [each["journey"] for each in entered] == ["welcome"]
    assert (await live.get("/triggers/joined"))["fired_count"] == 1


async def test_what_led_to_nobody_fires_once_the_record_is_corrected(live: Asked) -> None:
    await live.put("/tables/incident/records/k2", {"title": "Scanner", "statuscode": 1})
    await live.ask("PATCH", "/tables/incident/records/k2", {"statuscode": 5})
    [missed] = (await live.get("/refused?what=entry"))["items"]
    assert missed["reason"] == "no audience"
    replayed = f"/refused/{missed['id']}/replay"

    [(_, message)] = await live.refused("POST", replayed)
    await live.ask("PATCH", "/tables/incident/records/k2", {"customerid": ANA})
    said = await live.post(replayed)
    await live.conflict("POST", replayed)

    assert message.startswith("Expected customerid.primarycontactid of incident/k2 to lead to")
    assert said["became"]["accepted"] == 1
    [entered] = (await live.get("/instances"))["items"]
    assert (entered["person"]["id"], entered["binding"]) == ("ana", "incident/k2")


async def test_what_found_nobody_is_forgotten_with_whom_it_was_about(live: Asked) -> None:
    meant = {"audience": {"path": "parentcustomerid.primarycontactid"}, "operations": ["updated"]}
    await live.put("/triggers/moved", {"kind": "record_change", "table": "contact", **meant})
    await live.post("/triggers/moved/ready")
    await live.ask("PATCH", "/tables/contact/records/ana", {"lastname": "Meier"})
    assert "Meier" in str(await live.get("/refused?what=entry"))

    await live.ask("DELETE", "/people/contact/ana", status=204)

    assert "Meier" not in str(await live.get("/refused?what=entry"))


@pytest.mark.parametrize("kept", ["nothing", "0" * 26])
async def test_what_was_never_refused_is_not_there(asked: Asked, kept: str) -> None:
    response = await asked.http.post(f"/v1/refused/{kept}/replay")

    assert response.status_code == 404
