"""Intake: takes changes and custom triggers in, a batch in one transaction, and decides on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session

from api.admission import Admission
from journeys.changes import RecordChange, RecordChanged, RecordRef, SentTrigger, TriggerFired
from journeys.mirror import merged
from journeys.problem import Problem
from journeys.routing import Routes
from journeys.table import Table
from journeys.trigger import CustomTrigger
from store.catalogue import Current, routes
from store.columns import new_id
from store.database import Database
from store.inbox import InboxRow, seen
from store.records import RecordRow, keep, records
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
        self._mirror: dict[RecordRef, RecordRow] = {}
        self._seen: set[tuple[str, str]] = set()
        self.admission = Admission(session, routes, now)
        self.answer = Answer()

    def take(self, items: Sequence[Item]) -> None:
        named = {
            (item.source, item.id)
            for item in items
            if not isinstance(item, Unreadable) and item.id is not None
        }
        self._seen = seen(self._session, named)
        self._mirror = records(
            self._session, {item.record for item in items if isinstance(item, RecordChange)}
        )
        for index, item in enumerate(items):
            self._take_one(index, item)
        self.admission.count_firings()

    def _take_one(self, index: int, item: Item) -> None:
        if isinstance(item, Unreadable):
            self._refuse(index, item.body, item.problems)
            return
        if item.id is not None and (item.source, item.id) in self._seen:
            self.answer.duplicates += 1
            return
        item = item if item.id is not None else item.model_copy(update={"id": new_id(self._now)})
        problems = (
            self._change(item) if isinstance(item, RecordChange) else self._sent_trigger(item)
        )
        if problems:
            self._refuse(index, item.model_dump(mode="json", exclude_unset=True), problems)
            return
        event_id = item.id or ""
        self._seen.add((item.source, event_id))
        self._session.add(InboxRow(source=item.source, event_id=event_id, received_at=self._now))
        self.answer.accepted += 1
        self.answer.ids.append(event_id)

    def _change(self, change: RecordChange) -> list[Problem]:
        table = self._tables.get(change.table)
        if table is None:
            return [_unknown("/table", "a table that is declared", change.table)]
        values, problems = table.read(change.values, lenient=self._lenient)
        before, of_before = table.read(change.before or {}, lenient=self._lenient)
        problems = _below("/values", problems) + _below("/before", of_before)
        if problems:
            return problems
        row = self._mirror.get(change.record)
        if _is_older(change.version, row):
            self._note_out_of_order(change)
            return []
        if change.operation == "delete" and row is not None and row.deleted_at is not None:
            return []  # it is gone already: nothing happens to it again
        known = None if row is None or row.deleted_at is not None else row.values
        changed = merged(change, table, values, before, known, self._now)
        self._write(table, changed, change.version, row)
        self.admission.record_changed(changed)
        return []

    def _write(
        self, table: Table, changed: RecordChanged, version: int | None, row: RecordRow | None
    ) -> None:
        if row is None:
            row = RecordRow(table=changed.record.table, id=changed.record.id, changed_at=self._now)
            self._mirror[changed.record] = row
        row.version = row.version if version is None else version
        row.changed_at = changed.occurred_at
        deleted_at = self._now if changed.operation == "delete" else None
        keep(self._session, row, changed.after, deleted_at)

    def _note_out_of_order(self, change: RecordChange) -> None:
        """Keep a change that came after a newer one of its record: it has no effect any more."""
        self._session.add(
            RefusedRow(
                id=new_id(self._now),
                at=self._now,
                what="change",
                reason="out of order",
                problem=f"A newer version of {change.record} was taken in before.",
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


def _is_older(version: int | None, row: RecordRow | None) -> bool:
    """Say whether a newer version is known; a change without a version is taken as it comes."""
    if version is None or row is None or row.version is None:
        return False
    return version < row.version


def _below(where: str, problems: Sequence[Problem]) -> list[Problem]:
    return [problem.model_copy(update={"path": where + problem.path}) for problem in problems]


def _unknown(path: str, expected: str, found: str) -> Problem:
    return Problem(path=path, message=f"Expected {expected}, but {found!r} is none.")
