"""What the examples do when they are played: the part of docs/examples.md that is generated."""

import re
from collections.abc import Iterator
from datetime import timedelta

from dev.examples import EXAMPLES
from dev.trial import read_scenario, tried
from journeys.changes import RecordChange, SentTrigger
from journeys.happening import Complete, Happening, Interact, Pause, Publish, Resume, Stop
from journeys.journey import Journey
from journeys.narrating import heading, passages, printed
from journeys.scenario import Scenario
from journeys.simulated import Simulated
from journeys.text import read

_TRACE = re.compile(r"<!-- trace: ([a-z0-9-]+) -->\n.*?<!-- end of trace -->", re.DOTALL)


def with_traces(page: str) -> str:
    """Return *page* with each block between marks as its example is played now."""
    return _TRACE.sub(lambda found: trace_of(found[1]), page)


def played(name: str) -> tuple[Journey, Scenario, Simulated]:
    """Return the first journey of example *name*, its scenario, and what that does with it."""
    bundle = read((EXAMPLES / f"{name}.json").read_bytes(), ".json")
    scenario = read_scenario((EXAMPLES / "scenarios" / f"{name}.json").read_bytes(), ".json")
    if scenario.start is None:
        raise ValueError(f"Expected a start, but the scenario of {name} has none.")
    journey = bundle.journeys[0]
    return journey, scenario, tried(bundle, journey, scenario, scenario.start)


def trace_of(name: str) -> str:
    """Return what happens in the scenario of an example, how it is played, and what comes of it."""
    journey, scenario, shown = played(name)
    lines = [f"<!-- trace: {name} -->", "```sh"]
    lines += [f"sojourn simulate examples/{name}.json examples/scenarios/{name}.json", "```", ""]
    lines += _happens(scenario)
    for passage in passages(shown):
        lines += ["", "```text", heading(passage), *printed(passage, journey.zone), "```"]
    return "\n".join([*lines, "<!-- end of trace -->"])


def _happens(scenario: Scenario) -> Iterator[str]:
    """Say what happens in *scenario*, a sentence each."""
    first = scenario.change or scenario.event
    yield f"At the start, {_said(first)}."
    for each in scenario.later:
        yield f"{_duration(each.after)} later, {_said(each.happening('the journey'))}."


_DONE = {Pause: "paused", Resume: "resumed", Complete: "to run out", Stop: "stopped"}


def _said(what: Happening | None) -> str:
    match what:
        case RecordChange():
            columns = ", ".join(f"`{name}` {_value(value)}" for name, value in what.values.items())
            return f"`{what.record}` is {what.operation}d" + (f" with {columns}" if columns else "")
        case SentTrigger():
            return f"`{what.trigger}` is sent for `{what.person.record}`"
        case Pause() | Resume() | Complete() | Stop():
            return f"{what.journey} is {_DONE[type(what)]}"
        case Interact():
            return f"the message of `{what.tile}` is {what.kind}"
        case Publish() | None:
            return "nothing happens"


def _value(value: object) -> str:
    match value:
        case {"table": table, "id": record_id}:
            return f"`{table}/{record_id}`"
        case None:
            return "cleared"
        case _:
            return f"“{value}”"


def _duration(after: timedelta) -> str:
    days, hours = after.days, after.seconds / 3600
    parts = [f"{days} day{'s' * (days != 1)}" if days else "", f"{hours:g} hours" if hours else ""]
    return " and ".join(part for part in parts if part)
