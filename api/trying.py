"""Trying: what is understood of a pasted body, as its source would post it."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel

from api.posted import opened, sent_by
from api.sending import Item, Sending, Unusable
from api.sourcebook import Source
from journeys.catalogue import Catalogue
from journeys.changes import RecordChange, SentTrigger
from journeys.problem import Problem
from journeys.trigger import CustomTrigger


class Understood(BaseModel):
    """One thing in a pasted body: a *change*, an *event*, or something that would be *refused*.

    *problems* are all that is wrong with it, *left_out* the columns that its table has not, or the
    attributes that its trigger has not.
    """

    change: RecordChange | None = None
    event: SentTrigger | None = None
    refused: Any = None
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = ()


class Tried(BaseModel):
    """What is understood of a pasted body, and why nothing would come of the rest."""

    understood: list[Understood]
    ignored: tuple[str, ...]


def tried(source: Source, body: Any, headers: Mapping[str, str], known: Catalogue) -> Tried:
    """Say what is understood of *body* as *source* would post it."""
    sending = sent_by(source, opened(source, orjson.dumps(body), headers), headers)
    understood = [_understood(each, sending, known) for each in sending.items]
    return Tried(understood=understood, ignored=sending.ignored)


def _understood(item: Item, sending: Sending, known: Catalogue) -> Understood:
    match item:
        case Unusable():
            return Understood(refused=item.body, problems=item.problems)
        case SentTrigger():
            trigger = known.triggers.get(item.trigger)
            if not isinstance(trigger, CustomTrigger):
                message = f"Expected a custom trigger, but {item.trigger!r:.80} is none."
                return Understood(event=item, problems=(Problem(path="/trigger", message=message),))
            found = trigger.read(item.attributes, lenient=True)[1]
            problems = [each.below("attributes") for each in found]
            left_out = (name for name in item.attributes if name not in trigger.attributes)
            return Understood(event=item, problems=tuple(problems), left_out=tuple(left_out))
        case RecordChange() if item.table not in known.tables:
            message = f"Expected a table that is declared, but {item.table!r} is none."
            return Understood(change=item, problems=(Problem(path="/table", message=message),))
        case RecordChange():
            table = known.tables[item.table]
            problems = [
                *(each.below("values") for each in sending.read(table, item.values)[1]),
                *(each.below("before") for each in sending.read(table, item.before or {})[1]),
            ]
            left_out = (name for name in item.values if table.column(name) is None)
            return Understood(change=item, problems=tuple(problems), left_out=tuple(left_out))
