"""What a program asks by the client: journeys and instances, and one clear exception."""

import inspect
from typing import Any

import httpx
import pytest

from sojourn_client import AsyncSojourn, GatewayProblem, Sojourn
from sojourn_client.async_things import AsyncInstances, AsyncJourneys
from sojourn_client.things import Instances, Journeys
from tests.api.conftest import JOURNEY, Asked
from tests.client.speaking import Speaking, by_tasks, by_threads
from tests.client.unreliable import Answers, Cuts, Unreliable

BOTH = pytest.mark.parametrize(
    "speaks", [pytest.param(by_threads, id="threads"), pytest.param(by_tasks, id="tasks")]
)


@BOTH
async def test_a_journey_is_drafted_goes_live_and_ends(
    live: Asked, served: str, speaks: Speaking
) -> None:
    client = speaks(served)
    drafted = await client.does("journeys.save", "second", {**JOURNEY, "title": "Second"})
    published = await client.does("journeys.publish", "second")
    states = [
        (await client.does(f"journeys.{verb}", "second"))["state"]
        for verb in ("pause", "resume", "complete")
    ]
    listed = await client.does("journeys.list")
    problems = await client.does("journeys.problems", "second")
    await client.does("journeys.stop", "follow-up")
    stopped = await client.does("journeys.get", "follow-up")
    await client.does("journeys.delete", "second")
    await client.does("close")

    assert (drafted["state"], drafted["journey"]["title"]) == ("draft", "Second")
    assert published == {"name": "second", "state": "live", "version": 1}
    assert states == ["paused", "live", "completed"]
    assert [each["name"] for each in listed] == ["follow-up", "second"]
    assert (problems, stopped["state"]) == ((), "stopped")
    assert [each["name"] for each in (await live.get("/journeys"))["items"]] == ["follow-up"]


@BOTH
async def test_every_instance_is_listed_page_by_page(
    live: Asked, served: str, speaks: Speaking
) -> None:
    client = speaks(served)
    customer = {"table": "contact", "id": "ana"}
    for number in range(120):
        case = {"statuscode": 1, "customerid": customer}
        await client.does("change", "incident", f"case-{number}", "create", case)
        await client.does("change", "incident", f"case-{number}", "update", {"statuscode": 5})
    await client.does("flush")

    found = await client.does("instances.list", journey="follow-up", status="active")
    nobody = await client.does("instances.list", person="contact/bob")
    first = await client.does("instances.get", found[0]["id"])
    [entered, *_] = await client.does("instances.timeline", found[0]["id"])
    await client.does("close")

    assert len({each["id"] for each in found}) == 120
    assert (nobody, first) == ([], found[0])
    assert (first["person"], entered["what"]) == (customer, "entered")


@BOTH
async def test_what_cannot_be_done_is_one_exception_with_all_its_problems(
    live: Asked, served: str, speaks: Speaking
) -> None:
    client = speaks(served)

    with pytest.raises(GatewayProblem) as missing:
        await client.does("journeys.get", "nowhere")
    with pytest.raises(GatewayProblem) as malformed:
        await client.does("journeys.save", "second", {"entry": {"trigger": 5}, "tiles": 5})
    with pytest.raises(GatewayProblem, match="Expected a journey that is paused"):
        await client.does("journeys.resume", "follow-up")
    await client.does("close")

    assert missing.value.status == 404
    assert str(missing.value) == "Expected a journey, but there is none called 'nowhere'. (404)"
    assert malformed.value.status == 422
    assert {each["path"] for each in malformed.value.problems} == {"/entry/trigger", "/tiles"}


@BOTH
@pytest.mark.parametrize(
    ("done", "method"),
    [
        pytest.param(Answers(503), "journeys.pause", id="the gateway says that nothing was done"),
        pytest.param(Answers(429, {"retry-after": "2"}), "journeys.pause", id="it was too often"),
        pytest.param(Answers(502), "journeys.get", id="a proxy knows not, of what only reads"),
        pytest.param(Cuts(taken=True), "journeys.get", id="a cut, of what only reads"),
    ],
)
async def test_a_call_is_tried_again_where_it_does_no_harm(
    live: Asked, unreliable: Unreliable, speaks: Speaking, done: Any, method: str
) -> None:
    unreliable.done.append(done)
    client = speaks(unreliable.url)

    answer = await client.does(method, "follow-up")
    await client.does("close")

    assert answer["name"] == "follow-up"
    assert len(unreliable.came) == 2


@BOTH
@pytest.mark.parametrize(
    ("done", "error"),
    [
        pytest.param(Answers(502), GatewayProblem, id="a proxy knows not"),
        pytest.param(Cuts(taken=True), httpx.RemoteProtocolError, id="a cut"),
        pytest.param(Answers(503, {"retry-after": "60"}), GatewayProblem, id="it would take long"),
    ],
)
async def test_a_call_that_may_have_been_done_is_not_done_again(
    live: Asked, unreliable: Unreliable, speaks: Speaking, done: Any, error: type[Exception]
) -> None:
    unreliable.done.append(done)
    client = speaks(unreliable.url)

    with pytest.raises(error):
        await client.does("journeys.pause", "follow-up")
    await client.does("close")

    assert len(unreliable.came) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(Sojourn, AsyncSojourn, id="a gateway"),
        pytest.param(Journeys, AsyncJourneys, id="its journeys"),
        pytest.param(Instances, AsyncInstances, id="its instances"),
    ],
)
def test_both_clients_can_do_the_same(one: type, other: type) -> None:
    def said(kind: type) -> dict[str, Any]:
        return {
            name: (method.__doc__, list(inspect.signature(method).parameters.values()))
            for name, method in vars(kind).items()
            if inspect.isfunction(method) and not name.startswith("_")
        }

    assert said(one) == said(other)
    assert said(one)
