"""Logs: what goes wrong is told with the way it came, and nothing of whom it was about."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAILS = """
import asyncio, logging, structlog
from dev.logs import log_plainly
log_plainly()
def greet(person):
    raise LookupError(f"Dear {person}")
"""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            "try: greet('ana@example.org')\n"
            "except LookupError: logging.getLogger('any').exception('it failed')",
            id="a library that logs it",
        ),
        pytest.param(
            "try: greet('ana@example.org')\n"
            "except LookupError: structlog.get_logger().exception('it failed')",
            id="we ourselves",
        ),
        pytest.param(
            "async def fail(): greet('ana@example.org')\n"
            "async def nobody_asks():\n"
            "    failing = asyncio.create_task(fail())\n"
            "    await asyncio.wait([failing])\n"
            "asyncio.run(nobody_asks())",
            id="a task that nobody asks for",
        ),
    ],
)
def test_the_way_of_an_error_is_logged_and_not_its_words(more: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FAILS + more], cwd=ROOT, capture_output=True, text=True, check=True
    ).stderr

    assert "in greet" in said
    assert "builtins.LookupError" in said
    assert "ana" not in said
