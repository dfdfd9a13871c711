"""Scenario: what happens to whom in a simulation, as somebody writes it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from journeys.bundle import GivenRecord
from journeys.catalogue import Catalogue
from journeys.changes import RecordChange, RecordRef, SentTrigger, Values
from journeys.drawn import settings
from journeys.facts import Lookup
from journeys.journey import Journey, Version
from journeys.limits import Limits
from journeys.problem import Problem, pointer
from journeys.readiness import problems_of_trigger
from journeys.routing import Routes
from journeys.simulate import Post, Simulation, always_sent
from journeys.trigger import CustomTrigger
from journeys.virtual_acting import wrong_choices

MOST = 10_000
"""How many happenings and records a scenario may have, visits of tiles and entries a simulation."""

BOUNDED = Limits(visits=MOST, instances=MOST)


class Interaction(BaseModel):
    """What the person does with the message of *tile*."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tile: str
    kind: Literal["delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"]


def _read_event(value: Any) -> Any:
    """Let a record be written `contact/ana` for the person of an event."""
    match value:
        case {"person": str(person)} if "/" in person.strip("/"):
            return {**value, "person": RecordRef.parse(person).as_lookup()}
        case _:
            return value


Event = Annotated[SentTrigger, BeforeValidator(_read_event)]


class Later(BaseModel):
    """A record change, a custom trigger or an interaction that happens *after* the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: timedelta = Field(ge=timedelta(0))
    change: RecordChange | None = None
    event: Event | None = None
    interaction: Interaction | None = None

    @model_validator(mode="after")
    def _one_thing_happens(self) -> "Later":
        if sum(each is not None for each in (self.change, self.event, self.interaction)) != 1:
            raise ValueError(
                "Expected one of change, event and interaction, but there are more or none."
            )
        return self


class Scenario(BaseModel):
    """The records there are, the *change* or *event* that happens at the *start*, and what follows.

    A record that is not given is as the mirror has it, unless *records_from* is `given`. *choices*
    forces a way at a tile that leads by chance. The clock goes on *until* a moment, or to the end.
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
    """Return *catalogue* with every trigger ready: a journey is tried out before its triggers are."""
    return replace(catalogue, ready=frozenset(catalogue.triggers))


def problems_of_scenario(
    scenario: Scenario, journey: Journey, catalogue: Catalogue
) -> tuple[Problem, ...]:
    """Return everything because of which *scenario* cannot be played with *journey*."""
    return tuple(_problems(scenario, journey, catalogue))


def without_effect(scenario: Scenario) -> tuple[Problem, ...]:
    """Return what can be written in a scenario and does nothing yet."""
    said = "Expected a change or an event, but interactions with messages do nothing yet."
    return tuple(
        Problem(path=pointer("later", index, "interaction"), message=said)
        for index, each in enumerate(scenario.later)
        if each.interaction is not None
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
    start = scenario.start or now
    simulation = Simulation(
        Routes(replace(catalogue, ready=ready), entered=[version], published=[version]),
        start,
        _records(scenario),
        post,
        elsewhere=mirror if scenario.records_from == "mirror" else None,
        choices=scenario.choices,
        limits=limits,
    )
    for after, what in _happenings(scenario):
        simulation.happens(what, start + after)
    simulation.run(scenario.until)
    return simulation


def _records(scenario: Scenario) -> Mapping[RecordRef, Values]:
    return {each.ref: each.values for each in scenario.records}


def _happenings(scenario: Scenario) -> Iterator[tuple[timedelta, RecordChange | SentTrigger]]:
    first = scenario.change or scenario.event
    if first is not None:
        yield timedelta(0), first
    for each in scenario.later:
        what = each.change or each.event
        if what is not None:
            yield each.after, what


def _problems(scenario: Scenario, journey: Journey, catalogue: Catalogue) -> Iterator[Problem]:
    if scenario.start and scenario.until and scenario.until <= scenario.start:
        said = f"Expected an end after the start, but it is {scenario.until.isoformat()}."
        yield Problem(path="/until", message=said)
    for name in ("records", "later"):
        if (count := len(getattr(scenario, name))) > MOST:
            said = f"Expected at most {MOST:,}, but there are {count:,}."
            yield Problem(path=pointer(name), message=said)
    for index, record in enumerate(scenario.records):
        yield from _below(_wrong_record(record, catalogue), "records", index)
    yield from _wrong_happening(scenario.change, scenario.event, catalogue)
    for index, each in enumerate(scenario.later):
        found = _wrong_happening(each.change, each.event, catalogue)
        yield from _below(found, "later", index)
        if each.interaction is not None:
            yield from _below(_wrong_interaction(each.interaction, journey), "later", index)
    yield from wrong_choices(scenario.choices, [journey.tiles])


def _below(problems: Iterator[Problem], *steps: str | int) -> Iterator[Problem]:
    for problem in problems:
        yield problem.model_copy(update={"path": pointer(*steps) + problem.path})


def _wrong_record(record: GivenRecord, catalogue: Catalogue) -> Iterator[Problem]:
    table = catalogue.tables.get(record.table)
    if table is None:
        said = f"Expected a table, but there is none called {record.table!r}."
        yield Problem(path="/table", message=said)
        return
    yield from _below(iter(table.read(record.values)[1]), "values")


def _wrong_happening(
    change: RecordChange | None, event: SentTrigger | None, catalogue: Catalogue
) -> Iterator[Problem]:
    if change is not None:
        yield from _below(problems_of_change(change, catalogue), "change")
    if event is not None:
        yield from _below(problems_of_event(event, catalogue), "event")


def problems_of_change(change: RecordChange, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with a record change, with its place in it."""
    table = catalogue.tables.get(change.table)
    if table is None:
        said = f"Expected a table that is declared, but {change.table!r} is none."
        yield Problem(path="/table", message=said)
        return
    yield from _below(iter(table.read(change.values)[1]), "values")
    yield from _below(iter(table.read(change.before or {})[1]), "before")


def problems_of_event(event: SentTrigger, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with a custom trigger that is sent, with its place in it."""
    trigger = catalogue.triggers.get(event.trigger)
    if isinstance(trigger, CustomTrigger):
        yield from _below(iter(trigger.read(event.attributes)[1]), "attributes")
    else:
        said = f"Expected a custom trigger, but {event.trigger!r} is none."
        yield Problem(path="/trigger", message=said)
    table = catalogue.tables.get(event.person.table)
    if table is None or table.audience is None:
        said = f"Expected a table of people (an audience), but {event.person.table!r} is none."
        yield Problem(path="/person/table", message=said)


def _wrong_interaction(interaction: Interaction, journey: Journey) -> Iterator[Problem]:
    tile = journey.by_id.get(interaction.tile)
    if tile is None:
        said = f"Expected a tile, but there is none called {interaction.tile!r}."
    elif tile.kind != "message":
        said = f"Expected a message, but {tile.id!r} is of kind {tile.kind}."
    else:
        return
    yield Problem(path="/interaction/tile", message=said)
