"""`make chaos`: thousands of changes in flight, everything killed again and again, and what came of it."""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from tests.chaos.breaking import CUT, FULL, STILL, TAKEN
from tests.chaos.course import Course, course
from tests.chaos.system import System, system

TIMES = {"gateway": 8, "worker": 6, "temporal": 5, "inbox": 5, CUT: 3, STILL: 2, FULL: 2}
ON_POSTGRESQL = {"second gateway": 8, "postgresql": 6, TAKEN: 3}
"""What is broken besides, and how often: there the server is a part, and there are two gateways."""

_PATIENCE = 300.0
_LONGEST = 1_200.0
"""Seconds for each database, besides the outage."""

out = Console(highlight=False, width=120)


async def break_things(database: str, parcels: int, seed: int, outage: int) -> int:
    """Run the long form on *database*; print what came of it, return how many promises were broken."""
    times = TIMES | (ON_POSTGRESQL if database == "postgresql" else {})
    with tempfile.TemporaryDirectory(prefix="sojourn-chaos-") as folder:
        async with system(Path(folder), database) as whole:
            try:
                async with asyncio.timeout(_LONGEST + outage):
                    went = await course(
                        whole, parcels, times, seed, patience=_PATIENCE, outage=outage
                    )
            except BaseException:
                _show_logs(whole)
                raise
            wrong = went.broken_promises()
            out.print(_grid(database, went))
            for sentence in wrong:
                out.print(sentence, markup=False)
            if wrong:
                _show_logs(whole)
            return len(wrong)


def _grid(database: str, went: Course) -> Grid:
    answers = ", ".join(f"{count} x {status}" for status, count in went.post.statuses.items())
    troubles = ", ".join(f"{count} x {kind}" for kind, count in went.post.trouble.items())
    away = went.outage
    grid = Grid(f"on {database}", "how many", box=None, pad_edge=False)
    for what, count in {
        "changes sent": went.sent,
        "changes answered with success": len(went.post.answered),
        "requests answered": answers,
        "requests not answered, and sent again": troubles or "none",
        "entries (instances)": went.store["instances"],
        "instances completed": went.store["instances completed"],
        "messages in the store": went.store["messages sent"],
        "commands found done when they were carried again": went.store["commands found done"],
        "Message-IDs at the mail server": sum(map(len, went.effects.ids.values())),
        "mails repeated under their Message-ID": went.effects.repeated,
        **{f"broken: {what}": count for what, count in went.struck.items()},
        **{f"started again by its supervisor: {name}": n for name, n in went.again.items()},
        "seconds without Temporal at the end": f"{away.seconds:.0f}",
        "  changes accepted meanwhile": away.accepted,
        "  seconds to the slowest answer": f"{away.slowest:.2f}",
        "  commands waiting at its end": away.waiting,
        "  seconds until all was done": f"{away.caught_up:.0f}",
        "seconds in all": f"{went.seconds:.0f}",
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
    words.add_argument("database", nargs="?", choices=("sqlite", "postgresql"), help="not both")
    words.add_argument("--parcels", type=int, default=750, help="four changes and a mail each")
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    words.add_argument("--outage", type=int, default=60, help="seconds without Temporal")
    asked = words.parse_args()
    out.print(f"The seed is {asked.seed}: --seed {asked.seed} breaks the same things again.")
    return sum(
        asyncio.run(break_things(database, asked.parcels, asked.seed, asked.outage))
        for database in ([asked.database] if asked.database else ["sqlite", "postgresql"])
    )


if __name__ == "__main__":
    sys.exit(main() > 0)
