"""Fire triggers and write records for an instance, through the door by which every change comes in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel
from sqlmodel import Session
from temporalio import activity

from activities.holding import Held, held
from activities.homes import home_of
from activities.records import of_instance
from journeys.acts import Actor
from journeys.changes import RecordChange, SentTrigger
from journeys.finding import found
from journeys.saying import Saying
from journeys.visit import Effect, Writing
from store.brought import BroughtRow, keep_brought
from store.catalogue import Current, catalogue

T = TypeVar("T")


@runtime_checkable
class TakenIn(Protocol):
    """What became of what was taken in."""

    @property
    def refused(self) -> Sequence[Mapping[str, Any]]:
        """The items that were refused, each with its *problem*."""


class Door(Protocol):
    """Where changes are taken in; the gateway's own."""

    def take_made(
        self, make: Callable[[Session], RecordChange | SentTrigger | T], at: datetime
    ) -> TakenIn | T:
        """Take in what *make* makes, at the moment *at* and in one transaction with it.

        Anything else that it makes is returned, and nothing is taken in.
        """


class Act(BaseModel):
    """Who acts on which tile: *key* is of this visit, *depth* how deep it is in a chain.

    *brought* and *visits* are those of `ReadFields`.
    """

    instance_id: str
    tile: str
    key: str
    at: datetime
    depth: int
    brought: dict[str, str] = {}
    visits: dict[str, int] = {}


class FireTrigger(Act):
    """A custom trigger, with attributes as they were drawn, about the record of field *binding*."""

    trigger: str
    attributes: dict[str, Any]
    binding: str | None


class WriteRecord(Act):
    """A record to create in table *where*, or to update where that field leads, with values as drawn.

    An upsert is of the record in table *where* that is *found_by* its values in these columns.
    """

    operation: Writing
    where: str
    values: dict[str, Any]
    found_by: list[str] = []


class Elsewhere(BaseModel):
    """The answer of an activity that wrote nothing, since the records of *table* live in another system."""

    table: str


class Acts:
    """The activities by which instances fire triggers and write records.

    What is done again has the same key, and counts once.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._catalogue = Current(catalogue)

    @activity.defn(name="fire-trigger")
    def fire_trigger(self, order: FireTrigger) -> Effect | Held:
        return self.do(
            order,
            lambda actor, saying, _: actor.fires(
                order.trigger, order.attributes, order.binding, saying
            ),
        )

    @activity.defn(name="write-record")
    def write_record(self, order: WriteRecord) -> Effect | Held | Elsewhere:
        def make(actor: Actor, saying: Saying, session: Session) -> RecordChange | Elsewhere:
            change = actor.writes(order.operation, order.where, order.values, saying)
            if home_of(session, change.table) is not None:
                return Elsewhere(table=change.table)
            if order.found_by:
                table = saying.tables[order.where]
                change = found(change, order.found_by, table, saying.facts.lookup)
            _bring(session, order, change)
            return change

        return self.do(order, make)

    def take(self, order: Act, written: RecordChange) -> Effect:
        """Take in what was *written* elsewhere: it stands, whatever became of the instance since."""

        def made(session: Session) -> RecordChange:
            _bring(session, order, written)
            return written

        taken: TakenIn = self._door.take_made(made, order.at)
        return _effect(taken)

    def do(
        self, order: Act, make: Callable[[Actor, Saying, Session], RecordChange | SentTrigger | T]
    ) -> Effect | Held | T:
        """Take in what *make* makes for an instance, unless it is held; anything else is returned."""

        def made(session: Session) -> RecordChange | SentTrigger | Effect | Held | T:
            if standing := held(session, order.instance_id, order.tile):
                return standing
            instance, version, readable = of_instance(
                session, order.instance_id, order.brought, order.at, visits=order.visits
            )
            saying = Saying.of(version, readable, self._catalogue.now(session))
            actor = Actor(instance.journey, instance.person, order.key, order.depth, order.at)
            try:
                return make(actor, saying, session)
            except ValueError as error:
                return Effect(done=False, reason=str(error))

        taken: TakenIn | Effect | Held | T = self._door.take_made(made, order.at)
        return _effect(taken) if isinstance(taken, TakenIn) else taken


def _bring(session: Session, order: Act, change: RecordChange) -> None:
    """Let the record of *change* be read as what this visit brought."""
    row = BroughtRow(
        id=order.key,
        instance=order.instance_id,
        tile=order.tile,
        record=str(change.record),
        at=order.at,
    )
    keep_brought(session, row)


def _effect(taken: TakenIn) -> Effect:
    problems = [str(refused["problem"]) for refused in taken.refused]
    return Effect(done=not problems, reason=" ".join(problems) or None)
