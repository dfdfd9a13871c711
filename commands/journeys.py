"""Commands for journeys, as text and in a running gateway."""

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from commands.answering import HERE, Url, at, bundle_in, give_up, out, say, write

if TYPE_CHECKING:
    import httpx

    from journeys.journey import Journey

app = App(name="journeys", help="Journeys as text, and in a running gateway.")

Format = Literal["yaml", "json"]
Into = Annotated[Path | None, Parameter(name=["--output", "-o"], help="The file to write.")]


@app.command
def validate(*files: Path) -> None:
    """Say everything that keeps the journeys in these bundles from going live.

    The triggers of the bundles count as ready. Exits with 1 where there is a problem.
    """
    from journeys.bundle import catalogue_of
    from journeys.publishing import problems
    from store.builtin import builtin_tables

    bundles = [bundle_in(file) for file in files]
    catalogue = catalogue_of(builtin_tables(), bundles)
    wrong = 0
    for bundle in bundles:
        for journey in bundle.journeys:
            found = problems(journey, catalogue)
            wrong += len(found)
            out.print(f"{journey.name}: {len(found) or 'no'} problem{'s' * (len(found) != 1)}")
            say(found)
    if wrong:
        raise SystemExit(1)


@app.command
def publish(*files: Path, url: Url = HERE) -> None:
    """Bring the bundles to the gateway and publish their journeys; again changes nothing."""
    from dev.bundles import ask, bring

    bundles = [bundle_in(file) for file in files]

    async def bring_all(there: "httpx.AsyncClient") -> None:
        for bundle in bundles:
            await bring(bundle, there)
            for journey in bundle.journeys:
                now = await ask(there, "GET", f"/v1/journeys/{journey.name}")
                out.print(f"{journey.name} is {now['state']}, version {now['version']}")

    at(url, bring_all)


@app.command(name="import")
def import_(*files: Path, url: Url = HERE) -> None:
    """Bring the bundles to the gateway, their journeys as drafts; again changes nothing.

    Triggers are made ready. Records, which are there for trying out, are left where they are.
    """
    from dev.bundles import bring_drafts

    bundles = [bundle_in(file) for file in files]

    async def bring_all(there: "httpx.AsyncClient") -> None:
        for bundle in bundles:
            async for part, became in bring_drafts(bundle, there):
                out.print(f"{part}: {became}")

    at(url, bring_all)


@app.command
def export(
    *names: str,
    form: Annotated[Format | None, Parameter(name="--format")] = None,
    output: Into = None,
    url: Url = HERE,
) -> None:
    """Write journeys with the triggers, templates and declared tables they use, as one bundle.

    Without *names*, all of them. The bundle is YAML, unless the format or the name of the file says JSON.
    """
    from dev.bundles import held
    from journeys.exporting import bundle_of
    from journeys.text import WRITERS
    from store.builtin import builtin_tables

    as_json = form == "json" or (form is None and output and output.suffix == ".json")

    async def fetch(there: "httpx.AsyncClient") -> None:
        found = await held(there, names or None)
        for name in names:
            if name not in found.journeys:
                give_up(f"Expected a journey, but there is none called {name!r}.")
        bundle = bundle_of(found.journeys.values(), found.catalogue, builtin_tables())
        write(WRITERS["json" if as_json else "yaml"](bundle), output)

    at(url, fetch)


@app.command
def diff(file: Path, *, url: Url = HERE) -> None:
    """Show what importing a bundle would change in the gateway, line by line.

    Exits with 1 where there is a difference.
    """
    from dev.bundles import counterpart, held
    from journeys.bundle import Bundle
    from journeys.text import to_yaml

    bundle = bundle_in(file).model_copy(update={"records": ()})

    async def compare(there: "httpx.AsyncClient") -> None:
        now = counterpart(bundle, await held(there, [each.name for each in bundle.journeys]))
        before, after = (
            to_yaml(each).splitlines() if each != Bundle() else [] for each in (now, bundle)
        )
        lines = unified_diff(before, after, url, str(file), lineterm="")
        same = True
        for line in lines:
            same = False
            out.print(line, markup=False)
        if not same:
            raise SystemExit(1)

    at(url, compare)


@app.command
def draw(journey: str, *, output: Into = None, url: Url = HERE) -> None:
    """Draw a journey as SVG: one in a bundle's file, or one of the gateway's by its name."""
    from journeys.drawing import drawing

    file = Path(journey)
    if file.suffix in (".json", ".yaml", ".yml") or file.exists():
        drawn = bundle_in(file).journeys
        if len(drawn) != 1:
            give_up(f"{file}: Expected one journey to draw, but there are {len(drawn)}.")
        write(drawing(drawn[0]), output)
        return
    write(drawing(_journey_at(url, journey)), output)


@app.command(name="list")
def list_(*, url: Url = HERE) -> None:
    """List the gateway's journeys."""
    from rich.table import Table as Grid

    from dev.bundles import everything

    async def show(there: "httpx.AsyncClient") -> None:
        grid = Grid("name", "state", "version", "title", box=None, pad_edge=False)
        for journey in await everything(there, "/v1/journeys"):
            version = str(journey["version"] or "-")
            grid.add_row(journey["name"], journey["state"], version, journey["title"])
        out.print(grid)

    at(url, show)


def _journey_at(url: str, name: str) -> "Journey":
    """Return the draft of journey *name* from the gateway."""
    from dev.bundles import held

    found: list[Journey] = []

    async def fetch(there: "httpx.AsyncClient") -> None:
        found.extend((await held(there, [name])).journeys.values())

    at(url, fetch)
    if not found:
        give_up(f"Expected a journey, but there is none called {name!r}.")
    return found[0]
