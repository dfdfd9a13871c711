"""The `sojourn` command, as somebody types it."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

SOJOURN = Path(sys.executable).with_name("sojourn")
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Said:
    """What a command said, and the code it left with."""

    code: int
    out: str
    err: str


async def sojourn(*words: str | Path, url: str = NOWHERE, given: bytes = b"") -> Said:
    """Run the command with *words*, as from a shell of 120 columns."""
    process = await asyncio.create_subprocess_exec(
        SOJOURN,
        *map(str, words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "SOJOURN_URL": url, "COLUMNS": "120"},
    )
    out, err = await process.communicate(given)
    return Said(process.returncode or 0, out.decode(), err.decode())
