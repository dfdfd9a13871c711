"""Commands that Temporal never takes, as an operator sees them and lets them be tried again."""

import pytest

from api.carrying import Carried, orders_waiting
from api.gateway import clock
from api.settling import write_outcomes
from tests.api.conftest import Asked

PROBLEM = "WorkflowId length exceeds limit."


@pytest.fixture
def stuck(inside: Asked) -> Asked:
    """Ana's start can never be carried: the relay has set it aside."""
    with inside.database.writing() as session:
        [[order]] = orders_waiting(session, 10, ())
        write_outcomes(session, [Carried(order, "poisoned", PROBLEM)], clock())
    return inside


async def test_a_command_that_is_set_aside_is_listed_with_its_problem(stuck: Asked) -> None:
    [listed] = (await stuck.get("/refused?what=command"))["items"]

    [instance] = (await stuck.get("/instances"))["items"]
    assert (listed["reason"], listed["problem"]) == ("set aside", PROBLEM)
    assert (listed["journey"], listed["person"]) == ("follow-up", "contact/ana")
    assert listed["change"] == {"command": 1, "kind": "start", "instance": instance["id"]}
    assert (instance["status"], instance["reason"]) == ("exited", "could not be started")


async def test_replaying_it_lets_the_relay_try_once_more(stuck: Asked) -> None:
    [listed] = (await stuck.get("/refused?what=command"))["items"]
    stuck.woken.clear()

    said = await stuck.post(f"/refused/{listed['id']}/replay")

    assert said["replayed_at"] is not None
    assert stuck.woken == [True]
    assert [command.kind for command in stuck.commands()] == ["start"]
    [instance] = (await stuck.get("/instances"))["items"]
    assert (instance["status"], instance["reason"]) == ("active", None)


async def test_it_is_replayed_once(stuck: Asked) -> None:
    [listed] = (await stuck.get("/refused?what=command"))["items"]
    await stuck.post(f"/refused/{listed['id']}/replay")

    again = await stuck.conflict("POST", f"/refused/{listed['id']}/replay")

    assert again.startswith("Expected it to be replayed once")


async def test_a_journey_that_was_stopped_since_lets_nobody_in_by_it(stuck: Asked) -> None:
    [listed] = (await stuck.get("/refused?what=command"))["items"]
    await stuck.post("/journeys/follow-up/stop")

    why = await stuck.conflict("POST", f"/refused/{listed['id']}/replay")

    assert why == "Expected a command that is set aside, but follow-up was stopped."


async def test_nobody_is_let_in_by_it_who_was_erased_since(stuck: Asked) -> None:
    [listed] = (await stuck.get("/refused?what=command"))["items"]
    await stuck.ask("DELETE", "/people/contact/ana", status=204)

    why = await stuck.conflict("POST", f"/refused/{listed['id']}/replay")

    assert why.startswith("Expected a command that is set aside, but ")


async def test_how_far_the_relay_is_behind_is_said_where_readiness_is(inside: Asked) -> None:
    answer = await inside.http.get("/readyz")

    relay = answer.json()["relay"]
    assert relay["waiting"] == 1
    assert relay["lag_seconds"] > 0
