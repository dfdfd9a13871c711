"""A relay that finds Temporal with its hands full: it slows down, drops nothing, and recovers."""

from collections.abc import AsyncIterator

import pytest
import structlog
from temporalio.client import Client
from temporalio.service import RetryConfig
from temporalio.testing import WorkflowEnvironment

from api.pace import LONGEST_PAUSE, MOST_AT_ONCE, SHORTEST_PAUSE, Pace
from tests.conftest import TEMPORAL
from tests.intake.conftest import Gateway
from tests.intake.relaying import all_settled, outcomes, relayed
from tests.story import sent
from tests.world import journey, wait_for
from workflows.attributes import register_search_attributes
from workflows.definitions import data_converter

FEW_A_SECOND = ("frontend.namespaceRPS=25", "frontend.namespaceBurstRatio=1.0")
CASES = 60


def test_each_that_is_turned_away_halves_what_is_on_its_way_and_each_that_gets_through_adds_one() -> (
    None
):
    pace = Pace()
    pace.turned_away()
    pace.turned_away()
    pace.rest()
    assert pace.allowed == MOST_AT_ONCE // 4

    pace.got_through()
    assert pace.allowed == MOST_AT_ONCE // 4 + 1


def test_there_are_never_more_than_the_most_nor_less_than_one() -> None:
    pace = Pace()
    pace.got_through()
    assert pace.allowed == MOST_AT_ONCE

    for _ in range(100):
        pace.turned_away()
    pace.rest()
    assert pace.allowed == 1


def test_nothing_is_sent_before_a_rest_and_each_rest_is_longer_until_something_gets_through() -> (
    None
):
    pace = Pace()
    pace.turned_away()
    assert (pace.is_tired, pace.allowed) == (True, 0)

    rests = [pace.rest() for _ in range(20)]
    assert rests[:3] == [SHORTEST_PAUSE, SHORTEST_PAUSE * 2, SHORTEST_PAUSE * 4]
    assert rests[-1] == LONGEST_PAUSE

    pace.got_through()
    assert (pace.is_tired, pace.rest()) == (False, SHORTEST_PAUSE)


@pytest.fixture
async def slow_client(gateway: Gateway) -> AsyncIterator[Client]:
    """A client of a server that takes only some calls a second, and says so at once."""
    gateway.goes_live(journey(wait_for("surveyed")))
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=TEMPORAL,
        dev_server_log_level="never",
        dev_server_extra_args=[
            part for setting in FEW_A_SECOND for part in ("--dynamic-config-value", setting)
        ],
    ) as environment:
        await register_search_attributes(environment.client)
        yield await Client.connect(
            environment.client.service_client.config.target_host,
            retry_config=RetryConfig(max_retries=1),
            data_converter=data_converter(gateway.database),
        )


@pytest.mark.slow
async def test_what_temporal_has_no_hands_for_is_carried_later_and_nothing_is_dropped(
    gateway: Gateway, slow_client: Client
) -> None:
    cases = [f"incident/{number}" for number in range(CASES)]
    gateway.take(*(sent("joined", "contact/ana", case) for case in cases))
    gateway.take(*(sent("surveyed", "contact/ana", case) for case in cases))

    with structlog.testing.capture_logs() as said:
        await relayed(gateway, slow_client, all_settled(gateway))

    assert {entry["status"] for entry in said} == {"RESOURCE_EXHAUSTED"}
    assert outcomes(gateway) == ["done"] * (2 * CASES)
