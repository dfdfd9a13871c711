"""Drawing: a journey as a picture (SVG), from the top down, the same for the same journey."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from unicodedata import east_asian_width

from pydantic import BaseModel

from journeys.journey import Journey
from journeys.layout import Layout, Route, lay_out
from journeys.listening import Listening
from journeys.summary import summary
from journeys.tile import BaseTile

WIDTH, HEIGHT, BETWEEN, MARGIN, LINE = 244.0, 82.0, 48.0, 24.0, 17.0
LEAST = 560.0
"""As wide as the lines above the picture need it."""
SHORT = 14
"""What a way is taken on is said beside its name where it is no longer than this."""
_UNPRINTABLE = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_STYLE = """
text{font:12px system-ui,sans-serif;fill:#1c2733}
.title{font-size:17px;font-weight:600}.name{font-size:13px;font-weight:600}.small{font-size:11px;fill:#5b6b7b}
.box{fill:#fff;stroke:#b9c4cf}.paper{fill:#f6f8fa}.way{fill:none;stroke:#7b8a99;stroke-width:1.5}
.middle{text-anchor:middle}.back{stroke-dasharray:5 4}.tip{fill:#7b8a99}.end{fill:#7b8a99}
.missing-step .box{stroke:#c62828;stroke-dasharray:4 3}
.label{font-size:11px;text-anchor:middle;stroke:#f6f8fa;stroke-width:4;paint-order:stroke;stroke-linejoin:round}
.acts{fill:#2f6fde}.waits{fill:#c98a12}.parts{fill:#7a4fd0}.ends{fill:#c0392b}.enters{fill:#2c8a57}
.missing-step .bar{fill:#c62828}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9fb0c0}.box{fill:#1d2630;stroke:#415062}
.paper{fill:#11171d}.way{stroke:#8696a6}.tip,.end{fill:#8696a6}.label{stroke:#11171d}}
"""


@dataclass(frozen=True)
class _Step:
    """What stands in the picture: the entry, a tile, a completion, or a tile that is missing."""

    sort: str
    name: str = ""
    kind: str = ""
    said: str = ""


@dataclass(frozen=True)
class _Leading:
    """A way between two steps, with the name it has and what it is taken on."""

    source: int
    target: int
    label: str = ""
    said: str = ""


def drawing(journey: Journey) -> str:
    """Return *journey* as an SVG picture that explains itself to those who do not see it, too.

    A draft may be drawn: a target that is no tile is shown as missing.
    """
    steps, ways = _steps(journey)
    widths = [70.0 if step.sort == "completed" else WIDTH for step in steps]
    placed = lay_out(widths, [(way.source, way.target) for way in ways])
    return "\n".join(_picture(journey, steps, ways, placed)) + "\n"


def _steps(journey: Journey) -> tuple[list[_Step], list[_Leading]]:
    """Return everything that is drawn, by its number; 0 is the entry."""
    entry = summary(journey.entry, leave=("trigger",))
    steps = [_Step("enters", journey.entry.trigger, "people enter by", entry)]
    ways: list[_Leading] = []
    numbers: dict[str, int] = {}
    for tile in journey.tiles:
        numbers.setdefault(tile.id, len(steps))
        roots = {path.partition("/")[0] for path in tile.targets}
        said = summary(tile, leave={"kind", "id", *roots})
        steps.append(_Step(_sort(tile), tile.id, tile.kind.replace("_", " "), said))
    if journey.first is not None:
        ways.append(_Leading(0, 1))
    for number, tile in enumerate(journey.tiles, 1):
        for path, target in tile.targets.items():
            if target is None:
                steps.append(_Step("completed"))
                there = len(steps) - 1
            elif target in numbers:
                there = numbers[target]
            else:
                there = numbers[target] = len(steps)
                steps.append(_Step("missing", target, "no such tile"))
            alone = len(tile.targets) == 1
            ways.append(_Leading(number, there, *(("", "") if alone else _way(tile, path))))
    return steps, ways


def _sort(tile: BaseTile) -> str:
    if not tile.targets:
        return "ends"
    if tile.waits or tile.watches:
        return "waits"
    return "parts" if len(tile.targets) > 1 else "acts"


def _way(tile: BaseTile, path: str) -> tuple[str, str]:
    """Return what the way at *path* is called, and what it is taken on."""
    *steps, last = path.split("/")
    here: Any = tile
    for step in steps:
        here = here[int(step)] if isinstance(here, list | tuple) else _setting(here, step)
    if here is tile or not isinstance(here, BaseModel):
        return (last.replace("_", " "), "")
    name = str(getattr(here, "name", "") or getattr(here, "trigger", "") or path)
    said = summary(here, leave={"name", "trigger", last})
    return (f"{name}, {said}", "") if 0 < len(said) <= SHORT else (name, said)


def _setting(here: Any, step: str) -> Any:
    if not isinstance(here, BaseModel):
        return here[step]
    names = {about.alias or name: name for name, about in type(here).model_fields.items()}
    return getattr(here, names[step])


def _picture(
    journey: Journey, steps: list[_Step], ways: list[_Leading], placed: Layout
) -> Iterator[str]:
    notes = [*_notes(journey)]
    wide = max(placed.right - placed.left + 2 * MARGIN, LEAST)
    left = (placed.left + placed.right - wide) / 2
    room = int((wide - 2 * MARGIN) / 6.4)
    lines = [(note, line) for note in notes for line in _folded(note, room, 3)]
    head = MARGIN + 24 + LINE * len(lines) + MARGIN
    high = head + (max(placed.rows) + 1) * (HEIGHT + BETWEEN) - BETWEEN + MARGIN
    name = escape(journey.name)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="{_at(left)} 0 {_at(wide)} {_at(high)}" width="{_at(wide)}" height="{_at(high)}">'
    )
    yield f'<title id="{name}-title">{_safe(journey.title or journey.name)}</title>'
    yield f'<desc id="{name}-desc">{_safe(_told(steps, ways, notes))}</desc>'
    yield f"<style>{_STYLE}</style>"
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    yield f'<rect class="paper" x="{_at(left)}" width="{_at(wide)}" height="{_at(high)}"/>'
    yield _text("title", left + MARGIN, MARGIN + 12, journey.title or journey.name, wide / 9)
    for number, (note, line) in enumerate(lines, 1):
        y = MARGIN + 18 + LINE * number
        yield f"<g><title>{_safe(note)}</title>{_text('small', left + MARGIN, y, line, room)}</g>"
    tops = [head + row * (HEIGHT + BETWEEN) for row in placed.rows]
    labels = []
    for way, route in zip(ways, placed.routes, strict=True):
        drawn, x, y = _line(way, route, placed, tops)
        yield f'<path class="way{" back" if route.loop is not None else ""}" d="{drawn}" marker-end="url(#tip)"/>'
        if route.jump is not None:
            labels.append(_text("label", route.jump, y + 26, f"→ {steps[way.target].name}", 24))
        if way.label:
            said = f"<title>{_safe(f'{way.label}: {way.said}' if way.said else way.label)}</title>"
            labels.append(f"<g>{said}{_text('label', x, y, way.label, 24)}</g>")
    for step, x, top in zip(steps, placed.xs, tops, strict=True):
        yield from _drawn(step, x, top)
    yield from labels
    yield "</svg>"


def _notes(journey: Journey) -> Iterator[str]:
    """Yield the goal and the ways to leave early, which hold wherever a participant stands."""
    if journey.goal is not None:
        yield f"Goal: {_heard(journey.goal)}"
    for each in journey.exits:
        yield f"Leaves on: {_heard(each)}"


def _heard(listening: Listening) -> str:
    more = summary(listening, leave=("trigger",))
    return f"{listening.trigger}{', ' * bool(more)}{more}"


def _line(
    way: _Leading, route: Route, placed: Layout, tops: list[float]
) -> tuple[str, float, float]:
    """Return the path of a way, and where its label stands."""
    x, y = placed.xs[way.source], tops[way.source] + HEIGHT
    to, end = placed.xs[way.target], tops[way.target]
    if route.loop is not None:
        out, back = y + 16, end - 16
        path = f"M{_at(x)} {_at(y)}V{_at(out)}H{_at(route.loop)}V{_at(back)}H{_at(to)}V{_at(end)}"
        return path, x + (46 if route.loop > x else -46), out + 4
    if route.jump is not None:
        return f"{_curve((x, y), (route.jump, y + 36), start=True)}", *_within(
            x, y, route.jump, y + 36
        )
    label = _within(x, y, route.xs[0] if route.xs else to, y + BETWEEN)
    path = f"M{_at(x)} {_at(y)}"
    for lane in route.xs:
        path += _curve((x, y), (lane, y + BETWEEN)) + f"V{_at(y + BETWEEN + HEIGHT)}"
        x, y = lane, y + BETWEEN + HEIGHT
    return path + _curve((x, y), (to, end)), *label


def _curve(
    from_: tuple[float, float], to: tuple[float, float], *, start: bool = False
) -> str:  # fmt: skip
    (x, y), (to_x, to_y) = from_, to
    middle = (y + to_y) / 2
    begins = f"M{_at(x)} {_at(y)}" if start else ""
    return f"{begins}C{_at(x)} {_at(middle)} {_at(to_x)} {_at(middle)} {_at(to_x)} {_at(to_y)}"


def _within(x: float, y: float, to_x: float, to_y: float) -> tuple[float, float]:
    """Return where on a curve a label stands: nearer to where it leads, away from the others."""
    return x + (to_x - x) * 0.65, y + (to_y - y) * 0.58 + 4


def _drawn(step: _Step, x: float, top: float) -> Iterator[str]:
    if step.sort == "completed":
        yield (
            f'<g><title>completed</title><circle class="end" cx="{_at(x)}" cy="{_at(top + 9)}" r="9"/>'
            f'<circle class="paper" cx="{_at(x)}" cy="{_at(top + 9)}" r="4"/>'
            f'<text class="small middle" x="{_at(x)}" y="{_at(top + 33)}">completed</text></g>'
        )
        return
    left, text = x - WIDTH / 2, x - WIDTH / 2 + 16
    yield f'<g class="{step.sort}-step"><title>{_safe(_whole(step))}</title>'
    yield (
        f'<rect class="box" x="{_at(left)}" y="{_at(top)}" width="{_at(WIDTH)}" height="{_at(HEIGHT)}" rx="7"/>'
        f'<rect class="bar {step.sort}" x="{_at(left)}" y="{_at(top + 8)}" width="4" height="{_at(HEIGHT - 16)}"/>'
    )
    yield _text("small", text, top + 18, step.kind, 36)
    yield _text("name", text, top + 36, step.name, 30)
    for number, line in enumerate(_folded(step.said, 35, 2)):
        yield _text("small", text, top + 54 + 15 * number, line, 35)
    yield "</g>"


def _whole(step: _Step) -> str:
    return f"{step.kind} {step.name}{': ' * bool(step.said)}{step.said}"


def _told(steps: list[_Step], ways: list[_Leading], notes: list[str]) -> str:
    """Return the picture in words."""
    said = [
        f"{step.kind} {step.name}{': ' * bool(step.said)}{step.said}" for step in steps if step.name
    ]
    led = [
        f"{steps[way.source].name} leads{' on ' * bool(way.label)}{way.label} to "
        f"{steps[way.target].name or 'the end'}"
        for way in ways
    ]
    return ". ".join([*notes, *said, *led]) + "."


def _text(style: str, x: float, y: float, text: str, room: float) -> str:
    return f'<text class="{style}" x="{_at(x)}" y="{_at(y)}">{_safe(_cut(text, int(room)))}</text>'


def _folded(text: str, room: int, most: int) -> list[str]:
    """Return *text* in lines of *room* letters, at *most* so many; what is left over is cut off."""
    lines: list[str] = []
    for word in text.split():
        line = f"{lines[-1]} {word}" if lines else word
        if lines and (len(lines) == most or len(line) <= room):
            lines[-1] = line
        else:
            lines.append(word)
    return [_cut(line, room) for line in lines]


def _cut(text: str, room: int) -> str:
    """Return as much of *text* as *room* letters take; wide letters take two."""
    text = " ".join(text.split())
    taken = 0
    for index, letter in enumerate(text):
        taken += 2 if east_asian_width(letter) in "WF" else 1
        if taken > room:
            return text[: index - 1].rstrip() + "…"
    return text


def _safe(text: str) -> str:
    """Return *text* as it may stand in XML."""
    return escape(_UNPRINTABLE.sub("\ufffd", text))


def _at(place: float) -> str:
    """Return a coordinate, as short as it can be told."""
    return f"{place:.1f}".removesuffix(".0")
