"""DurableVisit: what a tile may ask of the world, answered by Temporal."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from temporalio import workflow

from activities.holding import Held
from activities.records import ReadFields
from activities.timeline import WriteDown
from journeys.hearing import PAUSED
from journeys.journey import digest, version_of
from journeys.localtime import PARTICIPANT_ZONE
from journeys.moving import MOVED, Moved, destination
from journeys.telling import Told, listenings
from journeys.tile import BaseTile, TileId
from journeys.trace import Ending, Left, Note, What
from journeys.visit import zone_of_participant
from workflows.acting import OF_THE_STORE, SOON_AGAIN
from workflows.attributes import JOURNEY_VERSION, NEXT_WAKE_AT, TILE, keyword, standing_on
from workflows.details import trail
from workflows.sending import Sending
from workflows.state import InstanceState

T = TypeVar("T")

_MANY_LINES = 200
"""How many lines are written down at the latest: a task of a workflow may take two seconds."""


class DurableVisit(Sending):
    """One participant on one tile after another, remembered by Temporal in between.

    Everything that lasts is in *state*. Before a wait, where the participant stands is shown in
    the search attributes and written into the store; what happens between waits is written by
    the next activity.
    """

    def __init__(self, content: bytes, state: InstanceState) -> None:
        self._content = content
        self._journey = version_of(content).journey
        self.state = state
        self._resumed = state.tile is not None and state.arrived_at is not None
        self._moving: bytes | None = None
        self._until: datetime | None = None
        self._earlier = state.next_note - 1  # lines that earlier runs of the workflow have written
        self._trail = list(state.notes)
        self._told_of: list[str] = []

    @property
    def arrived_at(self) -> datetime:
        return self.state.arrived_at or self.state.entered_at

    @property
    def zone(self) -> ZoneInfo:
        return self._journey.zone

    def arrive(self, tile: BaseTile) -> None:
        if self._resumed:  # continued as new while standing here: no second arrival
            self._resumed = False
            return
        self._leave_if_told(ahead=tile.id)
        self.state.tile, self.state.arrived_at = tile.id, self.now()
        self.state.heard.skip = False
        self.state.heard.arrive()
        self.state.local_zone = None
        self.state.visits[tile.id] = self.state.visits.get(tile.id, 0) + 1
        self.note("arrived")

    def note(
        self,
        what: What,
        *,
        target: str | None = None,
        why: str | None = None,
        values: Mapping[str, Any] | None = None,
        message: str | None = None,
    ) -> None:
        note = Note(
            at=self.now(),
            what=what,
            tile=self.state.tile,
            target=target,
            why=why,
            values=dict(values or {}),
            message=message,
        )
        if self._told_of and self._told_of[0] == what:
            del self._told_of[0]
        else:
            self.state.notes.append(note)
        self._show(note)

    def hear(self, told: Told) -> None:
        """Take in something that concerns this instance; a second telling counts once."""
        if self.state.heard.hear(told, self.state.tile, self.now()):
            self.note("goal", why=told.what)

    def move(self, content: bytes, told: Told) -> None:
        """Go on in the version that *content* is, from the next moment in which nothing is under way."""
        if told.id not in self.state.heard.seen:
            self.hear(told)
            self._moving = content

    async def go_over(self, moved: Moved) -> Ending:
        """Go on in the other version, or leave where it has no tile to go on from.

        What the store says of this instance changes here, in one transaction and with nothing
        else under way, so that activities always read the version that the workflow walks by.
        """
        ahead, heard = moved.ahead, self.state.heard
        while (content := self._moving) is not None:
            self._moving, version = None, version_of(content)
            to = destination(self._journey, version.journey, ahead or self.state.tile)
            if to is None:
                self.note("exited", why=MOVED)
                return Ending(status="exited", reason=MOVED)
            self.note("moved", target=to, why=f"version {version.number}")
            if ahead is not None or to != self.state.tile:
                self.state.tile, self.state.arrived_at, self.state.local_zone = to, None, None
            heard.keep({part for part, _ in listenings(version)})
            self._content, self._journey, ahead = content, version.journey, None
            workflow.upsert_search_attributes([JOURNEY_VERSION.value_set(version.number)])
            await self.write_down(digest=digest(content))
        return workflow.continue_as_new(args=[self._content, self.state])

    async def read(self, fields: Collection[str], watch: str | None = None) -> Mapping[str, Any]:
        wanted = sorted(fields)
        if not wanted:
            return {}
        values: dict[str, Any] = await workflow.execute_local_activity(
            "read-fields",
            ReadFields(
                instance_id=self.state.instance_id,
                fields=wanted,
                at=self.now(),
                brought=self.state.brought,
                visits=self.counted,
                watch=watch,
            ),
            result_type=dict[str, Any],
            start_to_close_timeout=OF_THE_STORE,
            retry_policy=SOON_AGAIN,
            summary=f"{self.state.tile}: read {', '.join(wanted)}"[:200],
        )
        return values

    async def local_zone(self) -> ZoneInfo:
        state = self.state
        if state.local_zone is None:  # a wait that was continued as new keeps what it began with
            named = (await self.read([PARTICIPANT_ZONE]))[PARTICIPANT_ZONE]
            state.local_zone = zone_of_participant(named, self).key
        return ZoneInfo(state.local_zone)

    async def sleep_until(self, moment: datetime) -> bool:
        heard = self.state.heard
        await self._hold(moment.astimezone(UTC), lambda: heard.replan)
        changed, heard.replan = heard.replan, False
        return not changed

    async def told(self, until: datetime, since: datetime | None = None) -> int | None:
        heard, tile = self.state.heard, self.state.tile or ""
        await self._hold(until, lambda: heard.met(tile, since) is not None)
        met = heard.met(tile, since)
        if met is None:
            return None
        told, index = met
        heard.use(told)
        if told.fired is not None:
            self.state.brought[tile] = told.fired
        return index

    async def _act(self, act: Callable[[], Awaitable[T | Held]]) -> T:
        """Do what acts on the world: *act* answers `Held` while it may not, and is done again then."""
        self._leave_if_told()
        while isinstance(done := await act(), Held):
            await self._stand_held(done.why)
        return done

    async def _stand_held(self, why: str) -> None:
        """Stand before a tile that acts until told to go on; leave, or continue as new, from here."""
        heard = self.state.heard
        too_long = workflow.info().is_continue_as_new_suggested
        if why == PAUSED and not heard.resumed:
            workflow.upsert_search_attributes(
                [TILE.value_set(keyword(self.state.tile or "")), NEXT_WAKE_AT.value_unset()]
            )
            self.note("held", why=why)
        while not heard.resumed:
            await self.write_down()
            await workflow.wait_condition(
                lambda: (
                    heard.resumed
                    or heard.leave is not None
                    or self._moving is not None
                    or bool(self.state.notes)  # a goal counts here too
                    or too_long()
                )
            )
            self._leave_if_told()
            if too_long() and not heard.resumed:
                workflow.continue_as_new(args=[self._content, self.state])
        heard.resumed = False

    async def write_down(self, ending: Ending | None = None, digest: str | None = None) -> None:
        """Write what is not written yet into the store, and how the instance ended, or where it goes on."""
        if not self.state.notes and not self._is_end_moved():
            return
        notes = list(self.state.notes)
        await workflow.execute_local_activity(
            "write-down",
            WriteDown(
                instance_id=self.state.instance_id,
                first=self.state.next_note,
                notes=notes,
                until=self._until,
                ending=ending,
                digest=digest,
            ),
            start_to_close_timeout=OF_THE_STORE,
            retry_policy=SOON_AGAIN,
            summary=f"{self.state.tile}: write down"[:200],
        )
        self._written(len(notes))
        self.state.until = self._until

    def _is_end_moved(self) -> bool:
        """Say whether the wait ends at another moment than the store says."""
        moved = self._until is not None and self._until != self.state.until
        return moved and workflow.patched("write-down-a-moved-end")  # recorded histories did not

    async def _hold(self, until: datetime, woken: Callable[[], bool]) -> None:
        """Stand here until *woken* or *until*; leave, or continue as new, from here."""
        self._leave_if_told()
        heard = self.state.heard
        if woken() or until <= self.now():
            if len(self.state.notes) >= _MANY_LINES:  # a loop over what was told long before
                await self.write_down()
            return
        self._until = until
        workflow.upsert_search_attributes(standing_on(self.state.tile or "", until))
        self._show(None)
        await self.write_down()
        too_long = workflow.info().is_continue_as_new_suggested
        with suppress(TimeoutError):  # the time has come
            await workflow.wait_condition(
                lambda: (
                    woken()
                    or heard.skip
                    or heard.leave is not None
                    or self._moving is not None
                    or too_long()
                ),
                timeout=max(until - self.now(), timedelta(0)),
                timeout_summary=f"{self.state.tile}: until {until:%Y-%m-%d %H:%M} UTC"[:200],
            )
        self._until = None
        self._leave_if_told()
        if too_long() and not woken() and not heard.skip and self.now() < until:
            workflow.continue_as_new(args=[self._content, self.state])
        heard.skip = False

    def _leave_if_told(self, ahead: TileId | None = None) -> None:
        """Leave the journey, or this version of it for another, before going on (to *ahead*)."""
        if self._told_of:  # an ending that is written stands
            return
        if self.state.heard.leave is not None:
            raise Left(self.state.heard.leave)
        if self._moving is not None:
            raise Moved(ahead)

    def _written(self, count: int) -> None:
        del self.state.notes[:count]
        self.state.next_note += count

    def _show(self, note: Note | None) -> None:
        if note is not None:
            self._trail.append(note)
        workflow.set_current_details(trail(self.state, self._trail, self._until, self._earlier))
