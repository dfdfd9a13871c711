"""Fire triggers and write records for an instance, through the door by which every change comes in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel
from sqlmodel import Session
from temporalio import activity

from activities.holding import Held, held
from activities.records import of_instance
from journeys.acts import Actor
from journeys.changes import RecordChange, SentTrigger
from journeys.saying import Saying
from journeys.visit import Effect
from store.brought import BroughtRow, keep_brought
from store.catalogue import Current, catalogue

T = TypeVar("T")


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
    """A record to create in table *where*, or to update where that field leads, with values as drawn."""

    operation: Literal["create", "update"]
    where: str
    values: dict[str, Any]


class Acts:
    """The activities by which instances fire triggers and write records.

    What is done again has the same key, and counts once.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._catalogue = Current(catalogue)

    @activity.defn(name="fire-trigger")
    def fire_trigger(self, order: FireTrigger) -> Effect | Held:
        return self._act(
            order,
            lambda actor, saying, _: actor.fires(
                order.trigger, order.attributes, order.binding, saying
            ),
        )

    @activity.defn(name="write-record")
    def write_record(self, order: WriteRecord) -> Effect | Held:
        def make(actor: Actor, saying: Saying, session: Session) -> RecordChange:
            change = actor.writes(order.operation, order.where, order.values, saying)
            row = BroughtRow(
                id=order.key,
                instance=order.instance_id,
                tile=order.tile,
                record=str(change.record),
                at=order.at,
            )
            keep_brought(session, row)
            return change

        return self._act(order, make)

    def _act(
        self, order: Act, make: Callable[[Actor, Saying, Session], RecordChange | SentTrigger]
    ) -> Effect | Held:
        def made(session: Session) -> RecordChange | SentTrigger | Effect | Held:
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

        taken: TakenIn | Effect | Held = self._door.take_made(made, order.at)
        if isinstance(taken, Effect | Held):
            return taken
        problems = [str(refused["problem"]) for refused in taken.refused]
        return Effect(done=not problems, reason=" ".join(problems) or None)
