"""Scripted: everything because of which a scenario cannot be played with a journey."""

from collections.abc import Iterator, Mapping

from journeys.bundle import GivenRecord
from journeys.catalogue import Catalogue
from journeys.changes import RecordChange, SentTrigger
from journeys.journey import Journey
from journeys.parting import Metric
from journeys.problem import Problem, pointer
from journeys.scenario import MOST, Interaction, Operated, Scenario
from journeys.tiles.experiment import Experiment
from journeys.trigger import CustomTrigger
from journeys.virtual_acting import wrong_choices

_READ_BY: Mapping[str, Metric] = {"opened": "opens", "clicked": "clicks"}
"""Which metric counts an interaction."""

_BEFORE: Mapping[Operated, tuple[Operated, ...]] = {
    "paused": ("resumed",),
    "resumed": ("paused",),
    "completing": ("resumed",),
    "stopped": ("resumed", "paused", "completing"),
}
"""What a journey has to be before it is this, as at the gateway; it is live from the start on."""


def problems_of_scenario(
    scenario: Scenario, journey: Journey, catalogue: Catalogue
) -> tuple[Problem, ...]:
    """Return everything because of which *scenario* cannot be played with *journey*."""
    return tuple(_problems(scenario, journey, catalogue))


def _problems(scenario: Scenario, journey: Journey, catalogue: Catalogue) -> Iterator[Problem]:
    if scenario.start and scenario.until and scenario.until <= scenario.start:
        said = f"Expected an end after the start, but it is {scenario.until.isoformat()}."
        yield Problem(path="/until", message=said)
    for name in ("records", "later"):
        if (count := len(getattr(scenario, name))) > MOST:
            said = f"Expected at most {MOST:,}, but there are {count:,}."
            yield Problem(path=pointer(name), message=said)
    for index, record in enumerate(scenario.records):
        found = _wrong_record(record, catalogue)
        yield from (problem.below("records", index) for problem in found)
    yield from _wrong_happening(scenario.change, scenario.event, catalogue)
    for index, each in enumerate(scenario.later):
        found = _wrong_happening(each.change, each.event, catalogue)
        yield from (problem.below("later", index) for problem in found)
        if each.interaction is not None:
            found = _wrong_interaction(each.interaction, journey)
            yield from (problem.below("later", index, "interaction") for problem in found)
    yield from _wrong_operations(scenario)
    yield from wrong_choices(scenario.choices, [journey.tiles])
    for name in scenario.answers:
        if wrong := _no_such_tile(name, "webhook", journey):
            yield Problem(path=pointer("answers", name), message=wrong)


def _wrong_record(record: GivenRecord, catalogue: Catalogue) -> Iterator[Problem]:
    table = catalogue.tables.get(record.table)
    if table is None:
        said = f"Expected a table, but there is none called {record.table!r}."
        yield Problem(path="/table", message=said)
        return
    yield from (each.below("values") for each in table.read(record.values)[1])


def _wrong_happening(
    change: RecordChange | None, event: SentTrigger | None, catalogue: Catalogue
) -> Iterator[Problem]:
    if change is not None:
        yield from (each.below("change") for each in problems_of_change(change, catalogue))
    if event is not None:
        yield from (each.below("event") for each in problems_of_event(event, catalogue))


def problems_of_change(change: RecordChange, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with a record change, with its place in it."""
    table = catalogue.tables.get(change.table)
    if table is None:
        said = f"Expected a table that is declared, but {change.table!r} is none."
        yield Problem(path="/table", message=said)
        return
    yield from (each.below("values") for each in table.read(change.values)[1])
    yield from (each.below("before") for each in table.read(change.before or {})[1])


def problems_of_event(event: SentTrigger, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with a custom trigger that is sent, with its place in it."""
    trigger = catalogue.triggers.get(event.trigger)
    if isinstance(trigger, CustomTrigger):
        yield from (each.below("attributes") for each in trigger.read(event.attributes)[1])
    else:
        said = f"Expected a custom trigger, but {event.trigger!r} is none."
        yield Problem(path="/trigger", message=said)
    table = catalogue.tables.get(event.person.table)
    if table is None or table.audience is None:
        said = f"Expected a table of people (an audience), but {event.person.table!r} is none."
        yield Problem(path="/person/table", message=said)


def _wrong_interaction(interaction: Interaction, journey: Journey) -> Iterator[Problem]:
    if said := _no_such_tile(interaction.tile, "message", journey):
        yield Problem(path="/tile", message=said)
    if interaction.kind not in _READ_BY:
        said = f"Expected opened or clicked, since nothing follows from {interaction.kind} yet."
        yield Problem(path="/kind", message=said)
        return
    metric = _READ_BY[interaction.kind]
    experiments = (tile for tile in journey.tiles if isinstance(tile, Experiment))
    if not any(each.metric == metric for each in experiments):
        said = (
            f"Expected a journey with an experiment whose metric is {metric}, since nothing else "
            f"follows from {interaction.kind} yet, but {journey.name} has none."
        )
        yield Problem(path="/kind", message=said)


def _wrong_operations(scenario: Scenario) -> Iterator[Problem]:
    """Yield what an operator does to a journey that is in another state by then."""
    state: Operated = "resumed"
    for index, each in sorted(enumerate(scenario.later), key=lambda numbered: numbered[1].after):
        if each.journey is not None and state not in _BEFORE[each.journey]:
            expected = " or ".join(map(_state, _BEFORE[each.journey]))
            said = f"Expected a journey that is {expected} by then, but it is {_state(state)}."
            yield Problem(path=pointer("later", index, "journey"), message=said)
        state = each.journey or state


def _state(operated: Operated) -> str:
    return "live" if operated == "resumed" else operated


def _no_such_tile(name: str, kind: str, journey: Journey) -> str | None:
    tile = journey.by_id.get(name)
    if tile is None:
        return f"Expected a tile, but there is none called {name!r}."
    if tile.kind != kind:
        return f"Expected a {kind}, but {tile.id!r} is of kind {tile.kind}."
    return None
