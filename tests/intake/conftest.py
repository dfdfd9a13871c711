"""What the intake's tests begin with: the small world in a store, and the door to it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, col, select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.intake import Intake
from api.sending import Answer, Item
from journeys.changes import RecordRef
from store.commands import CommandRow
from store.database import Database
from store.instances import instances
from store.records import RecordRow
from store.refused import RefusedRow
from tests.durable import write_down
from tests.story import MONDAY, Story
from tests.virtual import VirtualStory
from tests.world import WORLD, Drawn, journey, wait_for
from workflows.definitions import data_converter


class Gateway:
    """The intake of a store that holds the small world, and what it wrote there."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.world: Story = VirtualStory()
        self.world.tells_of(WORLD)
        self.now = MONDAY
        self.woken = 0
        self._intake = Intake(database, lambda: self.now, self._wake)

    def waits_for_people(self, minutes: int) -> None:
        """Let triggers wait so long for a person nobody has told us of."""
        wait = timedelta(minutes=minutes)
        self._intake = Intake(self.database, lambda: self.now, self._wake, wait)

    def _wake(self) -> None:
        self.woken += 1

    def goes_live(self, drawn: Drawn) -> None:
        """Put the world into the store, with the journey *drawn* live."""
        write_down(self.database, self.world, self.world.published(drawn))

    def passes(self, minutes: int) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    def take(self, *items: Item) -> Answer:
        """Take *items* in, a minute after what was taken in before."""
        self.now += timedelta(minutes=1)
        return self._intake.take(items)

    def gives_up(self) -> None:
        """Refuse what has waited long enough for its person, as the relay asks again and again."""
        self._intake.give_up()

    def rows(self, kind: type[SQLModel]) -> Sequence[Any]:
        """Return all rows of *kind*."""
        with self.database.reading() as session:
            return session.exec(select(kind)).all()

    def record(self, ref: str) -> RecordRow:
        """Return the mirror's row of *ref*."""
        with self.database.reading() as session:
            return session.get_one(RecordRow, tuple(RecordRef.parse(ref)))

    @property
    def entered(self) -> list[str]:
        """Who entered, in order."""
        with self.database.reading() as session:
            return [row.person_id for row in reversed(instances(session))]

    @property
    def commands(self) -> list[str]:
        """What Temporal has to be told, in order."""
        with self.database.reading() as session:
            return list(session.exec(select(CommandRow.kind).order_by(col(CommandRow.id))).all())

    @property
    def refused(self) -> list[tuple[str, str]]:
        """What was refused: the reason and the sentence."""
        return sorted((row.reason, row.problem) for row in self.rows(RefusedRow))


@pytest.fixture
def gateway(database: Database) -> Gateway:
    """An intake in the small world."""
    return Gateway(database)


@pytest.fixture
def database_kind(either_database: str) -> str:
    """Every story is tried on SQLite and on PostgreSQL."""
    return either_database


@pytest.fixture
def temporal_client(temporal: WorkflowEnvironment, gateway: Gateway) -> Client:
    """A client of the real server; nobody works on what it starts."""
    settings = temporal.client.config()
    settings["data_converter"] = data_converter(gateway.database)
    return Client(**settings)


@pytest.fixture
def client(temporal_client: Client, gateway: Gateway) -> Client:
    """The same client; who joins is to be surveyed."""
    gateway.goes_live(journey(wait_for("surveyed"), goal={"trigger": "surveyed"}))
    return temporal_client
