"""Intake: takes changes and custom triggers in, a batch in one transaction, and decides on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session

from api.admission import Admission
from journeys.changes import RecordChange, RecordChanged, SentTrigger, TriggerFired
from journeys.mirror import comes_late, merged
from journeys.problem import Problem
from journeys.routing import Routes
from journeys.trigger import CustomTrigger
from store.catalogue import Current, routes
from store.columns import new_id
from store.database import Database
from store.inbox import Key, claim, disclaim
from store.records import Mirror, Mirrored
from store.refused import RefusedRow


@dataclass(frozen=True)
class Unreadable:
    """Something that was sent and could not be read as what it should have been."""

    body: Any
    problems: tuple[Problem, ...]


T = TypeVar("T")
Item = RecordChange | SentTrigger | Unreadable


@dataclass
class Answer:
    """What became of a batch, item by item; every item is accepted, a duplicate, or refused."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class Intake:
    """The one door by which changes come in. Safe to use from several threads.

    *committed* is called after each batch that left commands for Temporal.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime], committed: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self.committed = committed
        self._routes = Current(routes)

    def take(self, items: Sequence[Item], *, lenient: bool = False) -> Answer:
        """Take *items* in, in their order; what this returns is durable.

        *lenient* is for systems that send whole rows unasked: see `Table.read`.
        """
        batch = self._database.write(lambda session: self._batch(session, items, lenient=lenient))
        if batch.admission.commands:
            self.committed()
        return batch.answer

    def take_made(
        self, make: Callable[[Session], RecordChange | SentTrigger | T], at: datetime
    ) -> Answer | T:
        """Take in what a journey's own *make* makes, at the moment *at*, in one transaction with it.

        Anything else that it makes is returned, and nothing is taken in.
        """

        def taken(session: Session) -> _Batch | T:
            made = make(session)
            if not isinstance(made, RecordChange | SentTrigger):
                return made
            batch = _Batch(session, self._routes.now(session), at, lenient=False)
            batch.take([made])
            return batch

        batch = self._database.write(taken)
        if not isinstance(batch, _Batch):
            return batch
        if batch.admission.commands:
            self.committed()
        return batch.answer

    def _batch(self, session: Session, items: Sequence[Item], *, lenient: bool) -> "_Batch":
        routes_now = self._routes.now(session)
        batch = _Batch(session, routes_now, self._clock(), lenient=lenient)
        batch.take(items)
        return batch


class _Batch:
    """One batch on its way through one transaction."""

    def __init__(self, session: Session, routes: Routes, now: datetime, *, lenient: bool) -> None:
        self._session = session
        self._routes = routes
        self._tables = routes.catalogue.tables
        self._now = now
        self._lenient = lenient
        self._mirror = Mirror(session)
        self._new: set[Key] = set()
        self.admission = Admission(session, routes, now, self._mirror)
        self.answer = Answer()

    def take(self, items: Sequence[Item]) -> None:
        named = [item if isinstance(item, Unreadable) else self._named(item) for item in items]
        keys = {_key(item) for item in named if not isinstance(item, Unreadable)}
        self._new = claim(self._session, keys, self._now)
        self._mirror.read({item.record for item in named if isinstance(item, RecordChange)})
        for index, item in enumerate(named):
            self._take_one(index, item)
        self._mirror.write()
        disclaim(self._session, self._new)
        self.admission.count_firings()

    def _named(self, item: RecordChange | SentTrigger) -> RecordChange | SentTrigger:
        """Give *item* an id where it has none: then it is one of its own."""
        return item if item.id is not None else item.model_copy(update={"id": new_id(self._now)})

    def _take_one(self, index: int, item: Item) -> None:
        if isinstance(item, Unreadable):
            self._refuse(index, item.body, item.problems)
            return
        if _key(item) not in self._new:
            self.answer.duplicates += 1
            return
        problems = (
            self._change(item) if isinstance(item, RecordChange) else self._sent_trigger(item)
        )
        if problems:
            self._refuse(index, item.model_dump(mode="json", exclude_unset=True), problems)
            return
        self._new.remove(_key(item))
        self.answer.accepted += 1
        self.answer.ids.append(item.id or "")

    def _change(self, change: RecordChange) -> list[Problem]:
        table = self._tables.get(change.table)
        if table is None:
            return [_unknown("/table", "a table that is declared", change.table)]
        values, problems = table.read(change.values, lenient=self._lenient)
        before, of_before = (
            table.read(change.before, lenient=self._lenient) if change.before else ({}, [])
        )
        if problems or of_before:
            return _below("/values", problems) + _below("/before", of_before)
        last = self._mirror.mirrored(change.record)
        if last is not None:
            if comes_late(change, last.version, last.source, last.occurred_at):
                self._note_out_of_order(change)
                return []
            if change.operation == "delete" and last.known is None:
                return []  # it is gone already: nothing happens to it again
        known = None if last is None else last.known
        changed = merged(change, table, values, before, known, self._now)
        self._mirror.keep(changed.record, self._mirrored(change, changed, last))
        self.admission.record_changed(changed)
        return []

    def _mirrored(
        self, change: RecordChange, changed: RecordChanged, last: Mirrored | None
    ) -> Mirrored:
        source, occurred_at = change.source, change.occurred_at
        if occurred_at is None and last is not None:
            source, occurred_at = last.source or source, last.occurred_at
        version = change.version
        if version is None and last is not None:
            version = last.version
        return Mirrored(
            values=changed.after,
            version=version,
            source=source,
            occurred_at=occurred_at,
            changed_at=changed.occurred_at,
            deleted_at=self._now if changed.operation == "delete" else None,
        )

    def _note_out_of_order(self, change: RecordChange) -> None:
        """Keep a change that came after a newer one of its record: it has no effect any more."""
        self._session.add(
            RefusedRow(
                id=new_id(self._now),
                at=self._now,
                what="change",
                reason="out of order",
                problem=f"A newer change of {change.record} was taken in before.",
                change=change.model_dump(mode="json", exclude_unset=True),
            )
        )

    def _sent_trigger(self, sent: SentTrigger) -> list[Problem]:
        trigger = self._routes.catalogue.triggers.get(sent.trigger)
        if not isinstance(trigger, CustomTrigger):
            return [_unknown("/trigger", "a custom trigger", sent.trigger)]
        if sent.trigger not in self._routes.catalogue.ready:
            return [
                Problem(
                    path="/trigger",
                    message=f"Expected a trigger that is ready, but {sent.trigger!r} is not.",
                )
            ]
        values, problems = trigger.read(sent.attributes)
        problems = _below("/attributes", problems)
        if sent.person.table not in self._routes.audiences:
            problems.append(
                _unknown("/person/table", "a table of people (an audience)", sent.person.table)
            )
        if problems:
            return problems
        self.admission.fire(
            TriggerFired(
                event_id=sent.id or "",
                trigger=sent.trigger,
                person=sent.person.record,
                binding=sent.binding,
                values=values,
                occurred_at=sent.occurred_at or self._now,
                actor=sent.actor,
                depth=sent.depth,
            )
        )
        return []

    def _refuse(self, index: int, body: Any, problems: Sequence[Problem]) -> None:
        said = " ".join(problem.message for problem in problems)
        self.answer.refused.append(
            {
                "index": index,
                "problem": said,
                "problems": [problem.model_dump(exclude_none=True) for problem in problems],
            }
        )
        self._session.add(
            RefusedRow(
                id=new_id(self._now),
                at=self._now,
                what="change",
                reason="bad input",
                problem=said,
                change=body,
            )
        )


def _key(item: RecordChange | SentTrigger) -> Key:
    return item.source, item.id or ""


def _below(where: str, problems: Sequence[Problem]) -> list[Problem]:
    return [problem.model_copy(update={"path": where + problem.path}) for problem in problems]


def _unknown(path: str, expected: str, found: str) -> Problem:
    return Problem(path=path, message=f"Expected {expected}, but {found!r} is none.")
