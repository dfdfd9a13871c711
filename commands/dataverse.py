"""Commands for a source that is connected to Dataverse, through a running gateway."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from commands.answering import HERE, Url, at, give_up, json_of, out

if TYPE_CHECKING:
    import httpx

app = App(name="dataverse", help="A source that is connected to Dataverse.")
tables = App(name="tables", help="Tables as Dataverse defines them.")
app.command(tables)

Source = Annotated[str, Parameter(help="The source, as it is declared.")]


@tables.command(name="import")
def import_(
    *names: str,
    source: Source = "dataverse",
    file: Annotated[
        Path | None, Parameter(help="Read a saved answer of EntityDefinitions instead.")
    ] = None,
    people: Annotated[
        tuple[str, ...], Parameter(help="A table that holds people; again for more.")
    ] = (),
    dry_run: Annotated[
        bool, Parameter(help="Print what would change, and change nothing.")
    ] = False,
    url: Url = HERE,
) -> None:
    """Declare the tables called NAMES, with their types, choices and lookups; print what changes."""
    if bool(names) == (file is not None):
        give_up("Expected names of tables or a --file, but there are both or neither.")
    where: dict[str, Any] = {"tables": names} if file is None else {"definitions": json_of(file)}
    wanted = {**where, "people": people, "dry_run": dry_run}

    async def post(there: "httpx.AsyncClient") -> None:
        from dev.bundles import ask

        done = await ask(there, "POST", f"/v1/sources/{source}/tables", wanted)
        for each in done["tables"]:
            added, changed = (", ".join(each[what]) for what in ("added", "changed"))
            out.print(f"{each['table']}: {each['state']}", markup=False)
            if each["state"] == "new":
                out.print(f"  {len(each['added'])} columns", markup=False)
                continue
            for sign, columns in (("+", added), ("~", changed)):
                if columns:
                    out.print(f"  {sign} {columns}", markup=False)

    at(url, post)


@app.command
def register(
    *names: str,
    source: Source = "dataverse",
    to: Annotated[
        str | None, Parameter(help="Where Dataverse reaches the source: …/v1/sources/NAME/in.")
    ] = None,
    url: Url = HERE,
) -> None:
    """Let Dataverse post every change of the tables called NAMES, or of all that are kept in step."""
    wanted = {"tables": names, "url": to}

    async def post(there: "httpx.AsyncClient") -> None:
        from dev.bundles import ask

        done = await ask(there, "POST", f"/v1/sources/{source}/register", wanted)
        out.print(f"{done['url']}: {done['webhook']}", markup=False)
        out.print(f"  {', '.join(done['tables'])}: {done['made']} registered", markup=False)

    at(url, post)


@app.command
def repair(*, source: Source = "dataverse", url: Url = HERE) -> None:
    """Ask Dataverse now for what changed, and print how much of it its webhooks missed.

    Exits with 1 where a table could not be asked for.
    """

    async def post(there: "httpx.AsyncClient") -> None:
        from dev.bundles import ask

        done = (await ask(there, "POST", f"/v1/sources/{source}/repair"))["tables"]
        for each in done:
            what = "rows" if each["full"] else "changes"
            said = each["problem"] or f"{each['rows']} {what}, {each['missed']} missed"
            out.print(f"{each['table']}: {said}", markup=False)
        if any(each["problem"] for each in done):
            sys.exit(1)

    at(url, post, patience=None)
