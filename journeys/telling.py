"""Telling: how a happening concerns an instance that is under way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from journeys.changes import RecordChanged, RecordRef, TriggerFired, Values
from journeys.condition import judge
from journeys.equality import likeness
from journeys.facts import Facts, Lookup, Read
from journeys.field import steps_of
from journeys.journey import Version
from journeys.listening import CONDITION_HOLDS, Listening, concerns, pairs_of
from journeys.trigger import DONE

RECORD_DELETED = "record deleted"
STOPPED = "stopped"

GOAL_COUNTS_AFTER_COMPLETION = timedelta(days=3)
"""A goal also counts this long after completion (semantics section 5, as CI-J)."""


@dataclass(frozen=True)
class Standing:
    """An instance as routing sees it: whose it is, what it is about, and the trigger that let it in.

    *watching* is the record that holds the date it waits for; *queued* one has not started yet.
    A goal that is reached counts no more.
    """

    id: str
    journey: str
    version: int
    person: RecordRef
    binding: RecordRef | None
    fired_id: str
    active: bool = True
    watching: RecordRef | None = None
    queued: bool = False
    goal_reached: bool = False

    def is_close_to(self, fired: TriggerFired) -> bool:
        """Say whether *fired* happened to its person, or to the record it is about."""
        same_record = fired.binding is not None and fired.binding == self.binding
        return fired.person == self.person or same_record


class Told(BaseModel):
    """Something that concerns one instance, and how: it is the goal, a reason to leave, what a tile waits for.

    *fulfils* names tiles with the listening that was met (`answered/0`), *replan* tiles whose date
    has changed. What it *fulfils here* counts only where the participant stands when they hear it.
    *fired* is the fired trigger whose values may be read later. *resume* says that
    the journey is not paused any more, *skip* names the tile whose wait an operator ends.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    at: datetime
    what: str
    fired: str | None = None
    goal: bool = False
    leave: str | None = None
    fulfils: tuple[str, ...] = ()
    here: bool = False
    replan: tuple[str, ...] = ()
    resume: bool = False
    skip: str | None = None

    @property
    def concerns(self) -> bool:
        return bool(self.goal or self.leave or self.fulfils or self.replan)


def listenings(version: Version) -> Iterator[tuple[str, Listening]]:
    """Yield what people in *version* listen for: `goal`, `exit`, or `<tile>/<which of its own>`."""
    journey = version.journey
    if journey.goal is not None:
        yield "goal", journey.goal
    for leaving in journey.exits:
        yield "exit", leaving
    for tile in journey.tiles:
        for index, listening in enumerate(tile.listenings):
            yield f"{tile.id}/{index}", listening


def matched(version: Version) -> set[str]:
    """Return the fields of what let people in (`trigger.…`) that matches compare with a later trigger's."""
    return {mine for _, listening in listenings(version) for _, mine in pairs_of(listening.match)}


def likenesses(version: Version, trigger: Values, lookup: Lookup) -> Iterator[tuple[str, str]]:
    """Yield by which fields of the *trigger* that let an instance in matches find it, and how they read.

    Nothing is found by what is empty.
    """
    facts = Facts({"trigger": trigger}, lookup)
    for field in sorted(matched(version)):
        if (found := likeness(facts.read(field))) is not None:
            yield field, found


def tell(
    version: Version, standing: Standing, fired: TriggerFired, fired_id: str, facts: Facts
) -> Told:
    """Say how *fired* concerns *standing*: judged once, on the records as this change left them."""
    met = [
        (part, listening)
        for part, listening in listenings(version)
        if _met(listening, version, standing, fired, facts.read)
    ]
    return Told(
        id=f"{fired.event_id}/{fired.trigger}",
        at=fired.occurred_at,
        what=fired.trigger,
        fired=fired_id,
        **_meaning(version, met, standing),
    )


def tell_of_conditions(
    version: Version,
    facts: Facts,
    told_id: str,
    what: str,
    at: datetime,
    standing: Standing | None = None,
) -> Told:
    """Say which conditions on records hold at the moment *at* for an instance that reads *facts*.

    It is *standing*, or just about to enter.
    """
    met = [
        (part, listening)
        for part, listening in listenings(version)
        if listening.condition is not None
        and judge(listening.condition, facts.read, at, version.journey.zone).holds
    ]
    meaning = _meaning(version, met, standing)
    return Told(id=told_id, at=at, what=what, here=True, **meaning)


def _meaning(
    version: Version, met: list[tuple[str, Listening]], standing: Standing | None
) -> dict[str, Any]:
    """Return what it means for an instance that these were met; once it has ended, only the goal counts."""
    active = standing is None or standing.active
    parts = [part for part, _ in met if part != "goal" or not (standing and standing.goal_reached)]
    journey, goal = version.journey, "goal" in parts
    reasons = [_reason(listening) for part, listening in met if part == "exit"]
    if goal and journey.goal is not None and journey.goal.ends:
        reasons.append("goal")
    fulfils = [part for part in parts if part not in ("goal", "exit")]
    return {
        "goal": goal,
        "leave": reasons[0] if reasons and active else None,
        "fulfils": tuple(fulfils) if active else (),
    }


def _reason(listening: Listening) -> str:
    named: str | None = getattr(listening, "reason", None) or listening.trigger
    return named or CONDITION_HOLDS


def _met(
    listening: Listening, version: Version, standing: Standing, fired: TriggerFired, read: Read
) -> bool:
    if listening.trigger != fired.trigger:
        return False
    if not concerns(listening.match, fired, standing.person, standing.binding, read):
        return False
    if listening.filter is None:
        return True
    return judge(listening.filter, read, fired.occurred_at, version.journey.zone).holds


def tell_of_record(version: Version, standing: Standing, changed: RecordChanged) -> Told:
    """Say how a change of a record concerns *standing* beyond any trigger.

    A date that a tile waits for may have moved; its own record or the person may be gone.
    """
    gone = changed.operation == "delete"
    leave = None
    if gone and changed.record in (standing.person, standing.binding):
        leave = RECORD_DELETED if version.journey.if_record_deleted == "exit" else None
    replan = [
        tile.id
        for tile in version.journey.tiles
        for watched in tile.watches
        if standing.watching == changed.record
        and (gone or steps_of(watched)[-1] in changed.columns)
    ]
    return Told(
        id=f"{changed.event_id}/record",
        at=changed.occurred_at,
        what=f"{changed.record.table} {DONE[changed.operation]}",
        leave=leave if standing.active else None,
        replan=tuple(replan) if standing.active else (),
    )
