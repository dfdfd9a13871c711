"""Commands for record changes, as a system sends them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from commands.answering import HERE, Url, at, bytes_of, err, out

if TYPE_CHECKING:
    import httpx

app = App(name="changes", help="Record changes, as a system sends them.")


@app.command
def send(file: Annotated[Path, Parameter(allow_leading_hyphen=True)], *, url: Url = HERE) -> None:
    """Send the record changes in a file (`-` = standard input): JSON, a list, or NDJSON.

    Exits with 1 where one of them is refused; the others went in.
    """
    from dev.bundles import NotTaken

    raw = sys.stdin.buffer.read() if str(file) == "-" else bytes_of(file)
    lines = file.suffix in (".ndjson", ".jsonl")
    kind = "application/x-ndjson" if lines else "application/json"

    async def post(there: "httpx.AsyncClient") -> None:
        answer = await there.post("/v1/changes", content=raw, headers={"content-type": kind})
        said = answer.json()
        if not answer.is_success:
            raise NotTaken(said.get("detail", answer.reason_phrase))
        out.print(f"{said['accepted']} accepted, {said['duplicates']} duplicates", end="")
        out.print(f", {len(said['refused'])} refused")
        for refused in said["refused"]:
            err.print(f"item {refused['index']}: {refused['problem']}", markup=False)
        if said["refused"]:
            sys.exit(1)

    at(url, post)
