"""What webhooks missed is found by asking for what changed, and what they brought is not doubled."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from api.repairing import repair_all
from store.tracking import tracked
from tests.api.conftest import Asked, gateway_over
from tests.api.test_dataverse import choice, context, entity, reference
from tests.environment.server import ORGANIZATION, Environment, running

CRM = "/sources/crm"
ANA = "1a2b3c4d-0000-4000-8000-00000000a11a"
SCANNER = {"title": "Scanner", "statuscode": 1, "primarycontactid": reference("contact", ANA)}
CHANGED: dict[str, Any] = {
    "kind": "record_change", "title": "Case changed", "table": "incident",
    "audience": {"path": "primarycontactid"}, "operations": ["created", "updated", "deleted"],
}  # fmt: skip


@pytest.fixture
async def environment() -> AsyncIterator[Environment]:
    async with running() as it:
        yield it


@pytest.fixture
async def crm(asked: Asked, environment: Environment) -> Asked:
    """A gateway that keeps cases in step with the environment, which had two before it was asked."""
    settings = {"connection": {**environment.connection, "tables": ["incident"]}}
    await asked.put(CRM, {"format": "dataverse", "settings": settings})
    await asked.put("/triggers/case-changed", CHANGED)
    await asked.post("/triggers/case-changed/ready")
    environment.rows.put("contacts", None, {"contactid": ANA, "firstname": "Ana"}, new=True)
    for title in ("Printer", "Ink", "Paper"):
        put(environment, title=title, statuscode=1)
    return asked


def put(environment: Environment, record_id: str | None = None, **values: Any) -> str:
    """Write a case of Ana's in the environment, of which no webhook tells."""
    if record_id is None:
        values["primarycontactid@odata.bind"] = f"/contacts({ANA})"
    return environment.rows.put("incidents", record_id, values, new=record_id is None)


async def repaired(crm: Asked) -> dict[str, Any]:
    [done] = (await crm.post(f"{CRM}/repair"))["tables"]
    assert done.pop("table") == "incident"
    return done  # type: ignore[no-any-return] # it is JSON


async def fired(crm: Asked) -> int:
    return int((await crm.get("/triggers/case-changed"))["fired_count"])


async def titles(crm: Asked) -> list[str]:
    records = (await crm.get("/tables/incident/records"))["items"]
    return sorted(each["values"]["title"] for each in records)


def told(environment: Environment, message: str, case: str, **values: Any) -> dict[str, Any]:
    """Return what a webhook posts of a case as it is now."""
    row = environment.rows.rows["incidents", case]
    columns = {
        **{name: choice(each) if name.endswith("code") else each for name, each in values.items()},
        "modifiedon": row["modifiedon"],
        **({"createdon": row["createdon"]} if message == "Create" else {}),
    }
    body = context(message, "incident", case, entity("incident", case, columns))
    # Each firing is an operation of its own.
    firing = {"OrganizationId": ORGANIZATION, "OperationId": f"{message}-{row['modifiedon']}"}
    return {**body, **firing}


async def test_the_first_time_everything_is_read_and_nothing_fires(crm: Asked) -> None:
    done = await repaired(crm)

    assert done == {"rows": 3, "missed": 3, "full": True, "problem": None}
    assert await titles(crm) == ["Ink", "Paper", "Printer"]
    assert await fired(crm) == 0


async def test_what_was_missed_fires_as_if_it_had_been_told(
    crm: Asked, environment: Environment
) -> None:
    await repaired(crm)

    case = put(environment, title="Scanner", statuscode=1)
    created = await repaired(crm)
    after_create = await fired(crm)
    put(environment, case, statuscode=5)
    updated = await repaired(crm)
    after_update = await fired(crm)
    environment.rows.delete("incidents", case)
    deleted = await repaired(crm)

    assert (
        created
        == updated
        == deleted
        == {
            "rows": 1,
            "missed": 1,
            "full": False,
            "problem": None,
        }
    )
    assert (after_create, after_update, await fired(crm)) == (1, 2, 3)
    assert await titles(crm) == ["Ink", "Paper", "Printer"]


async def test_a_page_follows_the_other(crm: Asked, environment: Environment) -> None:
    environment.page = 1

    done = await repaired(crm)

    assert (done["rows"], done["missed"]) == (3, 3)


