"""VirtualVisit: what a tile may ask of the world, answered on a simulation's clock."""

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol, cast, get_args
from zoneinfo import ZoneInfo

from journeys.changes import RecordRef, Values
from journeys.entering import RATE_LIMIT, Start
from journeys.facts import Facts, Lookup
from journeys.field import holder
from journeys.hearing import PAUSED, Hearing
from journeys.journey import Journey, Version
from journeys.localtime import participant_zone
from journeys.moving import MOVED, Moved, destination
from journeys.sending import Expiry
from journeys.table import as_text
from journeys.telling import Standing, Told, listenings
from journeys.tile import BaseTile, TileId
from journeys.trace import Ending, Left, Note, What
from journeys.virtual_acting import ActingWorld, VirtualActing
from journeys.visit import Outcome, Unsent, Ways, zone_of_participant
from journeys.walk import walk


class World(ActingWorld, Protocol):
    """What a virtual visit needs of the simulation it takes place in."""

    @property
    def lookup(self) -> Lookup:
        """What is known of records as they are now."""

    def entered_by(self, instance: Standing) -> Values:
        """Return the values that let *instance* in."""

    def values_of(self, fired_id: str) -> Values:
        """Return the values of a fired trigger, the old ones below `before`."""

    def deliver(
        self, version: Version, channel: str, template: str, person: RecordRef, facts: Facts
    ) -> Outcome:
        """Return what becomes of a message."""

    def is_paused(self, journey: str) -> bool:
        """Say whether *journey* is paused."""

    def count_visit(self) -> None:
        """Count an arrival on a tile; raise where it is one too many."""


