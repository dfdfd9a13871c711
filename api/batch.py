"""A batch: what was sent, on its way through one transaction, decided on item by item."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from api.admission import Admission
from api.missed import Missed
from api.sending import Answer, Item, Sending, Unusable, received
from journeys.changes import Operation, RecordChange, SentTrigger, TriggerFired, Values
from journeys.mirror import comes_late, created_late, happened, merged, resolved
from journeys.problem import Problem
from journeys.routing import Routes
from journeys.table import Table
from journeys.trigger import CustomTrigger
from store.columns import new_id
from store.inbox import claim, disclaim
from store.records import Mirror, Mirrored
from store.refused import BAD_INPUT, OUT_OF_ORDER, RefusedRow
from store.sources import note_received


class Batch:
    """Sendings that are taken in together: all of it is written, or nothing."""

    def __init__(
        self,
        session: Session,
        routes: Routes,
        now: datetime,
        *,
        wait_for_person: timedelta = timedelta(0),
    ) -> None:
        self._session = session
        self._routes = routes
        self._tables = routes.catalogue.tables
        self._now = now
        self._mirror = Mirror(session)
        self._new: dict[str, set[str]] = {}
        self._sending = Sending(())
        self._answer = Answer()
        self._admission = Admission(
            session, routes, now, self._mirror, wait_for_person=wait_for_person
        )

    @property
    def commands(self) -> int:
        """How much Temporal has to be told."""
        return self._admission.commands

    def take(self, sendings: Sequence[Sending]) -> list[Answer]:
        """Take everything in, in its order, and return what became of each sending."""
        items = [[self._named(item) for item in sending.items] for sending in sendings]
        self._read_together([each for some in items for each in some])
        self._admission.give_up()
        answers = []
        for self._sending, some in zip(sendings, items, strict=True):
            self._answer = Answer(ignored=list(self._sending.ignored))
            answers.append(self._answer)
            for index, item in enumerate(some):
                self._take_one(index, item)
        self._mirror.write()
        disclaim(self._session, self._new)
        self._admission.write()
        note_received(self._session, received(sendings, answers), self._now)
        return answers

    def _read_together(self, items: Sequence[Item]) -> None:
        """Claim the ids of all *items*, and read the records they are about, at once."""
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for each in items:
            if not isinstance(each, Unusable):
                ids[each.source].append(each.id or "")
        self._new = claim(self._session, ids, self._now)
        changes = (each for each in items if isinstance(each, RecordChange))
        self._mirror.read((each.table, each.record_id) for each in changes)

    def decide_again(self, missed: Missed) -> Answer:
        """Decide again what found nobody, and return what became of it: accepted, or refused once more."""
        why = self._admission.decide_again(missed)
        self._admission.write()
        if why is None:
            return Answer(accepted=1, ids=[missed.happened.event_id])
        return Answer(refused=[_refusal(0, [Problem(path="", message=why)])])

    def _named(self, item: Item) -> Item:
        """Give *item* an id where it has none: then it is one of its own."""
        if isinstance(item, Unusable) or item.id is not None:
            return item
        return item.model_copy(update={"id": new_id(self._now)})

    def _take_one(self, index: int, item: Item) -> None:
        if isinstance(item, Unusable):
            self._refuse(index, item.body, self._sending.form, item.problems)
            return
        event_id, new = item.id or "", self._new[item.source]
        if event_id not in new:
            self._answer.duplicates += 1
            return
        if isinstance(item, RecordChange):
            problems = self._change(item)
        elif self._is_unasked(item):
            self._answer.ignored.append(
                f"Expected a custom trigger, but {item.trigger!r:.80} is none."
            )
            return
        else:
            problems = self._sent_trigger(item)
        if problems:
            body = item.model_dump(mode="json", exclude_unset=True)
            self._refuse(index, body, _form(item), problems)
            return
        new.remove(event_id)
        self._answer.accepted += 1
        self._answer.ids.append(event_id)

    def _is_unasked(self, sent: SentTrigger) -> bool:
        """Say whether a system that sends whatever happens to people sent what nobody asked for."""
        return self._sending.lenient and sent.trigger not in self._routes.catalogue.triggers

    def _change(self, change: RecordChange) -> list[Problem]:
        table = self._tables.get(change.table)
        if table is None:
            return [_unknown("/table", "a table that is declared", change.table)]
        values, problems = self._sending.read(table, change.values)
        before, of_before = self._sending.read(table, change.before) if change.before else ({}, [])
        if problems or of_before:
            return [
                *(each.below("values") for each in problems),
                *(each.below("before") for each in of_before),
            ]
        ref = (change.table, change.record_id)
        last = self._mirror.mirrored(ref)
        if last is not None:
            if comes_late(change, last.version, last.source, last.occurred_at):
                return self._late(change, table, values, last)
            if change.operation == "delete" and last.known is None:
                return []  # it is gone already: nothing happens to it again
        known = None if last is None else last.known
        operation = resolved(change, known, created=_is_created(last))
        old, after = merged(change, table, values, before, known)
        self._mirror.keep(ref, self._mirrored(change, operation, after, last))
        if known is None and operation != "delete":
            self._admission.appeared(change)
        if self._routes.hear_of(change.table, operation):
            changed = happened(change, operation, values, old, after, self._now)
            self._admission.record_changed(changed)
        return []

    def _mirrored(
        self, change: RecordChange, operation: Operation, after: Values, last: Mirrored | None
    ) -> Mirrored:
        source, occurred_at, version = change.source, change.occurred_at, change.version
        changed_at = occurred_at or self._now
        if last is not None:
            if occurred_at is None:
                source, occurred_at = last.source or source, last.occurred_at
            if version is None:
                version = last.version
        return Mirrored(
            after,
            changed_at,
            version,
            source,
            occurred_at,
            self._now if operation == "delete" else None,
            operation == "create"
            or change.operation == "load"  # it was there before we were told of any change
            or (operation == "update" and _is_created(last)),
        )

    def _late(
        self, change: RecordChange, table: Table, values: Values, last: Mirrored
    ) -> list[Problem]:
        """Take in a change that came after a newer one of its record: only its creation counts.

        Nobody has heard of that, however much newer changes were taken in before. Any other has no
        effect any more, and is kept; one that comes again has a problem.
        """
        if change.operation == "load":  # which only fills in what nobody told us of yet
            return []
        if change.operation == "create" and not last.created and last.known is not None:
            creation, learnt = created_late(change, table, values, last.known, self._now)
            self._mirror.keep(change.record, last._replace(values=learnt.after, created=True))
            self._admission.record_changed(creation, learnt)
            return []
        if self._sending.before:
            said = f"Expected nothing newer of {change.record}, but there is: leave out how old this is."
            return [Problem(path="", message=said)]
        said = f"A newer change of {change.record} was taken in before."
        body = change.model_dump(mode="json", exclude_unset=True)
        self._keep(OUT_OF_ORDER, said, body, _form(change))
        return []

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
        values, problems = trigger.read(sent.attributes, lenient=self._sending.lenient)
        problems = [each.below("attributes") for each in problems]
        if sent.person.table not in self._routes.audiences:
            problems.append(
                _unknown("/person/table", "a table of people (an audience)", sent.person.table)
            )
        if problems:
            return problems
        self._admission.fire(
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

    def _refuse(self, index: int, body: Any, form: str, problems: Sequence[Problem]) -> None:
        refusal = _refusal(index, problems)
        self._answer.refused.append(refusal)
        self._keep(BAD_INPUT, refusal["problem"], body, form)

    def _keep(self, reason: str, problem: str, body: Any, form: str) -> None:
        self._session.add(
            RefusedRow(
                id=new_id(self._now),
                at=self._now,
                what="change",
                reason=reason,
                problem=problem,
                form=form,
                source=self._sending.source,
                headers=dict(self._sending.headers),
                change=body,
            )
        )


def _refusal(index: int, problems: Sequence[Problem]) -> dict[str, Any]:
    said = " ".join(problem.message for problem in problems)
    shown = [problem.model_dump(exclude_none=True) for problem in problems]
    return {"index": index, "problem": said, "problems": shown}


def _form(item: RecordChange | SentTrigger) -> str:
    """Return the form in which *item* can be sent again: what could be read is kept in our words."""
    return "change" if isinstance(item, RecordChange) else "event"


def _is_created(last: Mirrored | None) -> bool:
    return last is not None and last.created


def _unknown(path: str, expected: str, found: str) -> Problem:
    return Problem(path=path, message=f"Expected {expected}, but {found!r} is none.")
