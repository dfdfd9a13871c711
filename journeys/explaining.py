"""Explaining: what a happening would fire, start and tell, and what keeps it from the rest."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict

from journeys.admission import Ledger, Nobody, Tell, fired_by, on_record, on_trigger
from journeys.changes import RecordChanged, TriggerFired
from journeys.entering import RATE_LIMIT, Refuse, Start
from journeys.hearing import PAUSED
from journeys.routing import Routes
from journeys.trigger import DONE, CustomTrigger, RecordChangeTrigger, Trigger


class Reason(NamedTuple):
    """Why something does not happen: in a word or two, and in a sentence."""

    reason: str
    why: str


NOT_READY = Reason("not ready", "Expected a trigger that is ready, but it is not.")


class OfTrigger(BaseModel):
    """Whether a trigger would fire, for which *people*; where not, the first *reason* against it."""

    model_config = ConfigDict(frozen=True)

    trigger: str
    fires: bool
    reason: str | None = None
    why: str | None = None
    people: tuple[str, ...] = ()


class OfJourney(BaseModel):
    """Whether *person* would enter a journey; where not, the first *reason* with the *values* seen.

    *held* says why one who would enter would queue, *enters_at* until when where it is for the rate
    limit.
    """

    model_config = ConfigDict(frozen=True)

    journey: str
    version: int
    trigger: str
    person: str | None = None
    enters: bool
    held: str | None = None
    enters_at: AwareDatetime | None = None
    reason: str | None = None
    why: str | None = None
    values: dict[str, Any] = {}


class OfInstance(BaseModel):
    """An instance that would be told *why*, and how: it is its goal, a reason to leave, or meets tiles.

    *fulfils* names tiles that wait for it, *replans* those that wait for a date which it moves.
    """

    model_config = ConfigDict(frozen=True)

    instance: str
    journey: str
    version: int
    person: str
    binding: str | None
    why: str
    goal: bool
    leaves: str | None
    fulfils: tuple[str, ...]
    replans: tuple[str, ...]


@dataclass
class Explanation:
    """Every trigger and every live journey in the order of their names, and all who would be told."""

    triggers: list[OfTrigger] = field(default_factory=list)
    journeys: list[OfJourney] = field(default_factory=list)
    instances: list[OfInstance] = field(default_factory=list)


def why_not(trigger: Trigger, changed: RecordChanged, *, ready: bool) -> Reason | None:
    """Return the first reason why *changed* is no happening that *trigger* names, if there is one."""
    if isinstance(trigger, CustomTrigger):
        return Reason("custom trigger", "Expected an event, but this is a record change.")
    table = changed.record.table
    if trigger.table != table:
        why = f"Expected a record of {trigger.table}, but it is one of {table}."
        return Reason("another table", why)
    if not ready:
        return NOT_READY
    return None if trigger.fires_on(changed) else _other_change(trigger, changed)


def _other_change(trigger: RecordChangeTrigger, changed: RecordChanged) -> Reason:
    done = DONE[changed.operation]
    if done not in trigger.operations:
        operations = " or ".join(trigger.operations)
        why = f"Expected a record that was {operations}, but it was {done}."
        return Reason("another operation", why)
    if changed.loaded:
        why = "Expected something that happened, but a load only says how the record is."
        return Reason("loaded", why)
    if changed.actor is not None and changed.actor in trigger.ignore_actors:
        return Reason("ignored actor", f"Expected anybody else, but {changed.actor} changed it.")
    watched = " or ".join(trigger.columns) or "any column"
    columns = ", ".join(sorted(changed.columns))
    said = f"but only {columns} changed" if columns else "but every value is as it was"
    return Reason("no watched column changed", f"Expected another value in {watched}, {said}.")


def another(trigger: str, event: TriggerFired) -> Reason:
    """Return the reason where another trigger than *trigger* was sent."""
    return Reason("another trigger", f"Expected {trigger}, but {event.trigger} was sent.")


def explain_change(
    changed: RecordChanged,
    routes: Routes,
    ledger: Ledger,
    now: datetime,
    paused: Collection[str],
) -> Explanation:
    """Say what *changed* would do; *ledger* has the record as the change leaves it.

    *paused* are the journeys in which whoever enters queues.
    """
    explanation = Explanation()
    _instances(explanation, on_record(changed, routes, ledger))
    fired: dict[str, list[TriggerFired]] = {}
    missed: dict[str, Reason] = {}
    for each in fired_by(changed, routes, ledger):
        if isinstance(each, Nobody):
            missed[each.trigger.name] = Reason("no audience", each.why)
        else:
            fired.setdefault(each.trigger, []).append(each)
    for name, trigger in routes.catalogue.triggers.items():
        against = why_not(trigger, changed, ready=name in routes.catalogue.ready)
        if against is not None:
            missed[name] = against
    return _explained(explanation, fired, missed, routes, ledger, now, paused)


def explain_event(
    event: TriggerFired, routes: Routes, ledger: Ledger, now: datetime, paused: Collection[str]
) -> Explanation:
    """Say what the custom trigger *event* would do; in the journeys *paused* whoever enters queues."""
    missed = {name: another(name, event) for name in routes.catalogue.triggers}
    fired = {event.trigger: [event]}
    if event.trigger in routes.catalogue.ready:
        del missed[event.trigger]
    else:
        missed[event.trigger] = NOT_READY
        fired = {}
    return _explained(Explanation(), fired, missed, routes, ledger, now, paused)


def _explained(
    explanation: Explanation,
    fired: dict[str, list[TriggerFired]],
    missed: dict[str, Reason],
    routes: Routes,
    ledger: Ledger,
    now: datetime,
    paused: Collection[str],
) -> Explanation:
    for name in sorted(routes.catalogue.triggers):
        explanation.triggers.append(_of_trigger(name, fired, missed))
        for each in fired.get(name, ()):
            decisions = list(on_trigger(each, each.event_id, routes, ledger, now))
            told = [one for one in decisions if isinstance(one, Tell)]
            entering = [one for one in decisions if isinstance(one, Start | Refuse)]
            _instances(explanation, told)
            explanation.journeys += [_of_journey(one, now, paused) for one in entering]
        if name in missed:
            explanation.journeys += [
                OfJourney(
                    journey=version.journey.name,
                    version=version.number,
                    trigger=name,
                    enters=False,
                    reason="trigger does not fire",
                    why=missed[name].why,
                )
                for version in routes.entries(name)
            ]
    explanation.journeys.sort(key=lambda each: each.journey)
    return explanation


def _of_trigger(
    name: str, fired: dict[str, list[TriggerFired]], missed: dict[str, Reason]
) -> OfTrigger:
    if name in fired:
        return OfTrigger(
            trigger=name, fires=True, people=tuple(str(each.person) for each in fired[name])
        )
    return OfTrigger(trigger=name, fires=False, **missed[name]._asdict())


def _of_journey(decision: Start | Refuse, now: datetime, paused: Collection[str]) -> OfJourney:
    refused = decision if isinstance(decision, Refuse) else None
    held, at = None, None
    if isinstance(decision, Start):
        if decision.version.journey.name in paused:  # until when, nobody knows
            held = PAUSED
        elif decision.at > now:
            held, at = RATE_LIMIT, decision.at
    return OfJourney(
        journey=decision.version.journey.name,
        version=decision.version.number,
        trigger=decision.fired.trigger,
        person=str(decision.fired.person),
        enters=refused is None,
        held=held,
        enters_at=at,
        reason=refused.reason if refused else None,
        why=refused.why if refused else None,
        values=dict(decision.seen),
    )


def _instances(explanation: Explanation, decisions: Iterable[Tell]) -> None:
    for decision in decisions:
        instance, told = decision.instance, decision.told
        explanation.instances.append(
            OfInstance(
                instance=instance.id,
                journey=instance.journey,
                version=instance.version,
                person=str(instance.person),
                binding=None if instance.binding is None else str(instance.binding),
                why=told.what,
                goal=told.goal,
                leaves=told.leave,
                fulfils=tuple(part.rpartition("/")[0] for part in told.fulfils),
                replans=told.replan,
            )
        )
