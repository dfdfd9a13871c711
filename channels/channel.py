"""Channel: how a message leaves for a contact point, and what may keep it from leaving."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Protocol

from journeys.facts import Facts
from journeys.table import Table
from journeys.template import Template


class Rejected(Exception):
    """A message will never leave, and why; without the contact point."""


class Unreachable(Exception):
    """A message did not leave, and may later, and why; without the contact point."""


@dataclass(frozen=True)
class Letter:
    """A message as one person gets it; *sender* and *reply_to* are None where the template has none."""

    subject: str
    text: str
    html: str
    sender: str | None = None
    reply_to: str | None = None


class Channel(Protocol):
    """One way to reach people."""

    def render(
        self,
        template: Template,
        facts: Facts,
        tables: Mapping[str, Table],
        *,
        about: Mapping[str, str] | None = None,
        zone: tzinfo = UTC,
    ) -> Letter:
        """Return what *template* says with *facts*; raise Rejected where it cannot be rendered.

        *about* names the table of what is values rather than a record, by its field
        (`{"trigger": "incident", "tiles.answered": "incident"}`), so that its choices print their
        label; moments are printed in *zone*.
        """

    async def send(self, letter: Letter, to: str, key: str) -> str:
        """Hand *letter* over for the contact point *to*; return the id under which it left.

        The same *key* is the same message: a retry carries the same id. Raises Rejected for what
        will never leave, Unreachable for what may leave later.
        """
