"""Sending: what a system sends together, and what became of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from journeys.changes import RecordChange, SentTrigger, Values
from journeys.problem import Problem
from journeys.table import Table
from store.sources import Received


@dataclass(frozen=True)
class Unusable:
    """Something that was sent and cannot be used as what it should have been.

    *change* is all that is known of one whose values were left out.
    """

    body: Any
    problems: tuple[Problem, ...]
    change: RecordChange | None = None


Item = RecordChange | SentTrigger | Unusable


def _as_sent(values: Values, table: Table) -> Values:
    return values


@dataclass(frozen=True)
class Sending:
    """What came together: *items* in their order, and how they were sent.

    *form* is `change`, `event`, or a foreign format, in which the *source* of that name sent them
    with such *headers*: by it what was refused is read again. What comes in a foreign format is
    read leniently, since such systems send whole rows unasked: see `Table.read`. *ignored* says
    why nothing came of the rest; a source is counted unless all this was sent *before*. *typed*
    writes a row as the columns of its table have it, where its sender cannot.
    """

    items: Sequence[Item]
    form: str = "change"
    source: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    before: bool = False
    typed: Callable[[Values, Table], Values] = _as_sent

    @property
    def lenient(self) -> bool:
        return self.source is not None

    def read(self, table: Table, values: Values) -> tuple[dict[str, Any], list[Problem]]:
        """Return *values* as *table* keeps them, and everything that is wrong with them."""
        return table.read(self.typed(values, table), lenient=self.lenient)


@dataclass
class Answer:
    """What became of a sending, item by item; each is accepted, a duplicate, refused or ignored."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """Return what the sender is told; most never send what is ignored."""
        return {name: each for name, each in vars(self).items() if each or name != "ignored"}

    def go_on(self, index: int, answer: "Answer", listed: int) -> None:
        """Add the *answer* to what follows from *index* on; no more than *listed* are named one by one."""
        refused = ({**each, "index": index + each["index"]} for each in answer.refused)
        self.accepted += answer.accepted
        self.duplicates += answer.duplicates
        self.refused += islice(refused, listed - len(self.refused))
        self.ids += answer.ids[: listed - len(self.ids)]


def received(
    sendings: Sequence[Sending], answers: Sequence[Answer]
) -> Iterator[tuple[str, Received]]:
    """Yield what to count of each source that sent something for the first time."""
    for sending, answer in zip(sendings, answers, strict=True):
        if sending.source is not None and not sending.before:
            ignored, refused = len(answer.ignored), len(answer.refused)
            yield sending.source, Received(answer.accepted, answer.duplicates, refused, ignored)
