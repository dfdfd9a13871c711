"""Visit: what a tile may ask of the world, on Temporal and on the virtual clock alike."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from journeys.given import Given
from journeys.localtime import PARTICIPANT_ZONE, zone_named
from journeys.parting import Parting, Way
from journeys.sending import Expiry
from journeys.trace import What

Ways = Mapping[str, str | None]
"""The tile to which each outcome of a message leads; None completes the journey."""


Unsent = Literal["blocked", "failed", "expired"]
"""What becomes of a message that is not sent."""


class Outcome(BaseModel):
    """What became of a message: *sent*, or not and why."""

    model_config = ConfigDict(frozen=True)

    status: Literal["sent"] | Unsent
    reason: str | None = None
    message: str | None = None


Method = Literal["POST", "PUT", "GET"]

Writing = Literal["create", "update", "upsert"]
"""What a tile does to a record; `upsert`: it updates one that is there, and else creates it."""


class Effect(BaseModel):
    """What became of something that a tile did: *done*, or not and why."""

    model_config = ConfigDict(frozen=True)

    done: bool
    reason: str | None = None


class Answered(Effect):
    """What became of a call: *done* where the answer's *status* says so, None where there was no answer."""

    status: int | None = None


class Visit(Protocol):
    """One participant on one tile, from arrival to departure.

    Every verb that waits raises `Left` when the participant has to leave the journey. A kind
    waits at most once: after a long wait it may be run again from its start, with the same
    `arrived_at` and everything it was told still there.
    """

    @property
    def arrived_at(self) -> datetime:
        """When the participant arrived on this tile, in UTC."""

    @property
    def zone(self) -> ZoneInfo:
        """The journey's time zone."""

    @property
    def visits(self) -> int:
        """How often the participant has come to this tile, this time included."""

    @property
    def number(self) -> float:
        """The instance's own number for this tile, from 0 to below 100 (see `chance`)."""

    @property
    def forced(self) -> str | None:
        """The way that a simulation was told to take here, one of the tile's `choices`."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""

    async def read(self, fields: Collection[str], watch: str | None = None) -> Mapping[str, Any]:
        """Return the values of *fields* as they are now; None where one is empty or missing.

        When *watch*, one of them, changes on the record it was read from, `sleep_until` returns.
        """

    async def local_zone(self) -> ZoneInfo:
        """Return the participant's time zone as it was when first asked for on this tile.

        Where their record has none, or none there is, that is noted and the journey's holds.
        """

    async def sleep_until(self, moment: datetime) -> bool:
        """Return True once *moment* is reached, False when a date the tile reads has changed before."""

    async def told(self, until: datetime, since: datetime | None = None) -> int | None:
        """Return which of the tile's listenings was met (0 the first), or None at *until*.

        One that was met since entry counts at once (since *since*, where given); it is used up
        by the first tile it met.
        """

    async def send(
        self, channel: str, template: str, ways: Ways, expires: Expiry | None = None
    ) -> Outcome:
        """Send a message to the participant, if it has not expired; *ways* is where each outcome leads."""

    async def take(self, parting: Parting) -> Way:
        """Return the way that *parting*, this tile, decides on; it counts from now on."""

    async def fire(
        self, trigger: str, attributes: Mapping[str, Given], binding: str | None
    ) -> Effect:
        """Fire a custom trigger for the participant, about the record that field *binding* leads to."""

    async def write(
        self,
        operation: Writing,
        where: str,
        values: Mapping[str, Given],
        found_by: Collection[str] = (),
    ) -> Effect:
        """Create a record in the table *where*, or update the one that the field *where* leads to.

        An upsert is of the record in the table *where* that is *found_by* its values in these
        columns. The tile brings that record from now on.
        """

    async def call(
        self,
        method: Method,
        url: str,
        body: Mapping[str, Given] | None,
        secret: str,
        time_limit: timedelta,
    ) -> Answered:
        """Call an endpoint, signed with *secret*; the tile brings its answer from now on."""

    def note(
        self,
        what: What,
        *,
        target: str | None = None,
        why: str | None = None,
        values: Mapping[str, Any] | None = None,
        message: str | None = None,
    ) -> None:
        """Write a line into the instance's timeline."""


def zone_of_participant(named: Any, visit: Visit) -> ZoneInfo:
    """Return the time zone *named* in the participant's record, else note why the journey's holds."""
    zone = zone_named(named)
    if zone is None:
        why = "no time zone" if named in (None, "") else "unknown time zone"
        visit.note(
            "decided", why=f"{why}, so the journey's holds", values={PARTICIPANT_ZONE: named}
        )
    return zone or visit.zone
