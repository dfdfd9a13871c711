"""The `sojourn` command: run the system or a part of it, and bring things to a running gateway."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
from cyclopts import App, Parameter
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table as Grid

from dev.bundles import NotTaken, ask, bring
from dev.logs import log_plainly
from dev.run import Addresses, run, run_gateway, run_worker
from journeys.bundle import Bundle, catalogue_of
from journeys.problem import Problem, problems_of_shape
from journeys.publishing import problems
from settings import CannotStart, read_settings
from store.builtin import builtin_tables

app = App(name="sojourn", help="Customer journeys that start, move and end on record changes.")
journeys = App(name="journeys", help="Journeys as files, and in a running gateway.")
changes = App(name="changes", help="Record changes, as a system sends them.")
app.command(journeys)
app.command(changes)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Url = Annotated[str, Parameter(env_var="SOJOURN_URL", help="Where the gateway is.")]
HERE = "http://127.0.0.1:8000"


@app.command
def dev() -> None:
    """Run the whole system on this machine, with the examples live, until Ctrl-C."""
    _until_stopped(run(read_settings(), _say_where))


@app.command
def gateway() -> None:
    """Run a gateway: it takes changes in and carries commands to Temporal."""
    _until_stopped(run_gateway(read_settings()))


@app.command
def worker() -> None:
    """Run a worker: it carries the instances out and sends their messages."""
    _until_stopped(run_worker(read_settings()))


@journeys.command
def validate(*files: Path) -> None:
    """Say everything that keeps the journeys in these bundles from going live.

    The triggers of the bundles count as ready. Exits with 1 where there is a problem.
    """
    bundles = [_bundle(file) for file in files]
    catalogue = catalogue_of(builtin_tables(), bundles)
    wrong = 0
    for bundle in bundles:
        for journey in bundle.journeys:
            found = problems(journey, catalogue)
            wrong += len(found)
            out.print(f"{journey.name}: {len(found) or 'no'} problem{'s' * (len(found) != 1)}")
            _say(found)
    if wrong:
        sys.exit(1)


@journeys.command
def publish(*files: Path, url: Url = HERE) -> None:
    """Bring the bundles to the gateway and publish their journeys; again changes nothing."""

    async def bring_all(there: httpx.AsyncClient) -> None:
        for file in files:
            bundle = _bundle(file)
            await bring(json.loads(file.read_bytes()), there)
            for journey in bundle.journeys:
                now = await ask(there, "GET", f"/v1/journeys/{journey.name}")
                out.print(f"{journey.name} is {now['state']}, version {now['version']}")

    _at(url, bring_all)


@journeys.command(name="list")
def list_(*, url: Url = HERE) -> None:
    """List the gateway's journeys."""

    async def show(there: httpx.AsyncClient) -> None:
        grid = Grid("name", "state", "version", "title", box=None, pad_edge=False)
        for journey in (await ask(there, "GET", "/v1/journeys"))["items"]:
            grid.add_row(
                journey["name"],
                journey["state"],
                str(journey["version"] or "-"),
                journey["title"],
            )
        out.print(grid)

    _at(url, show)


@changes.command
def send(file: Annotated[Path, Parameter(allow_leading_hyphen=True)], *, url: Url = HERE) -> None:
    """Send the record changes in a file (`-` = standard input): JSON, a list, or NDJSON.

    Exits with 1 where one of them is refused; the others went in.
    """
    raw = sys.stdin.buffer.read() if str(file) == "-" else _bytes(file)
    lines = file.suffix in (".ndjson", ".jsonl")
    kind = "application/x-ndjson" if lines else "application/json"

    async def post(there: httpx.AsyncClient) -> None:
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

    _at(url, post)


def _say_where(addresses: Addresses) -> None:
    out.print("Sojourn is running. Ctrl-C stops it; started again, it goes on where it was.\n")
    out.print(f"  Gateway      {addresses.gateway}")
    out.print(f"  Temporal UI  {addresses.temporal_ui}")
    out.print(f"  Inbox        {addresses.inbox}")


def _until_stopped(running: Coroutine[Any, Any, None]) -> None:
    log_plainly()
    asyncio.run(running)


def _at(url: str, work: Any) -> None:
    """Do *work* with a client of the gateway at *url*; say in a sentence why it did not work."""

    async def do() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=30) as there:
            await work(there)

    try:
        asyncio.run(do())
    except httpx.TransportError:
        _give_up(f"Expected a gateway at {url}, but none answers: is it running?")
    except NotTaken as error:
        _give_up(str(error))


def _bundle(file: Path) -> Bundle:
    raw = _bytes(file)
    try:
        body = json.loads(raw)
    except ValueError as error:
        _give_up(f"{file}: Expected JSON, but {error}.")
    try:
        return Bundle.model_validate(body)
    except ValidationError as error:
        err.print(f"{file} is not a bundle as expected:", markup=False)
        _say(problems_of_shape(error, body), err)
        sys.exit(1)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _give_up(f"{file}: Expected a file that can be read, but: {error.strerror}.")


def _say(found: tuple[Problem, ...], where: Console = out) -> None:
    for problem in found:
        where.print(f"  {problem.path}: {problem.message}", markup=False)


def _give_up(sentence: str) -> NoReturn:
    err.print(sentence, markup=False)
    sys.exit(1)


def main() -> None:
    """Run the command, and leave at once when it is done."""
    try:
        app()
    except CannotStart as error:
        _give_up(str(error))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
