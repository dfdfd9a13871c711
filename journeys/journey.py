"""Journey: what a marketer designs, and the versions in which it is published."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from journeys.changes import RecordRef, TriggerFired, Values
from journeys.condition import Condition
from journeys.facts import Facts, Lookup
from journeys.listening import Listening
from journeys.localtime import zone_named
from journeys.moments import Calendar
from journeys.problem import quoted
from journeys.related import Related, RelatedName, RelatedRecords
from journeys.table import as_text
from journeys.template import Template
from journeys.tile import TileId
from journeys.tiles import Tile
from journeys.trigger import Name

_VISITS = re.compile(
    rb"""tiles(?:\.|\[(?:\\\\?"|'))([A-Za-z0-9][A-Za-z0-9_-]*)(?:(?:\\\\?"|')\])?\.visits\b"""
)
"""How a version reads them, in conditions and in Liquid."""

_SPARELY: Any = {"mode": "json", "exclude_defaults": True, "by_alias": True}


def _known_zone(name: str) -> str:
    if zone_named(name) is None:
        raise ValueError(f"Expected a time zone such as Europe/Paris, but it is {quoted(name)}.")
    return name


class Repeat(BaseModel):
    """Whether a person may enter again: never, always, or a duration after their last entry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Literal["never", "always", "after"] = "always"
    duration: timedelta | None = Field(default=None, gt=timedelta(0))

    @model_validator(mode="after")
    def _duration_goes_with_after(self) -> "Repeat":
        if (self.policy == "after") != (self.duration is not None):
            raise ValueError('Expected a duration with policy "after" and none with the others.')
        return self


class RateLimit(BaseModel):
    """At most *count* people enter in any rolling hour or day; the rest queue in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(gt=0, le=1_000_000)
    per: Literal["hour", "day"]

    def next_entry(self, before: datetime | None, now: datetime) -> datetime:
        """Return when the next may enter, where *before* is the moment of the *count*th last entry."""
        period = timedelta(hours=1) if self.per == "hour" else timedelta(days=1)
        return now if before is None else max(now, before + period)


class Entry(BaseModel):
    """The rule by which people start: a trigger, a filter, who is excluded, how often, and when.

    *while_inside* says what happens when an earlier instance of the person is still inside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trigger: Name
    filter: Condition | None = None
    exclude: Condition | None = None
    repeat: Repeat = Repeat()
    while_inside: Literal["allow", "skip", "restart"] = "allow"
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    rate_limit: RateLimit | None = None


class Target(BaseModel):
    """How often the goal should be reached: by how many people, or by which percentage of entries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int | None = Field(default=None, gt=0)
    percent: float | None = Field(default=None, gt=0, le=100)


class Goal(Listening):
    """The measured success; the participant leaves on it only where *ends* says so."""

    target: Target | None = None
    ends: bool = False


class Exit(Listening):
    """A trigger on which the participant leaves, wherever they stand."""

    reason: str | None = None


class Journey(BaseModel):
    """A journey: who enters, the tiles they pass in reading order, the goal, and when they leave early.

    *related* are records that point to the person or to another record, read as `related.<name>.…`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    title: str = ""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    entry: Entry
    goal: Goal | None = None
    exits: tuple[Exit, ...] = ()
    if_record_deleted: Literal["exit", "continue"] = "exit"
    related: dict[RelatedName, Related] = {}
    tiles: tuple[Tile, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Tile]:
        return {tile.id: tile for tile in self.tiles}

    @property
    def first(self) -> TileId | None:
        return self.tiles[0].id if self.tiles else None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def draft(self) -> dict[str, Any]:
        """Return this journey as JSON, without the settings that are as they are by themselves."""
        draft = self.model_dump(**_SPARELY)
        for drawn, tile in zip(draft.get("tiles", ()), self.tiles, strict=False):
            drawn["kind"] = tile.kind  # a default of its class, yet what a tile is read by
        return draft


class Version(BaseModel):
    """A journey as it was published, with the templates it sends. It never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    journey: Journey
    templates: dict[str, Template] = {}

    def facts(
        self,
        person: RecordRef,
        binding: RecordRef | None,
        trigger: Values,
        lookup: Lookup,
        *,
        event: TriggerFired | None = None,
        tiles: Mapping[str, Values | RecordRef] | None = None,
        visits: Mapping[str, int] | None = None,
        now: datetime,
    ) -> Facts:
        """Return what one instance of this version may read.

        *trigger* are the values that let it in, *event* the trigger being judged, *tiles* what
        its tiles brought, *visits* how often they were come to. Related records are chosen as of
        *now*.
        """
        named = {"name": self.journey.name, "title": self.journey.title, "version": self.number}
        roots: dict[str, Any] = {
            "trigger": trigger,
            "record": binding,
            "person": person,
            "tiles": {**{tile: {} for tile in visits or {}}, **(tiles or {})},
            "journey": named,
            "now": as_text(now),
        }
        if event is not None:
            roots["event"] = event.facts
        if self.journey.related:
            given, calendar = Facts(dict(roots), lookup, visits), Calendar(now, self.journey.zone)
            roots["related"] = RelatedRecords(self.journey.related, given, calendar)
        return Facts(roots, lookup, visits)

    def as_bytes(self) -> bytes:
        """Return the one spelling of this version: the same version is the same bytes."""
        templates = {name: each.model_dump(**_SPARELY) for name, each in self.templates.items()}
        content = {"number": self.number, "journey": self.journey.draft(), "templates": templates}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def digest(version: bytes) -> str:
    """Return the name of a version by its content."""
    return hashlib.sha256(version).hexdigest()


@lru_cache(maxsize=512)
def version_of(content: bytes) -> Version:
    """Read a published version; one reading serves every instance in this process."""
    return Version.model_validate_json(content)


@lru_cache(maxsize=512)
def counted(content: bytes) -> frozenset[str]:
    """Return the tiles of which a published version reads how often they were visited."""
    return frozenset(tile.decode() for tile in _VISITS.findall(content))


def draft_from(trigger: str, name: str, title: str = "") -> dict[str, Any]:
    """Return the draft with which a journey begins: entered by *trigger*, no tiles yet."""
    return {"name": name, "title": title, "entry": {"trigger": trigger}, "tiles": []}
