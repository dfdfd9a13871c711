"""`make bench`: measure all but what takes long, or only the parts that are named, and show it."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, show
from bench.growth import costs
from bench.instances import instances_per_second
from bench.intake import changes_per_second
from bench.simulation import checks_per_second, tiles_per_second
from bench.starting import starts_per_second
from bench.stopping import stops_per_second
from bench.whole import burst, passes_per_minute, waiting, waits_when_idle

PARTS: dict[str, Callable[[Path], list[Figure]]] = {
    "intake": changes_per_second,
    "growth": costs,
    "idle": lambda folder: asyncio.run(waits_when_idle(folder)),
    "passing": lambda folder: asyncio.run(passes_per_minute(folder)),
    "starting": lambda folder: asyncio.run(starts_per_second(folder)),
    "instances": lambda folder: asyncio.run(instances_per_second(folder)),
    "stopping": lambda folder: asyncio.run(stops_per_second(folder)),
    "simulation": lambda _: [tiles_per_second(), checks_per_second()],
    "burst": lambda folder: asyncio.run(burst(folder)),
    "waiting": lambda folder: asyncio.run(waiting(folder)),
}
LONG = {"burst", "waiting"}
"""They take many minutes: only by name."""

reading = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
reading.add_argument("part", nargs="*", help=", ".join(PARTS))
named = reading.parse_args().part
if unknown := [part for part in named if part not in PARTS]:
    reading.error(f"Expected some of {', '.join(PARTS)}, but there is no {', '.join(unknown)}.")

with tempfile.TemporaryDirectory() as folder:
    measured = named or [part for part in PARTS if part not in LONG]
    show([figure for part in measured for figure in PARTS[part](Path(folder))])
