"""Scenario: what happens to whom in a simulation, as somebody writes it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from journeys.bundle import GivenRecord
from journeys.calling import Request
from journeys.catalogue import Catalogue
from journeys.changes import RecordChange, RecordRef, SentTrigger, Values, read_record
from journeys.drawn import settings
from journeys.facts import Lookup
from journeys.happening import Complete, Happening, Interact, Pause, Resume, Stop
from journeys.journey import Version
from journeys.limits import Limits
from journeys.parting import Metric
from journeys.problem import Problem, pointer
from journeys.readiness import problems_of_trigger
from journeys.routing import Routes
from journeys.simulate import Post, Simulation, always_sent
from journeys.virtual_acting import Reply

MOST = 10_000
"""How many happenings and records a scenario may have, visits of tiles and entries a simulation."""

BOUNDED = Limits(visits=MOST, instances=MOST)


class Interaction(BaseModel):
    """What *person* does with the message of *tile*; where none is given, everybody who got it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tile: str
    kind: Literal["delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"]
    person: Annotated[RecordRef | None, BeforeValidator(read_record)] = None


class Answer(BaseModel):
    """What the endpoint of a webhook answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int = Field(default=200, ge=100, le=599)
    body: Any = {}


def _read_event(value: Any) -> Any:
    """Let a record be written `contact/ana` for the person of an event."""
    match value:
        case {"person": str(person)} if "/" in person.strip("/"):
            return {**value, "person": RecordRef.parse(person).as_lookup()}
        case _:
            return value


Event = Annotated[SentTrigger, BeforeValidator(_read_event)]


Operated = Literal["paused", "resumed", "completing", "stopped"]
"""What an operator makes of a journey: *completing* lets nobody in, *stopped* lets everybody leave."""


_OPERATIONS: Mapping[Operated, type[Pause | Resume | Complete | Stop]] = {
    "paused": Pause,
    "resumed": Resume,
    "completing": Complete,
    "stopped": Stop,
}


class Later(BaseModel):
    """What happens *after* the start: a record change, a custom trigger, an interaction, or an operator.

    *journey* says what an operator makes of it then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: timedelta = Field(ge=timedelta(0))
    change: RecordChange | None = None
    event: Event | None = None
    interaction: Interaction | None = None
    journey: Operated | None = None

    @model_validator(mode="after")
    def _one_thing_happens(self) -> "Later":
        what = (self.change, self.event, self.interaction, self.journey)
        if sum(each is not None for each in what) != 1:
            raise ValueError(
                "Expected one of change, event, interaction and journey, but there are more or none."
            )
        return self

    def happening(self, journey: str) -> Happening:
        """Return what happens in a simulation of *journey*; raise ValueError where it has no effect."""
        match self:
            case Later(interaction=Interaction(kind="opened" | "clicked" as kind) as done):
                return Interact(done.tile, kind, done.person)
            case Later(journey=str() as state):
                return _OPERATIONS[state](journey)
            case Later(change=RecordChange() as change):
                return change
            case Later(event=SentTrigger() as event):
                return event
            case _:
                raise ValueError("Expected what has an effect, but nothing follows from it.")


class Scenario(BaseModel):
    """The records there are, the *change* or *event* that happens at the *start*, and what follows.

    A record that is not given is as the mirror has it, unless *records_from* is `given`. *choices*
    forces a way at a tile that leads by chance or by what becomes of a message; *answers* are
    those of webhooks' endpoints, by tile, which answer 200 otherwise. The clock goes on *until* a
    moment, or to the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: AwareDatetime | None = None
    until: AwareDatetime | None = None
    records: tuple[GivenRecord, ...] = ()
    records_from: Literal["mirror", "given"] = "mirror"
    change: RecordChange | None = None
    event: Event | None = None
    later: tuple[Later, ...] = ()
    choices: dict[str, str] = {}
    answers: dict[str, Answer] = {}

    @model_validator(mode="after")
    def _one_thing_begins_it(self) -> "Scenario":
        if (self.change is None) == (self.event is None):
            raise ValueError("Expected either change or event, but there are both or none.")
        return self

    def beside(self, records: Iterable[GivenRecord]) -> "Scenario":
        """Return this scenario with *records* there too, unless it gives the same."""
        own = {each.ref for each in self.records}
        others = (each for each in records if each.ref not in own)
        return self.model_copy(update={"records": (*others, *self.records)})


def scenario_of(body: Any) -> Any:
    """Return *body* as a scenario's JSON: a change or an event alone is what happens in one."""
    if isinstance(body, dict) and "trigger" in body and "event" not in body:
        return {"event": body}
    if isinstance(body, dict) and "operation" in body and "change" not in body:
        return {"change": body}
    return body


def tried_out(catalogue: Catalogue) -> Catalogue:
    """Return *catalogue* with every trigger ready and all counted: a journey is tried out before that."""
    return replace(
        catalogue, ready=frozenset(catalogue.triggers), metrics=frozenset(get_args(Metric))
    )


def play(
    scenario: Scenario,
    version: Version,
    catalogue: Catalogue,
    now: datetime,
    *,
    post: Post = always_sent,
    mirror: Lookup | None = None,
    limits: Limits = BOUNDED,
) -> Simulation:
    """Return the simulation of *scenario* with *version* live, begun at *now* where it says no start.

    It has to be without problems. The triggers that the journey names are ready, and no others.
    """
    named = {each.value for each in settings(version.journey) if each.setting == "trigger"}
    ready = frozenset(
        name
        for name, trigger in catalogue.triggers.items()
        if name in named and not problems_of_trigger(trigger, catalogue.tables)
    )
    start = (scenario.start or now).astimezone(UTC)
    simulation = Simulation(
        Routes(replace(catalogue, ready=ready), entered=[version], published=[version]),
        start,
        _records(scenario),
        post,
        elsewhere=mirror if scenario.records_from == "mirror" else None,
        choices=scenario.choices,
        limits=limits,
        reply=_reply(scenario),
    )
    for after, what in _happenings(scenario, version.journey.name):
        simulation.happens(what, start + after)
    simulation.run(scenario.until)
    return simulation


def _records(scenario: Scenario) -> Mapping[RecordRef, Values]:
    return {each.ref: each.values for each in scenario.records}


def _reply(scenario: Scenario) -> Reply:
    def reply(tile: str, request: Request) -> tuple[int, Any]:
        answer = scenario.answers.get(tile, Answer())
        return answer.status, answer.body

    return reply


def _happenings(scenario: Scenario, journey: str) -> Iterator[tuple[timedelta, Happening]]:
    first = scenario.change or scenario.event
    if first is not None:
        yield timedelta(0), first
    for each in scenario.later:
        yield each.after, each.happening(journey)


def without_effect(scenario: Scenario, simulation: Simulation) -> Iterator[Problem]:
    """Yield the interactions of *scenario* with messages that nobody had got when they happened."""
    unmet = {(what, at - simulation.begun_at) for what, at in simulation.unmet}
    for index, each in enumerate(scenario.later):
        interaction = each.interaction
        if interaction and (each.happening(""), each.after) in unmet:
            whom = interaction.person or "somebody"
            said = f"Expected {whom} to have got the message of {interaction.tile!r} by then, but it was not sent."
            yield Problem(path=pointer("later", index, "interaction"), message=said)
