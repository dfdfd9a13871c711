"""What an operator reads of an instance in the Temporal UI, under User Metadata."""

from collections.abc import Sequence
from datetime import UTC, datetime

from journeys.trace import Note
from workflows.state import InstanceState

_SHOWN = 40


def trail(
    state: InstanceState, notes: Sequence[Note], until: datetime | None, earlier: int = 0
) -> str:
    """Return where an instance stands and what happened to it, the last thing first, as Markdown.

    *earlier* is how many lines were written down before *notes* begin, by earlier runs of the
    workflow: they are counted rather than shown. The entry is always the last line.
    """
    shown = notes[-_SHOWN:]
    hidden = earlier + len(notes) - len(shown)
    lines = [f"{_utc(note.at)} {line(note)}" for note in reversed(shown)]
    if hidden:
        lines.append(f"… {hidden} more, in the timeline")
    lines.append(f"{_utc(state.entered_at)} entered")
    return "\n".join(
        [f"{_here(state, notes, until)} Times are UTC.", "", *(f"- {each}" for each in lines)]
    )


def line(note: Note) -> str:
    """Return one line of a timeline in words, without values."""
    said = f"**{note.tile}** {note.what}" if note.tile else note.what
    if note.why:
        said += f": {note.why}"
    if note.target:
        said += f" → {note.target}"
    return said


def _here(state: InstanceState, notes: Sequence[Note], until: datetime | None) -> str:
    for note in notes[-2:]:  # a goal may be reached while the ending is written down
        if note.what == "completed":
            return f"**Completed** at {_utc(note.at)}."
        if note.what == "exited":
            return f"**Exited** at {_utc(note.at)}: {note.why}."
    if state.tile is None:
        return "Not on a tile yet."
    since = state.arrived_at or state.entered_at
    waiting = "" if until is None else f", waiting until **{_utc(until)}**"
    if notes and notes[-1].what == "held":
        waiting = f", **held**: {notes[-1].why}"
    return f"On **{state.tile}** since {_utc(since)}{waiting}."


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
