"""Entering: whether a trigger lets its person into a journey."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journeys.changes import TriggerFired, Values
from journeys.condition import judge
from journeys.facts import Facts
from journeys.journey import Version
from journeys.telling import Standing, Told

RESTARTED = "restarted"
NO_SUCH_PERSON = "no such person"
RATE_LIMIT = "entry rate limit"


@dataclass(frozen=True)
class Past:
    """How a person has passed through a journey so far."""

    entries: int = 0
    last_entered_at: datetime | None = None
    inside: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class Start:
    """A person enters at the moment *at*, for the *number*th time.

    A moment to come is that of one who queues for the journey's rate limit. *seen* are the values
    that let them in, *leaving* the earlier instances that exit, *told* says which goals and exits
    are met by their condition as they enter.
    """

    version: Version
    fired: TriggerFired
    number: int
    at: datetime
    seen: Values = field(default_factory=dict)
    leaving: tuple[Standing, ...] = ()
    told: Told | None = None


@dataclass(frozen=True)
class Refuse:
    """A person does not enter, and why."""

    version: Version
    fired: TriggerFired
    reason: str
    why: str
    seen: Values = field(default_factory=dict)


@dataclass(frozen=True)
class _Case:
    """What one entry is decided on; *seen* gathers the values that were looked at."""

    version: Version
    fired: TriggerFired
    facts: Facts
    past: Past
    now: datetime
    seen: dict[str, Any] = field(default_factory=dict)


def decide_entry(
    version: Version, fired: TriggerFired, facts: Facts, past: Past, now: datetime
) -> Start | Refuse:
    """Decide whether *fired* lets its person into *version*; the first rule against it is the reason."""
    case = _Case(version, fired, facts, past, now)
    for reason, rule in _RULES:
        why = rule(case)
        if why is not None:
            return Refuse(version, fired, reason, why, case.seen)
    leaving = past.inside if version.journey.entry.while_inside == "restart" else ()
    return Start(version, fired, past.entries + 1, now, case.seen, leaving)


def _outside_the_window(case: _Case) -> str | None:
    entry = case.version.journey.entry
    if entry.starts_at is not None and case.now < entry.starts_at:
        return f"Entries start at {entry.starts_at.isoformat()}."
    if entry.ends_at is not None and case.now >= entry.ends_at:
        return f"Entries ended at {entry.ends_at.isoformat()}."
    return None


def _unmet_filter(case: _Case) -> str | None:
    condition = case.version.journey.entry.filter
    if condition is None:
        return None
    judgement = judge(condition, case.facts.read, case.now, case.version.journey.zone)
    case.seen.update(judgement.seen)
    return None if judgement.holds else judgement.why or "The filter does not hold."


def _excluded(case: _Case) -> str | None:
    condition = case.version.journey.entry.exclude
    if condition is None:
        return None
    judgement = judge(condition, case.facts.read, case.now, case.version.journey.zone)
    case.seen.update(judgement.seen)
    return "The exclusion holds for this person." if judgement.holds else None


def _repeat_blocked(case: _Case) -> str | None:
    repeat, past = case.version.journey.entry.repeat, case.past
    if past.last_entered_at is None or repeat.policy == "always":
        return None
    if repeat.duration is None:
        return "They entered before, and may enter once."
    again = past.last_entered_at + repeat.duration
    return f"They may enter again at {again.isoformat()}." if case.now < again else None


def _inside_already(case: _Case) -> str | None:
    """One instance per binding where several are allowed, none where an earlier one blocks."""
    inside, binding = case.past.inside, case.fired.binding
    match case.version.journey.entry.while_inside:
        case "skip" if inside:
            return "An earlier instance of theirs is still inside."
        case "allow" if binding is not None and any(each.binding == binding for each in inside):
            return f"They are inside already for {binding}."
    return None


_RULES: tuple[tuple[str, Callable[[_Case], str | None]], ...] = (
    ("outside the window", _outside_the_window),
    ("unmet filter", _unmet_filter),
    ("excluded", _excluded),
    ("repeat blocked", _repeat_blocked),
    ("repeat blocked", _inside_already),
)
