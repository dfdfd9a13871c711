"""Whatever comes, in any order, and wherever a gateway is killed: the store is as a simple model says.

The model is a page long: what it knows of a record is its state and version, and it counts. Kills
are of every sort there is: before the commit (nothing is written, and the sender sends again),
after it (the sender gets no answer, and sends again), and between Temporal and the outbox (the next
relay carries over once more).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event
from temporalio.client import Client

from api.errors import Conflict, Malformed
from api.gateway import Gateway as Routes
from api.relay import Relay
from api.routes.refused import replay
from journeys.changes import RecordChange
from store.commands import CommandRow, waiting
from store.inbox import InboxRow
from store.instances import InstanceRow
from store.refused import RefusedRow
from tests.intake.conftest import Gateway
from tests.intake.standin import StandIn
from tests.stores import Stores
from tests.story import changed
from tests.world import journey, wait

CASES = ("printer", "scanner")
MELTED = "Melted"


class Killed(BaseException):
    """The gateway is no more."""


def kill(*_: object) -> None:
    raise Killed


@dataclass
class Case:
    """What the model knows of a record."""

    state: int = 0
    version: int | None = None


@dataclass
class Model:
    """What the store has to hold after what came."""

    cases: dict[str, Case] = field(default_factory=lambda: {name: Case() for name in CASES})
    taken: set[str] = field(default_factory=set)
    entered: int = 0
    late: int = 0
    refused: int = 0
    replayed: set[str] = field(default_factory=set)

    def would_refuse(self, change: RecordChange) -> bool:
        """Say whether *change* cannot be taken in again: it is still wrong, or still late."""
        if change.id in self.taken:
            return False
        return change.values["statecode"] == MELTED or self._is_late(change)

    def _is_late(self, change: RecordChange) -> bool:
        known = self.cases[change.record_id].version
        return change.version is not None and known is not None and change.version < known

    def take(self, change: RecordChange) -> str:
        """Take *change* in, and say what became of it."""
        case, state = self.cases[change.record_id], change.values["statecode"]
        if change.id in self.taken:
            return "duplicate"
        if state == MELTED:
            self.refused += 1
            return "refused"
        self.taken.add(change.id or "")
        if self._is_late(change):
            self.late += 1
            return "accepted"
        self.entered += case.state != state
        case.state = state
        case.version = case.version if change.version is None else change.version
        return "accepted"


class LastOfTemporal(StandIn):
    """A Temporal that may be the last that a relay ever speaks to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers_left: int | None = None

    async def answer(self, _: str) -> None:
        if self.answers_left is not None:
            self.answers_left -= 1
            if self.answers_left < 0:
                raise Killed


changes = st.builds(
    lambda case, state, number, version: changed(
        f"incident/{case}", event_id=f"{case}-{number}", statecode=state
    ).model_copy(update={"version": version}),
    case=st.sampled_from(CASES),
    state=st.sampled_from((0, 1, 2, MELTED)),
    number=st.integers(1, 12),
    version=st.none() | st.integers(1, 6),
)
batches = st.lists(changes, min_size=1, max_size=4)


