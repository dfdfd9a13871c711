"""What a relay does when Temporal does not take a command: order, other instances, and whose turn it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import NAMESPACE_OID, uuid5

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from temporalio.api.common.v1 import GrpcStatus
from temporalio.api.enums.v1 import ResourceExhaustedCause
from temporalio.api.errordetails.v1 import ResourceExhaustedFailure
from temporalio.service import RPCError, RPCStatusCode

from api.carrying import trouble
from api.pace import MOST_AT_ONCE
from api.relay import Relay
from store.instances import instances
from store.turn import turn_of
from tests.intake.conftest import Gateway
from tests.intake.relaying import JOINED, SURVEYED, outcomes
from tests.intake.standin import StandIn
from tests.story import sent
from tests.world import journey, wait, wait_for

BEN_JOINED = sent("joined", "contact/ben")
CAUSES = ResourceExhaustedCause


def refusal(
    status: RPCStatusCode, message: str = "no", cause: "CAUSES.ValueType | None" = None
) -> RPCError:
    """Return the error by which Temporal refuses a call."""
    details = []
    if cause is not None:
        details.append(AnyMessage())
        details[0].Pack(ResourceExhaustedFailure(cause=cause))
    return RPCError(
        message, status, GrpcStatus(message=message, details=details).SerializeToString()
    )


BUSY = refusal(
    RPCStatusCode.RESOURCE_EXHAUSTED, "busy", CAUSES.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW
)
AWAY = refusal(RPCStatusCode.UNAVAILABLE)


class Refusing(StandIn):
    """A Temporal that refuses the first calls, or lets them wait until it is let *go on*.

    *calls* are all there were, with whom they were about; `here` = whether it is there.
    """

    def __init__(self, *refusals: RPCError) -> None:
        super().__init__()
        self.refusals = list(refusals)
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.is_there = asyncio.Event()
        self.is_there.set()
        self.calls: list[str] = []

    async def reached(self) -> None:
        self.calls.append("here")
        await self.is_there.wait()

    async def asked(self, workflow: str) -> None:
        self.calls.append(workflow)
        await self.go_on.wait()
        if self.refusals:
            raise self.refusals.pop(0)


@pytest.fixture
def surveys(gateway: Gateway) -> Gateway:
    """Who joins is to be surveyed."""
    gateway.goes_live(journey(wait_for("surveyed")))
    return gateway


@asynccontextmanager
async def relaying(gateway: Gateway, temporal: StandIn) -> AsyncIterator[Relay]:
    """Let a relay run meanwhile."""
    relay = Relay(gateway.database, temporal.client, "nobody", lambda: gateway.now)
    running = asyncio.create_task(relay.run())
    try:
        yield relay
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until *holds* holds."""
    while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - a store tells nobody
        await asyncio.sleep(0)


def all_are(gateway: Gateway, outcome: str) -> Callable[[], bool]:
    return lambda: set(outcomes(gateway)) == {outcome}


def told_as(gateway: Gateway, *event_ids: str) -> list[str]:
    """Return the ids under which Temporal knows what was sent as *event_ids*."""
    return [str(uuid5(NAMESPACE_OID, f"{each}/surveyed")) for each in event_ids]


@pytest.mark.parametrize(
    ("error", "what"),
    [
        pytest.param(BUSY, "with this instance", id="an instance that is busy"),
        pytest.param(
            refusal(
                RPCStatusCode.INVALID_ARGUMENT, "exceeded workflow execution limit for signal events"
            ),
            "with this instance", id="an instance that was told too much",
        ),
        pytest.param(
            refusal(
                RPCStatusCode.RESOURCE_EXHAUSTED, "rps", CAUSES.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT
            ),
            "with Temporal", id="a server with its hands full",
        ),
        pytest.param(
            refusal(RPCStatusCode.RESOURCE_EXHAUSTED), "with Temporal", id="one that says no more"
        ),
        pytest.param(AWAY, "with Temporal", id="a server that is away"),
        pytest.param(
            refusal(RPCStatusCode.INVALID_ARGUMENT, "Namespace x has no mapping for search attribute Tile"),
            "with Temporal", id="search attributes that it forgot",
        ),
        pytest.param(
            refusal(RPCStatusCode.INVALID_ARGUMENT, "WorkflowId is too long"),
            "for good", id="what it never takes",
        ),
    ],
)  # fmt: skip
def test_what_keeps_a_command_from_being_carried_is_told_apart(error: RPCError, what: str) -> None:
    assert trouble(error) == what


