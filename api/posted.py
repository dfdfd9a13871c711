"""Posted: what sources post, read in their format, now or again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from api.bodies import any_json, as_delivered, item_of, unusable, wrong_texts
from api.errors import Conflict
from api.sending import Item, Sending, Unusable
from api.sourcebook import Source, find_source
from journeys.changes import RecordChange, SentTrigger
from store.refused import RefusedRow
from wire.reading import Incomplete, Refused, Unreadable, heard


def opened(source: Source, content: bytes, headers: Mapping[str, str]) -> Any | Refused:
    """Return the body that *source* posts as JSON, with what headers say of it where they do.

    Raises a GatewayError (400) where it should be JSON and is none.
    """
    named = {name.lower(): value for name, value in headers.items()}
    return source.form.opened(content, named, any_json)


def sent_by(
    source: Source, body: Any | Refused, headers: Mapping[str, str], delivery: str | None = None
) -> Sending:
    """Read what *source* posts; *delivery* is the id of what it signed, if it did."""
    said = heard(headers, source.settings)
    items, ignored = _read(source, body, said)
    return Sending(
        items=as_delivered(items, delivery),
        form=source.format,
        source=source.name,
        headers=said,
        ignored=ignored,
        typed=source.typed,
    )


def sent_before(session: Session, row: RefusedRow, body: Any) -> Sending:
    """Read what was refused again: *body* is what was sent, or what corrects it.

    Raises Conflict where its source is there no more, and nobody can say how to read it.
    """
    source = find_source(session, row.source) if row.source else None
    if row.form == "event":
        items = [item_of(body, SentTrigger)]
    elif row.form == "change":
        items = [item_of(body, RecordChange)]
    else:
        if source is None or source.format != row.form:
            raise Conflict(
                f"Expected the source that sent it, but there is no {row.source!r} "
                f"that speaks {row.form} any more."
            )
        items = _read(source, body, row.headers)[0]
    sending = Sending(items, row.form or "change", row.source, row.headers, before=True)
    return sending if source is None else replace(sending, typed=source.typed)


def _read(source: Source, body: Any, said: Mapping[str, str]) -> tuple[list[Item], tuple[str, ...]]:
    if isinstance(body, Refused):
        return [unusable(body.body, body.problem)], ()
    if problems := tuple(wrong_texts(body)):
        return [Unusable(body, problems)], ()
    try:
        reading = source.form.read(body, said, source.settings)
    except Unreadable as error:
        return [unusable(body, str(error))], ()
    return [_item(source, each) for each in reading.items], reading.ignored


def _item(source: Source, each: RecordChange | SentTrigger | Refused) -> Item:
    if not isinstance(each, Refused):
        return _from(source, each)
    known = each.change if isinstance(each, Incomplete) else None
    return replace(unusable(each.body, each.problem), change=known)


def _from(source: Source, item: RecordChange | SentTrigger) -> RecordChange | SentTrigger:
    """Name the source of what does not name a system of its own."""
    if "source" in item.model_fields_set:
        return item
    return item.model_copy(update={"source": source.name})
