"""Answering: what a command prints, and how it ends where it cannot go on."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from cyclopts import Parameter
from rich.console import Console

if TYPE_CHECKING:
    import httpx

    from journeys.bundle import Bundle
    from journeys.problem import Problem

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

KEY = "SOJOURN_KEY"
"""The variable with the key for a gateway that asks for one."""

Url = Annotated[str, Parameter(env_var="SOJOURN_URL", help="Where the gateway is.")]
HERE = "http://127.0.0.1:8000"


def give_up(sentence: str) -> NoReturn:
    """Say why the command cannot go on, and end it with 1."""
    err.print(sentence, markup=False)
    raise SystemExit(1)


def say(problems: "Iterable[Problem]", where: Console = out) -> None:
    """Print each problem with its place."""
    for problem in problems:
        where.print(f"  {problem.path}: {problem.message}", markup=False)


def at(
    url: str, work: "Callable[[httpx.AsyncClient], Awaitable[None]]", patience: float | None = 30
) -> None:
    """Do *work* with a client of the gateway at *url*; say in a sentence why it did not work.

    An answer is waited for *patience* seconds, or as long as it takes.
    """
    import httpx

    from dev.bundles import NotTaken

    key = os.environ.get(KEY)
    headers = {"authorization": f"Bearer {key}"} if key else {}

    async def do() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=patience, headers=headers) as there:
            await work(there)

    try:
        asyncio.run(do())
    except httpx.TransportError:
        give_up(f"Expected a gateway at {url}, but none answers: is it running?")
    except NotTaken as error:
        give_up(str(error))


def bytes_of(file: Path) -> bytes:
    """Return what is in *file*, or say why it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        give_up(f"{file}: Expected a file that can be read, but: {error.strerror}.")


def json_of(file: Path) -> Any:
    """Return the JSON in *file* (`-` = standard input), or say why there is none."""
    import orjson

    raw = sys.stdin.buffer.read() if str(file) == "-" else bytes_of(file)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        give_up(f"{file}: Expected JSON, but {error}.")


def bundle_in(file: Path) -> "Bundle":
    """Return the bundle in *file*, or say everything that is wrong with it."""
    from journeys.problem import Problems
    from journeys.text import read

    raw = bytes_of(file)
    try:
        return read(raw, file.suffix)
    except Problems as found:
        err.print(f"{file} is not a bundle as expected:", markup=False)
        say(found.problems, err)
        raise SystemExit(1) from None
    except ValueError as error:
        give_up(f"{file}: {error}")


def write(text: str, file: Path | None) -> None:
    """Write *text* to *file*, or to standard output where there is none."""
    if file is None:
        out.file.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        give_up(f"{file}: Expected a file that can be written, but: {error.strerror}.")