async def test_what_webhooks_brought_is_not_doubled(crm: Asked, environment: Environment) -> None:
    await repaired(crm)
    case = put(environment, title="Scanner", statuscode=1)
    await crm.post(f"{CRM}/in", told(environment, "Create", case, **SCANNER))
    put(environment, case, statuscode=5)
    await crm.post(f"{CRM}/in", told(environment, "Update", case, statuscode=5))

    before = await fired(crm)

    done = await repaired(crm)

    assert (done["rows"], done["missed"]) == (1, 0)
    assert (before, await fired(crm)) == (2, 2)


async def test_what_webhooks_bring_after_it_was_found_is_not_doubled(
    crm: Asked, environment: Environment
) -> None:
    await repaired(crm)
    case = put(environment, title="Scanner", statuscode=1)
    late = told(environment, "Create", case, **SCANNER)
    put(environment, case, title="Scanners")

    done = await repaired(crm)
    await crm.post(f"{CRM}/in", late)

    assert done["missed"] == 1
    record = await crm.get(f"/tables/incident/records/{case}")
    assert record["values"]["title"] == "Scanners"
    assert await fired(crm) == 1


async def test_columns_that_no_webhook_told_of_are_learnt_and_fire_nothing(
    crm: Asked, environment: Environment
) -> None:
    await repaired(crm)
    case = put(environment, title="Scanner", statuscode=1, prioritycode=1)
    await crm.post(f"{CRM}/in", told(environment, "Create", case, **SCANNER))

    done = await repaired(crm)

    assert done["missed"] == 1
    values = (await crm.get(f"/tables/incident/records/{case}"))["values"]
    assert values["prioritycode"] == 1
    assert await fired(crm) == 1


async def test_after_too_long_everything_is_read_again_and_what_happened_since_fires(
    crm: Asked, environment: Environment
) -> None:
    await repaired(crm)
    gone, changed = sorted(it for at, it in environment.rows.rows if at == "incidents")[:2]
    environment.rows.delete("incidents", gone)
    put(environment, changed, title="Changed")
    environment.expire_deltas()

    done = await repaired(crm)

    assert (done["full"], done["rows"], done["missed"]) == (True, 2, 2)
    assert "Changed" in await titles(crm)
    assert len(await titles(crm)) == 2
    assert await fired(crm) == 2
    assert await repaired(crm) == {"rows": 0, "missed": 0, "full": False, "problem": None}


async def test_after_too_long_what_was_written_before_is_only_learnt(
    crm: Asked, environment: Environment
) -> None:
    environment.rows.began -= timedelta(days=2)
    await repaired(crm)
    environment.rows.began += timedelta(days=1)
    put(environment, title="Scanner", statuscode=1)
    environment.expire_deltas()

    done = await repaired(crm)

    assert (done["full"], done["missed"]) == (True, 1)
    assert "Scanner" in await titles(crm)
    assert await fired(crm) == 0


async def test_a_source_that_was_removed_and_declared_anew_is_read_from_the_beginning(
    crm: Asked,
) -> None:
    await repaired(crm)

    await crm.ask("DELETE", CRM, status=204)

    with crm.database.reading() as session:
        assert tracked(session, "crm", "incident") is None


async def test_a_table_that_cannot_be_asked_for_is_asked_again_from_where_it_was(
    crm: Asked, environment: Environment
) -> None:
    await repaired(crm)
    put(environment, title="Scanner", statuscode=1)
    environment.fail(503, "incidents")

    problem = await repaired(crm)
    done = await repaired(crm)

    assert problem["problem"] == "Expected 127.0.0.1 to do it, but it answers 503."
    assert done == {"rows": 1, "missed": 1, "full": False, "problem": None}


async def test_a_table_that_nobody_declared_is_said_so(
    asked: Asked, environment: Environment
) -> None:
    settings = {"connection": {**environment.connection, "tables": ["new_loan"]}}
    await asked.put(CRM, {"format": "dataverse", "settings": settings})

    [done] = (await asked.post(f"{CRM}/repair"))["tables"]

    assert done["problem"] == (
        "Expected a table that is declared, but 'new_loan' is none: import it first."
    )


async def test_now_and_then_every_source_that_is_connected_is_asked(
    crm: Asked, environment: Environment
) -> None:
    disabled = {"connection": {**environment.connection, "tables": ["contact"]}}
    await crm.put("/sources/old", {"format": "dataverse", "settings": disabled, "enabled": False})

    await repair_all(gateway_over(crm.database, crm.woken))

    assert await titles(crm) == ["Ink", "Paper", "Printer"]
    assert ("GET", "incidents") in environment.asked
    assert ("GET", "contacts") not in environment.asked
