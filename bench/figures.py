"""Figures, how they are shown, and where they are kept."""

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from os import cpu_count
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

_WHOLE = 100
"""From here on nobody asks for what comes after the point."""

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Figure:
    """One figure: *value* of ours and *floor* of the least that has to be done, both in *unit*."""

    name: str
    value: float
    unit: str
    floor: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.value / self.floor


def show(figures: Sequence[Figure]) -> None:
    """Print *figures* and keep them in bench/results.json, beside those not measured this time."""
    grid = Table("figure", "ours", "floor", "ratio", "unit", box=None, pad_edge=False)
    for each in figures:
        floor = "-" if each.floor is None else _said(each.floor)
        ratio = "-" if each.ratio is None else f"{each.ratio:.2f}"
        grid.add_row(each.name, _said(each.value), floor, ratio, each.unit)
    Console(soft_wrap=True).print(grid)
    machine = f"{platform.machine()}, {cpu_count()} cores, Python {platform.python_version()}"
    before = orjson.loads(RESULTS.read_bytes()) if RESULTS.exists() else []
    kept = {each["name"]: each for each in before}
    for each in figures:
        kept[each.name] = {**asdict(each), "ratio": each.ratio, "machine": machine}
    RESULTS.write_bytes(orjson.dumps(list(kept.values()), option=orjson.OPT_INDENT_2))


def _said(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE or value == int(value) else f"{value:,.2f}"
