"""`make chaos`: thousands of changes in flight, everything killed again and again, and what came of it."""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from tests.chaos.breaking import CUT, FULL, OUTAGE, Course, course
from tests.chaos.system import System, system

TIMES = {"gateway": 8, "worker": 6, "temporal": 5, "inbox": 5, OUTAGE: 1, CUT: 3, FULL: 2}
_PATIENCE = 300.0

out = Console(highlight=False)


async def break_things(parcels: int, seed: int, outage: float) -> int:
    """Run the long form; print what came of it and return how many promises were broken."""
    with tempfile.TemporaryDirectory(prefix="sojourn-chaos-") as folder:
        async with system(Path(folder)) as whole:
            try:
                went = await course(whole, parcels, TIMES, seed, patience=_PATIENCE, outage=outage)
            except BaseException:
                _show_logs(whole)
                raise
            wrong = went.broken_promises()
            out.print(_grid(went))
            for sentence in wrong:
                out.print(sentence, markup=False)
            if wrong:
                _show_logs(whole)
            return len(wrong)


def _grid(went: Course) -> Grid:
    answers = ", ".join(f"{count} x {status}" for status, count in went.post.statuses.items())
    troubles = ", ".join(f"{count} x {kind}" for kind, count in went.post.trouble.items())
    grid = Grid("what", "how many", box=None, pad_edge=False)
    for what, count in {
        "changes sent": went.sent,
        "changes answered with success": len(went.post.answered),
        "requests answered": answers,
        "requests not answered, and sent again": troubles or "none",
        "entries (instances)": went.store["instances"],
        "instances completed": went.store["instances completed"],
        "messages in the store": went.store["messages sent"],
        "Message-IDs at the mail server": sum(map(len, went.effects.ids.values())),
        "mails repeated under their Message-ID": went.effects.repeated,
        **{f"kills of {name}": count for name, count in went.kills.items()},
        **{f"times that {name}": went.blows[name] for name in (OUTAGE, CUT, FULL)},
        "seconds": f"{went.seconds:.0f}",
        "promises broken": len(went.broken_promises()),
    }.items():
        grid.add_row(what, str(count))
    return grid


def _show_logs(whole: System) -> None:
    for name in whole.parts:
        for line in whole.said(name).splitlines()[-40:]:
            out.print(f"{name}: {line}", markup=False)


def main() -> int:
    """Read what was asked for, and say how to have the same blows again."""
    words = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    words.add_argument("--parcels", type=int, default=750, help="four changes and a mail each")
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    words.add_argument("--outage", type=float, default=60.0, help="seconds without Temporal")
    asked = words.parse_args()
    out.print(f"The seed is {asked.seed}: --seed {asked.seed} breaks the same things again.")
    return asyncio.run(break_things(asked.parcels, asked.seed, asked.outage))


if __name__ == "__main__":
    sys.exit(main() > 0)
