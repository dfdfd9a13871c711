"""The Web API of an environment is asked with a token, patiently, and nowhere else."""

from typing import Any

import pytest
from pydantic import ValidationError

from connections.web_api import Later, Memory, Refusal, WebApi
from tests.environment.server import APPLICATION_USER, SECRET, Environment
from wire.dataverse_settings import DataverseConnection, DataverseSettings

TOKEN = ("POST", "/contoso/oauth2/v2.0/token")


def told(environment: Environment, **changed: Any) -> DataverseConnection:
    return DataverseConnection.model_validate({**environment.connection, **changed})


async def test_a_token_is_fetched_once_and_used_again(environment: Environment) -> None:
    memory = Memory()
    for _ in range(2):
        async with WebApi(told(environment), memory) as there:
            assert (await there.get("WhoAmI"))["UserId"] == APPLICATION_USER

    assert environment.asked == [TOKEN, ("GET", "WhoAmI"), ("GET", "WhoAmI")]


async def test_a_token_that_was_taken_back_is_fetched_again(
    environment: Environment, there: WebApi
) -> None:
    await there.get("WhoAmI")
    environment.tokens[:] = ["another"]

    assert (await there.get("WhoAmI"))["UserId"] == APPLICATION_USER
    assert environment.asked.count(TOKEN) == 2


async def test_a_token_that_soon_expires_is_not_used() -> None:
    connection, memory = told(Environment(url="http://127.0.0.1:9")), Memory()

    memory.keep(connection, "old", seconds=119)
    soon = memory.find(connection)
    memory.keep(connection, "new", seconds=3599)

    assert (soon, memory.find(connection)) == (None, "new")


async def test_a_wrong_secret_is_refused_without_repeating_it(environment: Environment) -> None:
    wrong = told(environment, client_secret="wr0ng")

    async with WebApi(wrong, Memory()) as there:
        with pytest.raises(Refusal, match=r"to give client .* a token, but .* invalid_client\."):
            await there.get("WhoAmI")

    assert "wr0ng" not in repr(wrong) + repr(there)


@pytest.mark.parametrize("status", [429, 503])
async def test_it_waits_as_long_as_it_is_asked_to(
    environment: Environment, there: WebApi, status: int
) -> None:
    environment.fail(status, "WhoAmI", times=2, retry_after="0")

    assert (await there.get("WhoAmI"))["UserId"] == APPLICATION_USER
    assert environment.asked.count(("GET", "WhoAmI")) == 3


@pytest.mark.parametrize(
    ("times", "headers", "after"),
    [
        pytest.param(3, {"retry_after": "0"}, 0, id="which it is told again and again"),
        pytest.param(1, {"retry_after": "300"}, 300, id="which is longer than anybody waits"),
        pytest.param(1, {}, None, id="which nobody says"),
    ],
)
async def test_what_takes_longer_is_for_later(
    environment: Environment, there: WebApi, times: int, headers: Any, after: float | None
) -> None:
    environment.fail(429, "WhoAmI", times=times, **headers)

    with pytest.raises(Later, match=r"to do it, but it answers 429\.") as later:
        await there.get("WhoAmI")

    assert later.value.after == after


async def test_an_environment_that_is_away_may_answer_later(environment: Environment) -> None:
    away = told(environment, url="http://127.0.0.1:9", authority="http://127.0.0.1:9")

    async with WebApi(away, Memory()) as there:
        with pytest.raises(Later, match=r"Expected 127\.0\.0\.1 to answer, but: ConnectError\."):
            await there.get("WhoAmI")


async def test_what_it_says_no_to_is_refused_in_its_words(there: WebApi) -> None:
    with pytest.raises(Refusal) as refusal:
        await there.get("nothings?$select=x", {"prefer": "odata.track-changes"})

    assert str(refusal.value) == (
        "Expected Dataverse to do it, but it says: Resource not found for the segment 'nothings'."
    )
    assert refusal.value.status == 404


async def test_what_is_no_web_api_is_refused(environment: Environment, there: WebApi) -> None:
    environment.fail(200, "WhoAmI")

    with pytest.raises(Refusal, match=r"Expected 127\.0\.0\.1 to answer in JSON"):
        await there.get("WhoAmI")


async def test_a_link_that_leads_elsewhere_is_not_followed(
    environment: Environment, there: WebApi
) -> None:
    with pytest.raises(Refusal, match="but it leads elsewhere"):
        await there.get("http://127.0.0.1:9/api/data/v9.2/accounts")

    assert environment.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://org.crm.dynamics.com",
        "https://org.crm.dynamics.com/api",
        "https://user@org.crm.dynamics.com",
        "ftp://127.0.0.1",
        "org",
    ],
)
def test_a_secret_goes_nowhere_but_to_an_address_that_is_safe(url: str) -> None:
    said = {"url": url, "tenant": "t", "client_id": "c", "client_secret": SECRET}

    with pytest.raises(ValidationError, match="Expected an address such as https://org"):
        DataverseSettings.model_validate({"connection": said})
