"""The command that plays a scenario with a journey from a file; it needs no gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from commands.answering import bundle_in, bytes_of, err, give_up, out, say

if TYPE_CHECKING:
    from journeys.bundle import Bundle
    from journeys.journey import Journey
    from journeys.simulated import Simulated

_NOBODY_ENTERED = 2

Name = Annotated[str | None, Parameter(name="--journey", help="Which journey of the bundle.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print it as JSON.")]


def simulate(
    bundle: Path, scenario: Path, *, journey: Name = None, as_json: AsJson = False
) -> None:
    """Say what a journey in a bundle would do when what is in the scenario happens, on a virtual clock.

    The scenario is what the gateway's `simulate` takes, or only a record change or an event; the
    records of the bundle are there too. Exits with 1 where something is wrong with the files, with
    2 where nobody enters the journey.
    """
    parts = bundle_in(bundle)
    drawn = _journey(parts, bundle, journey)
    shown = _tried(parts, drawn, scenario)
    if as_json:
        out.file.write(shown.model_dump_json(exclude_unset=True, indent=2) + "\n")
    else:
        _print(shown, drawn)
    if not shown.entered:
        raise SystemExit(_NOBODY_ENTERED)


def _journey(parts: "Bundle", file: Path, name: str | None) -> "Journey":
    found = [each for each in parts.journeys if name in (None, each.name)]
    if len(found) != 1:
        names = ", ".join(each.name for each in parts.journeys) or "none"
        wanted = f"a journey called {name}" if name else "--journey to name one of its journeys"
        give_up(f"{file}: Expected {wanted}, but they are {names}.")
    return found[0]


def _tried(parts: "Bundle", drawn: "Journey", file: Path) -> "Simulated":
    from datetime import UTC, datetime

    from dev.trial import read_scenario, tried
    from journeys.problem import Problems

    now = datetime.now(UTC)  # noqa: TID251 - the edge
    try:
        return tried(parts, drawn, read_scenario(bytes_of(file), file.suffix), now)
    except Problems as found:
        err.print(f"{file} cannot be played with {drawn.name}:", markup=False)
        say(found.problems, err)
        raise SystemExit(1) from None
    except ValueError as error:
        give_up(f"{file}: {error}")


def _print(shown: "Simulated", drawn: "Journey") -> None:
    from journeys.narrating import heading, passages, printed

    for passage in passages(shown):
        out.print(heading(passage), markup=False, style="bold")
        for line in printed(passage, drawn.zone):
            out.print(line, markup=False)
    for problem in shown.problems:
        err.print(f"{problem.path}: {problem.message}", markup=False)
    if shown.stopped:
        err.print(shown.stopped, markup=False)
