"""What a simulation shows: each instance's trace, with messages as rendered and every branch explained."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from journeys.admission import Cut, Nobody
from journeys.changes import RecordChanged, RecordRef
from journeys.condition import judge
from journeys.entering import Refuse
from journeys.explaining import Reason, another, why_not
from journeys.instances import Instance
from journeys.journey import Version
from journeys.problem import Problem
from journeys.simulate import Simulation
from journeys.tiles.attribute_branch import AttributeBranch
from journeys.trace import Note, What

NOTHING = Reason("nothing happened", "Expected it to fire, but it concerns nobody.")


class Rendered(BaseModel):
    """A message as its person would have got it."""

    model_config = ConfigDict(frozen=True)

    channel: str
    to: str
    subject: str
    text: str
    html: str


class Considered(BaseModel):
    """A branch that was not taken, and the first comparison that failed."""

    model_config = ConfigDict(frozen=True)

    branch: str
    why: str


class Line(BaseModel):
    """One line of a trace: a line of the timeline with the message itself.

    *considered* are the branches before the one that was taken.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    tile: str | None
    what: What
    target: str | None
    why: str | None
    values: dict[str, Any]
    message: Rendered | None
    considered: list[Considered] = []


class Passage(BaseModel):
    """How one person fared: whether they *entered* (else the *reason*), and all that happened then."""

    model_config = ConfigDict(frozen=True)

    entered: bool
    reason: str | None
    status: Literal["active", "completed", "exited"] | None
    ended_reason: str | None
    person: str | None
    binding: str | None
    goal_reached_at: AwareDatetime | None
    trace: list[Line]


class Simulated(Passage):
    """The first instance of a simulation; *instances* are all of them where there are several.

    Where nobody entered, it is the first that was refused. *refused* are the entries that were,
    where there is more to show than one; *problems* what had no effect; *stopped* says why it was
    not played to its end.
    """

    journey: str
    version: int
    instances: list[Passage] = []
    refused: list[Passage] = []
    problems: list[Problem] = []
    stopped: str | None = None


def simulated(
    simulation: Simulation,
    version: Version,
    messages: Mapping[str, Rendered],
    problems: Iterable[Problem] = (),
) -> Simulated:
    """Return what *simulation* of *version* shows; *messages* are those its traces name by id."""
    instances = [_passage(each, version, messages) for each in simulation.instances]
    refused = [_refused(each) for each in simulation.refused]
    at_first = simulation.happened[0].occurred_at
    if not instances and not any(each.trace[0].at == at_first for each in refused):
        refused.insert(0, _not_fired(simulation, version))
    more: dict[str, Any] = {
        "instances": instances if len(instances) > 1 else None,
        "refused": refused if len(instances) + len(refused) > 1 else None,
        "problems": list(problems),
        "stopped": simulation.stopped,
    }
    return Simulated(
        **dict((instances or refused)[0]),
        journey=version.journey.name,
        version=version.number,
        **{name: value for name, value in more.items() if value},
    )


def _passage(instance: Instance, version: Version, messages: Mapping[str, Rendered]) -> Passage:
    standing, ending = instance.visit.standing, instance.ending
    entered = any(note.what == "entered" for note in instance.trace)
    kept_out = instance.trace[0].why if ending is None else ending.reason  # they queued
    return Passage(
        entered=entered,
        reason=None if entered else kept_out,
        status="active" if ending is None else ending.status,
        ended_reason=None if ending is None else ending.reason,
        person=str(standing.person),
        binding=None if standing.binding is None else str(standing.binding),
        goal_reached_at=instance.visit.goal_reached_at,
        trace=[_line(note, version, messages) for note in instance.trace],
    )


def _line(note: Note, version: Version, messages: Mapping[str, Rendered]) -> Line:
    more = {"considered": considered} if (considered := _considered(note, version)) else {}
    return Line(
        at=note.at,
        tile=note.tile,
        what=note.what,
        target=note.target,
        why=note.why,
        values=note.values,
        message=None if note.message is None else messages.get(note.message),
        **more,
    )


def _considered(note: Note, version: Version) -> list[Considered]:
    """Return why each branch before the one that was taken does not hold, judged on the values seen."""
    tile = version.journey.by_id.get(note.tile or "")
    if note.what != "decided" or not isinstance(tile, AttributeBranch):
        return []
    passed: list[Considered] = []
    for branch in tile.branches:
        judgement = judge(branch.when, note.values.get, note.at, version.journey.zone)
        if judgement.holds:
            break
        passed.append(Considered(branch=branch.name, why=judgement.why or ""))
    return passed


def _refused(refusal: Refuse | Nobody | Cut) -> Passage:
    if isinstance(refusal, Nobody):
        changed, why = refusal.changed, Reason("no audience", refusal.why)
        return _refusal(changed.occurred_at, why, None, changed.record)
    fired, why = refusal.fired, Reason(refusal.reason, refusal.why)
    return _refusal(fired.occurred_at, why, fired.person, fired.binding, refusal.seen)


def _not_fired(simulation: Simulation, version: Version) -> Passage:
    """Return why what happened first did not fire the journey's entry trigger."""
    name, first = version.journey.entry.trigger, simulation.happened[0]
    if not isinstance(first, RecordChanged):
        why = another(name, first)
        return _refusal(first.occurred_at, why, first.person, first.binding)
    trigger = simulation.routes.catalogue.triggers[name]
    ready = name in simulation.routes.catalogue.ready
    why = why_not(trigger, first, ready=ready) or NOTHING
    return _refusal(first.occurred_at, why, None, first.record)


def _refusal(
    at: datetime,
    why: Reason,
    person: RecordRef | None,
    binding: RecordRef | None,
    seen: Mapping[str, Any] | None = None,
) -> Passage:
    line = Line(
        at=at,
        tile=None,
        what="refused",
        target=None,
        why=why.why,
        values=dict(seen or {}),
        message=None,
    )
    return Passage(
        entered=False,
        reason=why.reason,
        status=None,
        ended_reason=None,
        person=None if person is None else str(person),
        binding=None if binding is None else str(binding),
        goal_reached_at=None,
        trace=[line],
    )