class Intake(RuleBasedStateMachine):
    """Gateways over one store, one after another, and what each sender knows."""

    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self._over = ExitStack()

    @initialize()
    def first_gateway(self) -> None:
        self.database = self._over.enter_context(self.stores.opened())
        self.model, self.temporal = Model(), LastOfTemporal()
        self.gateway = Gateway(self.database)
        self.gateway.goes_live(journey(wait(), trigger="case-changed", while_inside="restart"))

    @rule()
    def another_gateway(self) -> None:
        self.database.close()  # with its connections goes what was not committed
        now = self.gateway.now
        self.gateway = Gateway(self.database)
        self.gateway.now = now

    @rule(batch=batches)
    def changes_come(self, batch: list[RecordChange]) -> None:
        answer = self.gateway.take(*batch)

        became = Counter(self.model.take(change) for change in batch)
        assert (answer.accepted, answer.duplicates, len(answer.refused)) == (
            became["accepted"],
            became["duplicate"],
            became["refused"],
        )

    @rule(batch=batches)
    def killed_before_the_commit(self, batch: list[RecordChange]) -> None:
        with self._on("commit", kill), pytest.raises(Killed):
            self.gateway.take(*batch)
        self.another_gateway()

    @rule(batch=batches)
    def killed_before_the_answer(self, batch: list[RecordChange]) -> None:
        gateway = self.gateway
        gateway._intake.committed = kill
        before = self.model.entered
        for change in batch:
            self.model.take(change)

        if self.model.entered == before:  # nobody is woken
            gateway.take(*batch)
        else:
            with pytest.raises(Killed):
                gateway.take(*batch)
        self.another_gateway()

    @rule()
    def carried_over(self) -> None:
        asyncio.run(self._relayed())

    @rule(answers=st.integers(0, 3))
    def killed_before_it_is_written_down(self, answers: int) -> None:
        self.temporal.answers_left = answers
        asyncio.run(self._relayed())
        self.temporal.answers_left = None

    @precondition(lambda self: self.model.refused + self.model.late)
    @rule(
        data=st.data(),
        state=st.sampled_from((0, 1, 2, MELTED)),
        version=st.none() | st.integers(1, 6),
    )
    def replayed(self, data: st.DataObject, state: Any, version: int | None) -> None:
        row = data.draw(st.sampled_from(self._refused("bad input", "out of order")))
        body = row.change | {"values": {"statecode": state}, "version": version}
        change = RecordChange.model_validate(body)
        if row.reason == "out of order":
            change = change.model_copy(update={"id": f"replay of {row.id}"})
        if row.id in self.model.replayed:
            with pytest.raises(Conflict):
                self._replay(row, body)
        elif self.model.would_refuse(change):
            with pytest.raises(Malformed):
                self._replay(row, body)
        else:
            self._replay(row, body)
            self.model.replayed.add(row.id)
            self.model.take(change)

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        for name, case in self.model.cases.items():
            row = self.gateway.record(f"incident/{name}")
            assert (row.values["statecode"], row.version) == (case.state, case.version)
        assert len(self.gateway.rows(InstanceRow)) == self.model.entered
        assert len(self.gateway.rows(InboxRow)) == len(self.model.taken)
        assert len(self._refused("out of order")) == self.model.late
        assert len(self._refused("bad input")) == self.model.refused

    def teardown(self) -> None:
        """In the end Temporal knows of every instance, and each was told what it had to be, once."""
        asyncio.run(self._relayed())
        rows = {row.id: row.workflow_id for row in self.gateway.rows(InstanceRow)}
        commands = self.gateway.rows(CommandRow)
        assert sorted(self.temporal.started) == sorted(rows.values())
        assert Counter(workflow for workflow, _ in set(self.temporal.told)) == Counter(
            rows[each.instance_id] for each in commands if each.kind == "tell"
        )
        self._over.close()

    def _refused(self, *reasons: str) -> list[RefusedRow]:
        return [row for row in self.gateway.rows(RefusedRow) if row.reason in reasons]

    def _replay(self, row: RefusedRow, body: Any) -> None:
        routes = Routes(
            self.database, self.gateway._intake, cast("Client", None), self._ready, "http://here"
        )
        replay(row.id, routes, body)

    async def _ready(self) -> dict[str, str]:
        return {}

    async def _relayed(self) -> None:
        """Let a relay carry over what waits, or be killed at it."""
        relay = Relay(self.database, self.temporal.client, "nobody")
        running = asyncio.create_task(relay.run())
        while self._left_over() and not running.done():  # noqa: ASYNC110 - a store tells nobody
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def _left_over(self) -> bool:
        with self.database.reading() as session:
            return bool(waiting(session, 1))

    @contextmanager
    def _on(self, what: str, do: Callable[..., None]) -> Iterator[None]:
        event.listen(self.database.engine, what, do)
        try:
            yield
        finally:
            event.remove(self.database.engine, what, do)


@pytest.mark.slow
@pytest.mark.timeout(600)  # many stories in one test
def test_the_store_is_as_the_model_says(stores: Stores) -> None:
    machine = type("Intake", (Intake,), {"stores": stores})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
