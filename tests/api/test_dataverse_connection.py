"""A source that is connected to Dataverse: its secret, its tables, and what makes it post."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.app import create_app
from store.sources import SourceRow
from tests.api.conftest import Asked, gateway_over
from tests.api.test_dataverse import context
from tests.environment.definitions import TABLES, attribute, options
from tests.environment.server import SECRET, Environment, running

CRM = "/sources/crm"


@pytest.fixture
async def environment() -> AsyncIterator[Environment]:
    async with running() as it:
        yield it


@pytest.fixture
async def crm(asked: Asked, environment: Environment) -> Asked:
    """A gateway with a source `crm` that is connected to the environment."""
    await declare(asked, environment)
    return asked


async def declare(asked: Asked, environment: Environment, **more: Any) -> Any:
    settings = {"connection": {**environment.connection, **more}}
    answer = await asked.http.put(
        "/v1/sources/crm", json={"format": "dataverse", "settings": settings}
    )
    return answer.json()


def kept(asked: Asked) -> Any:
    with asked.database.reading() as session:
        return session.get_one(SourceRow, "crm").settings["connection"].get("client_secret")


async def test_the_secret_is_never_answered(asked: Asked, environment: Environment) -> None:
    answers = [await declare(asked, environment), await asked.get(CRM), await asked.get("/sources")]

    assert SECRET not in str(answers)
    assert answers[0]["settings"]["connection"]["url"] == environment.url
    assert kept(asked) == SECRET


async def test_a_secret_that_is_not_said_again_stays_where_it_goes(crm: Asked) -> None:
    shown = await crm.get(CRM)

    shown["settings"]["connection"]["tables"] = ["incident"]
    draft = {"format": "dataverse", "settings": shown["settings"]}
    await crm.put(CRM, draft, status=200)

    assert kept(crm) == SECRET
    elsewhere = {**shown["settings"]["connection"], "authority": "https://login.example.org"}
    problems = await crm.refused(
        "PUT", CRM, {"format": "dataverse", "settings": {"connection": elsewhere}}
    )
    assert [path for path, _ in problems] == ["/settings/connection/client_secret"]


async def test_a_secret_that_is_wrong_is_not_repeated(crm: Asked, environment: Environment) -> None:
    said = {**environment.connection, "client_secret": {"is": "h1dden"}, "tenant": "a/b"}
    draft = {"format": "dataverse", "settings": {"connection": said}}

    problems = await crm.refused("PUT", CRM, draft)

    assert {path for path, _ in problems} == {
        "/settings/connection/client_secret",
        "/settings/connection/tenant",
    }
    assert "h1dden" not in str(problems)


async def test_a_table_is_read_with_types_choices_lookups_and_people(crm: Asked) -> None:
    wanted = {"tables": ["new_loan"], "people": ["new_loan"]}

    [done] = (await crm.post(f"{CRM}/tables", wanted))["tables"]

    table = await crm.get("/tables/new_loan")
    columns = {each["name"]: each for each in table["columns"]}
    assert (done["state"], done["added"]) == ("new", list(columns))
    assert (table["label"], table["primary_id"], table["name_column"]) == (
        "Loan",
        "new_loanid",
        "new_name",
    )
    assert {name: each["type"] for name, each in columns.items()} == {
        "createdon": "datetime", "modifiedon": "datetime", "new_amount": "money",
        "new_borrower": "lookup", "new_due": "date", "new_kind": "choice", "new_loanid": "text",
        "new_mail": "text", "new_months": "integer", "new_name": "text", "new_paid": "boolean",
        "new_purpose": "multi_choice", "new_rate": "decimal", "ownerid": "lookup",
    }  # fmt: skip
    assert columns["new_purpose"]["choices"] == [
        {"value": 1, "label": "House"},
        {"value": 2, "label": "Car"},
    ]
    assert columns["new_kind"] == {
        "name": "new_kind",
        "type": "choice",
        "label": "Kind",
        "choices": [{"value": 100_000_000, "label": "Fixed"}],
    }
    assert columns["new_borrower"]["targets"] == ["contact"]
    assert "targets" not in columns["ownerid"]  # a user, of whom nobody told us
    assert table["audience"] == {"email": "new_mail"}


async def test_a_second_import_changes_nothing_and_a_changed_one_says_what(
    crm: Asked, environment: Environment
) -> None:
    both = {"tables": ["incident", "new_loan"]}
    await crm.post(f"{CRM}/tables", both)

    same = await crm.post(f"{CRM}/tables", both)
    environment.tables[2]["Attributes"] += [attribute("new_note", "Memo")]
    kind = next(
        each for each in environment.tables[2]["Attributes"] if each["LogicalName"] == "new_kind"
    )
    kind |= options(Fixed=100_000_000, Variable=100_000_001)
    shown = await crm.post(f"{CRM}/tables", {**both, "dry_run": True})
    changed = await crm.post(f"{CRM}/tables", both)

    assert [each["state"] for each in same["tables"]] == ["same", "same"]
    assert shown == changed
    assert changed["tables"] == [
        {"table": "incident", "state": "same", "added": [], "changed": []},
        {"table": "new_loan", "state": "changed", "added": ["new_note"], "changed": ["new_kind"]},
    ]


async def test_a_table_that_is_built_in_is_extended_by_what_is_the_organisation_s_own(
    crm: Asked,
) -> None:
    before = {each["name"]: each for each in (await crm.get("/tables/incident"))["columns"]}

    [done] = (await crm.post(f"{CRM}/tables", {"tables": ["incident"]}))["tables"]

    after = {each["name"]: each for each in (await crm.get("/tables/incident"))["columns"]}
    assert done["state"] == "changed"
    assert after.keys() >= before.keys()
    assert after["statuscode"]["choices"] == [
        {"value": 1, "label": "In Progress"},
        {"value": 5, "label": "Solved"},
    ]
    assert after["ownerid"] == before["ownerid"]


async def test_tables_are_read_from_a_file_without_a_connection(asked: Asked) -> None:
    saved = {"value": [each for each in TABLES if each["LogicalName"] == "new_loan"]}

    [done] = (await asked.post("/sources/dataverse/tables", {"definitions": saved}))["tables"]

    assert (done["table"], done["state"]) == ("new_loan", "new")


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        pytest.param(
            {"definitions": {"value": [7]}},
            "Expected EntityDefinitions with their Attributes, but one is a number: "
            "ask for them with $expand=Attributes.",
            id="what is no definition",
        ),
        pytest.param(
            {"definitions": []}, "Expected EntityDefinitions, but it is a list.", id="nothing"
        ),
        pytest.param({}, "Expected tables to read, or their definitions.", id="neither"),
    ],
)
async def test_what_describes_no_table_is_refused(asked: Asked, wanted: Any, sentence: str) -> None:
    [(_, message)] = await asked.refused("POST", "/sources/dataverse/tables", wanted)

    assert message == sentence


@pytest.mark.parametrize(
    ("source", "status", "sentence"),
    [
        pytest.param(
            "dataverse", 409,
            "Expected a source with a connection to Dataverse in its settings, but dataverse has none.",
            id="without a connection",
        ),
        pytest.param(
            "nobody", 404, "Expected a source, but there is none called 'nobody'.", id="unknown"
        ),
        pytest.param(
            "crm", 409, "Expected a table of Dataverse, but there is none called 'new_boat'.",
            id="without such a table",
        ),
    ],
)  # fmt: skip
async def test_a_table_that_cannot_be_had_is_said_so(
    crm: Asked, source: str, status: int, sentence: str
) -> None:
    wanted = {"tables": ["new_boat"]}

    answer = await crm.ask("POST", f"/sources/{source}/tables", wanted, status=status)

    assert answer["detail"] == sentence


async def test_an_environment_that_asks_for_patience_passes_it_on(
    crm: Asked, environment: Environment
) -> None:
    environment.fail(429, "EntityDefinitions", retry_after="7")

    answer = await crm.http.post("/v1/sources/crm/tables", json={"tables": ["incident"]})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_it_is_made_to_post_what_happens_and_let_in(
    crm: Asked, environment: Environment
) -> None:
    await crm.post(f"{CRM}/tables", {"tables": ["new_loan"]})

    done = await crm.post(f"{CRM}/register", {"tables": ["new_loan"]})

    assert done == {
        "url": "http://127.0.0.1:8000/v1/sources/crm/in",
        "webhook": "new",
        "tables": ["new_loan"],
        "made": 3 + 4,
    }
    registered = environment.registry.sets
    assert {each["stage"] for each in registered["sdkmessageprocessingsteps"]} == {40}
    assert {each["mode"] for each in registered["sdkmessageprocessingsteps"]} == {1}
    [endpoint] = registered["serviceendpoints"]
    assert (endpoint["contract"], endpoint["authtype"]) == (8, 4)
    assert endpoint["authvalue"] not in str(await crm.get(CRM))

    environment.rows.put("new_loans", None, {"new_name": "A boat"}, new=True)
    record_id = next(iter(environment.rows.rows))[1]
    environment.registry.happened(
        "Create", "new_loan", record_id, environment.rows, "new_loans", {"new_name": "A boat"}, {}
    )
    transport = httpx.ASGITransport(create_app(gateway_over(crm.database, [])))
    async with httpx.AsyncClient(transport=transport) as http:
        [answer] = await environment.registry.post(http)
    assert answer.json()["accepted"] == 1
    mirrored = await crm.get(f"/tables/new_loan/records/{record_id}")
    assert mirrored["values"]["new_name"] == "A boat"


async def test_registered_a_second_time_nothing_changes_and_another_address_does(
    crm: Asked, environment: Environment
) -> None:
    await crm.post(f"{CRM}/register", {"tables": ["incident"]})
    before = str(environment.registry.sets)

    again = await crm.post(f"{CRM}/register", {"tables": ["incident"]})
    after = str(environment.registry.sets)
    environment.registry.sets["sdkmessageprocessingstepimages"].pop()
    moved = {"tables": ["incident"], "url": "https://journeys.example.org/v1/sources/crm/in"}
    changed = await crm.post(f"{CRM}/register", moved)

    assert (again["webhook"], again["made"], before) == ("same", 0, after)
    assert (changed["webhook"], changed["made"]) == ("changed", 1)
    [endpoint] = environment.registry.sets["serviceendpoints"]
    assert endpoint["url"] == moved["url"]
    assert endpoint["authvalue"]


CUT_OFF = {"x-ms-dynamics-msg-size-exceeded": "true"}


def created(environment: Environment, **values: Any) -> str:
    """Create a case in the environment, of which nobody tells us, and return its id."""
    return environment.rows.put("incidents", None, values, new=True)


async def test_what_was_cut_off_is_fetched(crm: Asked, environment: Environment) -> None:
    ana = environment.rows.put("contacts", None, {"firstname": "Ana"}, new=True)
    case = created(
        environment,
        title="Printer",
        statuscode=1,
        **{"customerid_contact@odata.bind": f"/contacts({ana})"},
    )

    cut_off = context("Create", "incident", case, None)
    answer = await crm.ask("POST", f"{CRM}/in", cut_off, headers=CUT_OFF)

    assert (answer["accepted"], answer["refused"]) == (1, [])
    values = (await crm.get(f"/tables/incident/records/{case}"))["values"]
    assert (values["title"], values["statuscode"]) == ("Printer", 1)
    assert values["customerid"] == {"table": "contact", "id": ana}


async def test_what_was_cut_off_and_cannot_be_had_is_refused(
    crm: Asked, environment: Environment
) -> None:
    environment.fail(503, "incidents")

    cut_off = context("Update", "incident", created(environment, title="Printer"), None)
    answer = await crm.ask("POST", f"{CRM}/in", cut_off, headers=CUT_OFF)

    assert answer["accepted"] == 0
    assert answer["refused"][0]["problem"].endswith("the record has to be read from Dataverse.")
