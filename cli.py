"""The `sojourn` command: everything in `commands/`, put together."""

import sys

from cyclopts import App

from commands import changes, dataverse, journeys, keys, sources, store, system
from commands.simulate import simulate

app = App(name="sojourn", help="Customer journeys that start, move and end on record changes.")
for command in (
    system.dev,
    system.gateway,
    system.worker,
    store.migrate,
    store.prune,
    simulate,
    journeys.app,
    changes.app,
    sources.app,
    dataverse.app,
    keys.app,
):
    app.command(command)


def main() -> None:
    """Run the command, and leave at once when it is done."""
    try:
        app()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
