"""What an operator reads at the top of an instance in the Temporal UI."""

from collections.abc import Sequence
from datetime import datetime

from journeys.trace import Note

_SHOWN = 40


def trail(notes: Sequence[Note], tile: str | None, until: datetime | None) -> str:
    """Return where an instance stands and what happened to it, the last thing first, as Markdown."""
    here = "leaving" if tile is None else f"On **{tile}**"
    waiting = "" if until is None else f" until {until:%Y-%m-%d %H:%M:%S} UTC"
    lines = [f"- {note.at:%Y-%m-%d %H:%M:%S} {line(note)}" for note in reversed(notes[-_SHOWN:])]
    return "\n".join([f"{here}{waiting}", "", *lines])


def line(note: Note) -> str:
    """Return one line of a timeline in words, without values."""
    said = f"**{note.tile}** {note.what}" if note.tile else note.what
    if note.why:
        said += f": {note.why}"
    if note.target:
        said += f" → {note.target}"
    return said
