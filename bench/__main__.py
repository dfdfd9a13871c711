"""`make bench`: measure everything and show it."""

import asyncio
import tempfile
from pathlib import Path

from bench.figures import show
from bench.instances import instances_per_second
from bench.intake import changes_per_second
from bench.simulation import checks_per_second, tiles_per_second
from bench.stopping import stops_per_second

with tempfile.TemporaryDirectory() as folder:
    show(
        [
            *changes_per_second(Path(folder)),
            *asyncio.run(instances_per_second(Path(folder))),
            *asyncio.run(stops_per_second(Path(folder))),
            tiles_per_second(),
            checks_per_second(),
        ]
    )