async def test_what_follows_a_command_that_was_turned_away_waits_behind_it(
    surveys: Gateway,
) -> None:
    surveys.take(JOINED, BEN_JOINED)
    told = ("first", "second", "third")
    for event_id in told:
        surveys.take(sent("surveyed", "contact/ana", "incident/printer", event_id))
    temporal = Refusing()
    refused: list[RPCError] = []

    async def asked(workflow: str) -> None:
        if workflow in temporal.started and not refused:  # its first signal
            refused.append(BUSY)
            raise BUSY

    temporal.asked = asked  # type: ignore[method-assign] # one call in the middle
    async with relaying(surveys, temporal):
        await until(all_are(surveys, "done"))

    assert refused == [BUSY]
    assert [told_id for _, told_id in temporal.told] == told_as(surveys, *told)


async def test_what_is_on_its_way_is_not_taken_up_once_more(surveys: Gateway) -> None:
    surveys.take(JOINED)
    temporal = Refusing()
    temporal.go_on.clear()

    async with relaying(surveys, temporal) as relay:
        await until(lambda: len(temporal.calls) > 1)
        surveys.take(BEN_JOINED)
        relay.wake()
        await until(lambda: len(temporal.calls) > 2)
        temporal.go_on.set()
        await until(all_are(surveys, "done"))

    assert len(temporal.calls) == 3  # whether it is there, Ana's start and Ben's


async def test_who_is_told_of_what_cannot_start_is_told_nothing(surveys: Gateway) -> None:
    surveys.take(JOINED, SURVEYED)
    temporal = Refusing(refusal(RPCStatusCode.INVALID_ARGUMENT, "WorkflowId is too long"))

    async with relaying(surveys, temporal):
        await until(lambda: outcomes(surveys) == ["poisoned", "gone"])

    assert len(temporal.calls) == 2
    assert temporal.told == []


async def test_temporal_is_asked_what_it_knows_whenever_it_was_away(surveys: Gateway) -> None:
    surveys.take(JOINED)
    temporal = Refusing(AWAY)

    async with relaying(surveys, temporal):
        await until(all_are(surveys, "done"))

    [first, start, again, *rest] = temporal.calls
    assert (first, again, rest) == ("here", "here", [start])


async def test_while_temporal_is_out_of_reach_from_here_another_carries(surveys: Gateway) -> None:
    surveys.take(JOINED, SURVEYED)
    here, there = Refusing(AWAY), Refusing()

    async with relaying(surveys, here):
        await until(lambda: len(here.calls) > 1)
        here.is_there.clear()
        async with relaying(surveys, there):
            await until(all_are(surveys, "done"))

    assert here.started == []
    assert len(there.told) == 1


async def test_what_another_carried_meanwhile_is_not_sent_once_more(surveys: Gateway) -> None:
    cases = [f"incident/{number}" for number in range(MOST_AT_ONCE + 10)]
    surveys.take(*(sent("joined", "contact/ana", case) for case in cases))
    here, there = Refusing(*[AWAY] * MOST_AT_ONCE), Refusing()
    here.go_on.clear()

    async with relaying(surveys, here):
        await until(lambda: len(here.calls) > MOST_AT_ONCE)  # and some more are in hand
        here.is_there.clear()
        here.go_on.set()
        async with relaying(surveys, there):
            await until(all_are(surveys, "done"))
        surveys.take(BEN_JOINED)
        here.is_there.set()
        await until(all_are(surveys, "done"))

    assert (len(there.started), len(here.started)) == (len(cases), 1)


async def test_who_is_not_sure_of_the_turn_any_more_carries_nothing_further(
    surveys: Gateway,
) -> None:
    surveys.take(JOINED, SURVEYED)
    here, another = Refusing(), turn_of(surveys.database)
    here.go_on.clear()

    async with relaying(surveys, here) as relay:
        await until(lambda: len(here.calls) > 1)
        await asyncio.to_thread(relay._turn.close)
        assert another.take()
        here.go_on.set()
        await until(lambda: outcomes(surveys) == ["done", None])
        another.close()

    assert (len(here.started), here.told) == (1, [])


async def test_who_queues_is_let_in_when_their_moment_has_come(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), rate_limit={"count": 1, "per": "hour"}))
    gateway.take(JOINED, BEN_JOINED)
    temporal = Refusing()

    async with relaying(gateway, temporal) as relay:
        await until(lambda: outcomes(gateway) == ["done", "held"])
        gateway.now += timedelta(hours=1)
        relay.wake()
        await until(all_are(gateway, "done"))

    with gateway.database.reading() as session:
        assert sorted(temporal.started) == sorted(row.workflow_id for row in instances(session))
