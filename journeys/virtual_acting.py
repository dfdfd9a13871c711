"""VirtualActing: what a tile may bring about beyond messages, on a simulation's clock."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from journeys.acts import Actor, key_of
from journeys.calling import Request, answered, host_of, request_of
from journeys.chance import number_of
from journeys.changes import RecordChange, RecordRef, SentTrigger, Values
from journeys.facts import Facts
from journeys.finding import found
from journeys.given import Given
from journeys.journey import Version
from journeys.parting import Parting, Way
from journeys.problem import Problem, Problems, pointer
from journeys.routing import Routes
from journeys.saying import Saying
from journeys.telling import Standing
from journeys.tile import BaseTile
from journeys.virtual_parting import Partings
from journeys.visit import Answered, Effect, Method, Writing

Reply = Callable[[str, Request], tuple[int, Any]]
"""What the endpoint of a tile answers in a simulation: the status, and the JSON of the body."""


def always_fine(tile: str, request: Request) -> tuple[int, Any]:
    """Answer 200, and nothing else."""
    return 200, {}


class ActingWorld(Protocol):
    """What acting needs of the simulation it takes place in."""

    @property
    def now(self) -> datetime:
        """The present moment of the simulation."""

    @property
    def partings(self) -> Partings:
        """The ways taken so far."""

    @property
    def routes(self) -> Routes:
        """What may concern whom, with the catalogue it was made of."""

    def take_in(self, what: RecordChange | SentTrigger) -> None:
        """Let *what* happen now; raise `Problems` where it is not as it should be."""

    @property
    def reply(self) -> Reply:
        """What endpoints answer."""

    @property
    def choices(self) -> Mapping[str, str]:
        """The ways to take, by tile, where they are not left to chance."""


def wrong_choices(
    choices: Mapping[str, str], journeys: Iterable[Iterable[BaseTile]]
) -> Iterator[Problem]:
    """Yield the *choices* that no tile of any of the *journeys* leaves."""
    left = {(tile.id, way) for tiles in journeys for tile in tiles for way in tile.choices}
    for tile, way in choices.items():
        if (tile, way) not in left:
            said = f"Expected a way that a tile {tile!r} leaves to choose, but {way!r} is none."
            yield Problem(path=pointer("choices", tile), message=said, tile=tile)


class VirtualActing(ABC):
    """The part of `VirtualVisit` by which a tile acts."""

    def __init__(
        self, world: ActingWorld, version: Version, standing: Standing, depth: int
    ) -> None:
        self._world = world
        self._version = version
        self.standing = standing
        self._depth = depth
        self._tile: str | None = None
        self._visits: Counter[str] = Counter()
        self._brought: dict[str, Values | RecordRef] = {}
        self.goal_reached_at: datetime | None = None

    @property
    def visits(self) -> int:
        return self._visits[self._tile or ""]

    @property
    def number(self) -> float:
        return number_of(self.standing.id, self._tile or "")

    @property
    def forced(self) -> str | None:
        return self._world.choices.get(self._tile or "")

    def now(self) -> datetime:
        return self._world.now

    async def take(self, parting: Parting) -> Way:
        await self._may_act()
        journey, mine = self.standing.journey, self.standing.id
        return self._world.partings.take(journey, parting, mine, self.now())

    async def fire(
        self, trigger: str, attributes: Mapping[str, Given], binding: str | None
    ) -> Effect:
        return await self._act(
            lambda: self._actor.fires(trigger, attributes, binding, self._saying)
        )

    async def write(
        self,
        operation: Writing,
        where: str,
        values: Mapping[str, Given],
        found_by: Collection[str] = (),
    ) -> Effect:
        def made() -> RecordChange:
            saying = self._saying
            change = self._actor.writes(operation, where, values, saying)
            if not found_by:
                return change
            return found(change, found_by, saying.tables[where], saying.facts.lookup)

        return await self._act(made)

    async def call(
        self,
        method: Method,
        url: str,
        body: Mapping[str, Given] | None,
        secret: str,
        time_limit: timedelta,
    ) -> Answered:
        await self._may_act()
        try:
            given = None if body is None else dict(body)
            request = request_of(method, url, given, self._saying)
        except ValueError as error:
            return Answered(done=False, reason=str(error))
        status, content = self._world.reply(self._tile or "", request)
        self._brought[self._tile or ""] = {"status": status, "body": content}
        return answered(host_of(url), status)

    async def _act(self, make: Callable[[], RecordChange | SentTrigger]) -> Effect:
        await self._may_act()
        try:
            made = make()
            self._world.take_in(made)
        except ValueError as error:
            return Effect(done=False, reason=why(error))
        if isinstance(made, RecordChange):
            self._brought[self._tile or ""] = made.record
        return Effect(done=True)

    @property
    def _actor(self) -> Actor:
        mine = self.standing
        key = key_of(mine.id, self._tile or "", self.visits)
        return Actor(mine.journey, mine.person, key, self._depth, self.now())

    @property
    def _saying(self) -> Saying:
        return Saying.of(self._version, self._facts(), self._world.routes.catalogue)

    @abstractmethod
    def _facts(self) -> Facts:
        """Return what may be read now."""

    @abstractmethod
    async def _may_act(self) -> None:
        """Return once a tile may act; raise `Left` where the participant is to leave."""


def why(error: ValueError) -> str:
    """Return the sentence, or the sentences, of what kept an act from being done."""
    problems = error.problems if isinstance(error, Problems) else ()
    return " ".join(problem.message for problem in problems) or str(error)
