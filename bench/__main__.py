"""`make bench`: measure everything, or only the parts that are named, and show it."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, show
from bench.instances import instances_per_second
from bench.intake import changes_per_second
from bench.simulation import checks_per_second, tiles_per_second
from bench.starting import starts_per_second
from bench.stopping import stops_per_second

PARTS: dict[str, Callable[[Path], list[Figure]]] = {
    "intake": changes_per_second,
    "starting": lambda folder: asyncio.run(starts_per_second(folder)),
    "instances": lambda folder: asyncio.run(instances_per_second(folder)),
    "stopping": lambda folder: asyncio.run(stops_per_second(folder)),
    "simulation": lambda _: [tiles_per_second(), checks_per_second()],
}

reading = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
reading.add_argument("part", nargs="*", help=", ".join(PARTS))
named = reading.parse_args().part
if unknown := [part for part in named if part not in PARTS]:
    reading.error(f"Expected some of {', '.join(PARTS)}, but there is no {', '.join(unknown)}.")

with tempfile.TemporaryDirectory() as folder:
    show([figure for part in named or PARTS for figure in PARTS[part](Path(folder))])
