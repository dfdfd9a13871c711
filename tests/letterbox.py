"""A channel for tests and measurements: it renders like any other, and keeps what it is handed."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, tzinfo

from channels.channel import Letter
from channels.rendering import render
from journeys.facts import Facts
from journeys.table import Table
from journeys.template import Template


class Letterbox:
    """A channel that keeps what it is handed, and with which key.

    While there are *troubles*, each try to send raises the next of them. Letters wait at the
    slot while it is not *open*; *at_the_slot* says that one is there.
    """

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []
        self.keys: list[str] = []
        self.troubles: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self.at_the_slot = asyncio.Event()

    def render(
        self,
        template: Template,
        facts: Facts,
        tables: Mapping[str, Table],
        *,
        about: Mapping[str, str] | None = None,
        zone: tzinfo = UTC,
    ) -> Letter:
        return render(template, facts, tables, about=about, zone=zone)

    async def send(self, letter: Letter, to: str, key: str) -> str:
        self.keys.append(key)
        self.at_the_slot.set()
        await self.open.wait()
        if self.troubles:
            raise self.troubles.pop(0)
        self.letters.append((to, letter.subject))
        return key