class _Pause:
    """Lets the clock of the simulation go on."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class VirtualVisit(VirtualActing):
    """One participant on one tile after another, on the simulation's clock.

    *enters_at* is when one who queues enters; *sent* when each tile last sent them its message.
    """

    _world: World

    def __init__(self, world: World, version: Version, standing: Standing, depth: int = 1) -> None:
        super().__init__(world, version, standing, depth)
        self.until: datetime | None = None
        self.trace: list[Note] = []
        self.watching: RecordRef | None = None
        self.enters_at: datetime | None = None
        self.sent: dict[str, datetime] = {}
        self._moving: Version | None = None
        self._stays = False
        self._reached: str | None = None
        self._heard = Hearing()
        self._arrived_at = world.now

    @property
    def arrived_at(self) -> datetime:
        return self._arrived_at

    @property
    def zone(self) -> ZoneInfo:
        return self._version.journey.zone

    @property
    def journey(self) -> Journey:
        """The journey by which they walk."""
        return self._version.journey

    @property
    def is_leaving(self) -> bool:
        """Whether the participant has been told to leave."""
        return self._heard.leave is not None

    async def enter(self, start: Start) -> None:
        """Enter the journey at the moment that is given; raise `Left` when told to leave before.

        One who queues for the rate limit has entered once it lets them; one who queues because
        the journey is paused has entered, and starts when it is resumed.
        """
        paced = self._version.journey.entry.rate_limit is not None
        self.enters_at = start.at
        held = PAUSED if self._is_paused else RATE_LIMIT if start.at > self.now() else None
        if held and paced:
            self.note("held", why=held)
        if not paced:
            self.note("entered", why=start.fired.trigger, values=start.seen)
        if held and not paced:
            self.note("held", why=held)
        if held and start.told is not None:
            self.hear(start.told)
            self._leave_if_told()
        while self._is_paused or self.now() < self.enters_at:
            self.until = None if self._is_paused else self.enters_at
            await _Pause()
            self._leave_if_told()
        self.until = self.enters_at = None
        if paced:
            self.note("entered", why=start.fired.trigger, values=start.seen)
        if self._reached is not None:
            self._reach(self._reached)
        if start.told is not None:
            self.hear(start.told)

    def move(self, version: Version) -> None:
        """Go on in *version* from the next moment on; what concerns it concerns them at once."""
        self.standing = replace(self.standing, version=version.number)
        if self.enters_at is None:
            self._moving = version
        else:
            self._version = version

    def go_over(self, moved: Moved) -> TileId | None:
        """Return the tile of the other version to go on from; None where there is none."""
        before, after = self._version.journey, self._moving or self._version
        to = destination(before, after.journey, moved.ahead or self._tile)
        if to is None:
            return None
        self.note("moved", target=to, why=f"version {after.number}")
        self._stays = moved.ahead is None and to == self._tile
        self._heard.keep({part for part, _ in listenings(after)})
        self._version, self._moving = after, None
        return to

    def arrive(self, tile: BaseTile) -> None:
        if self._stays:  # moved to another version while standing here: no second arrival
            self._stays = False
            return
        self._leave_if_told(ahead=tile.id)
        self._world.count_visit()
        self._tile, self._arrived_at = tile.id, self.now()
        self._heard.arrive()
        self._visits[tile.id] += 1
        self.note("arrived")

    def depart(self) -> None:
        """Stand nowhere any more: what is told from now on is told to one who has left."""
        self._tile = None

    def note(
        self,
        what: What,
        *,
        target: str | None = None,
        why: str | None = None,
        values: Mapping[str, Any] | None = None,
        message: str | None = None,
    ) -> None:
        self.trace.append(
            Note(
                at=self.now(),
                what=what,
                tile=self._tile,
                target=target,
                why=why,
                values=dict(values or {}),
                message=message,
            )
        )

    def hear(self, told: Told) -> None:
        """Take in something that concerns this instance; a goal counts from its entry on."""
        if not self._heard.hear(told, self._tile, self.now()):
            return
        if self.enters_at is not None and self._version.journey.entry.rate_limit is not None:
            self._reached = told.what
        else:
            self._reach(told.what)

    def _reach(self, what: str) -> None:
        self.goal_reached_at = self.now()
        self._world.partings.reaches(self.standing.id, "goal", self.now())
        self.note("goal", why=what)

    async def read(self, fields: Collection[str], watch: str | None = None) -> Mapping[str, Any]:
        facts = self._facts()
        if watch is not None:
            self.watching = RecordRef.of(facts.read(holder(watch)))
        return {name: facts.read(name) for name in sorted(fields)}

    async def local_zone(self) -> ZoneInfo:
        table = self._world.routes.catalogue.tables.get(self.standing.person.table)
        return zone_of_participant(participant_zone(table, self._facts().read), self)

    async def sleep_until(self, moment: datetime) -> bool:
        await self._hold(moment, lambda: self._heard.replan)
        changed, self._heard.replan = self._heard.replan, False
        return not changed

    async def told(self, until: datetime, since: datetime | None = None) -> int | None:
        tile = self._tile or ""
        await self._hold(until, lambda: self._heard.met(tile, since) is not None)
        met = self._heard.met(tile, since)
        if met is None:
            return None
        told, index = met
        self._heard.use(told)
        if told.fired is not None:
            self._brought[tile] = self._world.values_of(told.fired)
        return index

    async def send(
        self, channel: str, template: str, ways: Ways, expires: Expiry | None = None
    ) -> Outcome:
        await self._may_act()
        if self.forced in get_args(Unsent):
            return Outcome(status=cast("Unsent", self.forced), reason="as the scenario says")
        read = self._facts().read
        end = None if expires is None else expires.moment(self.arrived_at, read, self.zone)
        if end is not None and end <= self.now():
            return Outcome(status="expired", reason=f"since {as_text(end)}")
        outcome = self._world.deliver(
            self._version, channel, template, self.standing.person, self._facts()
        )
        if outcome.status == "sent":
            self.sent[self._tile or ""] = self.now()
        return outcome

    async def _may_act(self) -> None:
        self._leave_if_told()
        if self._is_paused:
            self.note("held", why=PAUSED)
        while self._is_paused:
            await _Pause()
            self._leave_if_told()

    @property
    def _is_paused(self) -> bool:
        return self._world.is_paused(self.standing.journey)

    def _facts(self) -> Facts:
        return self._version.facts(
            self.standing.person,
            self.standing.binding,
            self._world.entered_by(self.standing),
            self._world.lookup,
            tiles=self._brought,
            visits=self._visits,
            now=self.now(),
        )

    async def _hold(self, until: datetime, woken: Callable[[], bool]) -> None:
        self._leave_if_told()
        self.until = until.astimezone(UTC)
        while not woken() and self.now() < until:
            await _Pause()
            self._leave_if_told()
        self.until = None

    def _leave_if_told(self, ahead: TileId | None = None) -> None:
        """Leave the journey, or this version of it for another, before going on (to *ahead*)."""
        if self._heard.leave is not None:
            raise Left(self._heard.leave)
        if self._moving is not None:
            raise Moved(ahead)


async def enter_and_walk(start: Start, visit: VirtualVisit) -> Ending:
    """Let somebody queue for their entry, if they have to, and then lead them through the journey."""
    try:
        await visit.enter(start)
    except Left as left:
        visit.note("exited", why=left.reason)
        return Ending(status="exited", reason=left.reason)
    here = visit.journey.first
    while True:
        try:
            return await walk(visit.journey, visit, here)
        except Moved as moved:
            here = visit.go_over(moved)
        if here is None:
            visit.note("exited", why=MOVED)
            return Ending(status="exited", reason=MOVED)
