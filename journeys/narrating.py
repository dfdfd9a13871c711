"""Narrating: a simulation in words, line by line, for a terminal and for a page."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from journeys.problem import quoted
from journeys.simulated import Line, Passage, Simulated
from journeys.trace import What

_BY: frozenset[What] = frozenset({"entered", "fulfilled", "goal"})
"""What happens by a trigger, which is why."""


class Told(NamedTuple):
    """One line in words: *when* in the journey's zone, on which *tile*, *what*, and why and how."""

    when: str
    tile: str
    what: str
    said: tuple[str, ...]


def heading(passage: Passage) -> str:
    """Return whose passage this is, and how it ended."""
    who = passage.person or "nobody"
    about = f", about {passage.binding}" if passage.binding else ""
    if not passage.entered:
        return f"{who}{about}: does not enter ({passage.reason})"
    ended = f" ({passage.ended_reason})" if passage.ended_reason else ""
    return f"{who}{about}: {passage.status}{ended}"


def passages(shown: Simulated) -> list[Passage]:
    """Return everybody of a simulation: all who entered, then all who did not."""
    everybody = [*(shown.instances or [shown]), *shown.refused]
    return [each for index, each in enumerate(everybody) if each not in everybody[:index]]


def told(passage: Passage, zone: ZoneInfo) -> Iterator[Told]:
    """Yield the trace of *passage* in words; moments are those of *zone*."""
    for line in passage.trace:
        local = line.at.astimezone(zone)
        when = local.strftime("%a %Y-%m-%d %H:%M:%S").removesuffix(":00")
        yield Told(when, line.tile or "", line.what.replace("_", " "), tuple(_said(line)))


def printed(passage: Passage, zone: ZoneInfo) -> Iterator[str]:
    """Yield the trace of *passage* as lines of text in columns; what belongs to a line stands below it."""
    lines = [((each.when, each.tile, each.what), each.said) for each in told(passage, zone)]
    widths = [max(len(columns[place]) for columns, _ in lines) for place in range(3)]
    for columns, said in lines:
        begins = "  ".join(map(str.ljust, columns, widths))
        for number, each in enumerate(said or ("",)):
            yield f"  {' ' * len(begins) if number else begins}  {each}".rstrip()


def _said(line: Line) -> Iterator[str]:
    why = f"by {line.why}" if line.what in _BY else line.why
    target = f"on to {line.target}" if line.target else None
    if first := ", ".join(each for each in (why, target) if each):
        yield first
    if line.message is not None:
        yield f"“{line.message.subject}” to {line.message.to}"
    for each in line.considered:
        yield f"not {each.branch}: {each.why}"
    if line.values and line.what != "refused":  # why it was refused has them already
        yield "seeing " + ", ".join(f"{name}: {_value(each)}" for name, each in line.values.items())


def _value(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case {"table": table, "id": record_id}:
            return f"{table}/{record_id}"
        case str() | int() | float():
            return str(value)
        case _:
            return quoted(value)
