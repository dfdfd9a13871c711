"""Commands for sources: the systems that post to a running gateway."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from commands.answering import HERE, Url, at, give_up, json_of, out

if TYPE_CHECKING:
    import httpx

app = App(name="sources", help="The systems that post to a running gateway.")

Json = Annotated[Path, Parameter(allow_leading_hyphen=True)]


@app.command(name="list")
def list_(*, url: Url = HERE) -> None:
    """List the sources, with what came from each."""
    from rich.table import Table as Grid

    from dev.bundles import ask

    async def show(there: "httpx.AsyncClient") -> None:
        counted = ("accepted", "duplicates", "refused", "ignored", "last_hour")
        grid = Grid(box=None, pad_edge=False)
        for head in ("name", "format", "last", *counted):
            grid.add_column(head.replace("_", " "), overflow="fold")
        for each in (await ask(there, "GET", "/v1/sources"))["items"]:
            last = (each["last_received_at"] or "-")[:10]
            grid.add_row(each["name"], each["format"], last, *(str(each[name]) for name in counted))
        out.print(grid)

    at(url, show)


@app.command
def show(name: str, *, url: Url = HERE) -> None:
    """Print a source as JSON, without what lets it in."""
    from dev.bundles import ask

    async def print_it(there: "httpx.AsyncClient") -> None:
        _print(await ask(there, "GET", f"/v1/sources/{name}"))

    at(url, print_it)


@app.command
def add(file: Json, *, url: Url = HERE) -> None:
    """Declare the source in a JSON file (`-` = standard input), or replace it; print its address.

    It has `name`, `format`, and `settings` and `credentials` where there are any.
    """
    from dev.bundles import ask

    source = json_of(file)
    name = source.get("name") if isinstance(source, dict) else None
    if not isinstance(name, str):
        give_up(f"{file}: Expected a source with a name, but it has none.")

    async def put(there: "httpx.AsyncClient") -> None:
        out.print((await ask(there, "PUT", f"/v1/sources/{name}", source))["url"], markup=False)

    at(url, put)


@app.command(name="try")
def try_(
    name: str,
    file: Json,
    *,
    headers: Annotated[
        tuple[str, ...], Parameter(name="--header", help="A header `Name: value`; again for more.")
    ] = (),
    settings: Annotated[
        Path | None, Parameter(help="A JSON file with settings to try instead of its own.")
    ] = None,
    url: Url = HERE,
) -> None:
    """Print what is understood of a body in a JSON file (`-` = standard input); it changes nothing.

    Exits with 1 where something would be refused.
    """
    from dev.bundles import ask

    named = [each.partition(":") for each in headers]
    pasted: dict[str, Any] = {
        "body": json_of(file),
        "headers": {name.strip(): value.strip() for name, _, value in named},
    }
    if settings is not None:
        pasted["settings"] = json_of(settings)

    async def post(there: "httpx.AsyncClient") -> None:
        tried = await ask(there, "POST", f"/v1/sources/{name}/try", pasted)
        _print(tried)
        if any(each["problems"] for each in tried["understood"]):
            sys.exit(1)

    at(url, post)


@app.command
def remove(name: str, *, url: Url = HERE) -> None:
    """Forget a source: from now on it is let in no more."""
    from dev.bundles import ask

    async def delete(there: "httpx.AsyncClient") -> None:
        await ask(there, "DELETE", f"/v1/sources/{name}")
        out.print(f"{name} is removed", markup=False)

    at(url, delete)


def _print(answer: Any) -> None:
    import orjson

    out.print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode(), markup=False)
