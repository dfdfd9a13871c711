"""Uses: which journeys use a trigger or template, and which triggers a table, before it is taken away."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from sqlmodel import Session, col, select

from journeys.drawn import settings
from journeys.journey import Journey, version_of
from journeys.readiness import problems_of_trigger
from journeys.table import Table
from journeys.trigger import TriggerState
from store.catalogue import TriggerRow
from store.journeys import DefinitionRow, JourneyRow, VersionRow

Used = Literal["trigger", "template"]


def live_users(session: Session, used: Used, name: str) -> list[str]:
    """Return the journeys with people in them, or coming in, that use trigger or template *name*."""
    rows = session.exec(
        select(JourneyRow.name, DefinitionRow.content)
        .join(VersionRow, col(VersionRow.journey) == col(JourneyRow.name))
        .join(DefinitionRow, col(DefinitionRow.digest) == col(VersionRow.digest))
        .where(JourneyRow.state != "stopped")
    )
    published = ((journey, version_of(content).journey) for journey, content in rows)
    return _users(published, used, name)


def draft_users(session: Session, used: Used, name: str) -> list[str]:
    """Return the journeys whose draft uses trigger or template *name*."""
    rows = session.exec(select(JourneyRow))
    return _users(((row.name, Journey.model_validate(row.draft)) for row in rows), used, name)


def table_users(
    session: Session, before: Mapping[str, Table], after: Mapping[str, Table], *states: TriggerState
) -> list[str]:
    """Return the triggers in *states* that are right while tables are as *before*, but not *after*."""
    rows = session.exec(select(TriggerRow).where(col(TriggerRow.state).in_(states)))
    return [
        row.name
        for row in rows
        if problems_of_trigger(row.trigger, after) and not problems_of_trigger(row.trigger, before)
    ]


def listed(names: Iterable[str]) -> str:
    """Return *names* as a sentence lists them."""
    return ", ".join(sorted(names))


def _users(journeys: Iterable[tuple[str, Journey]], used: Used, name: str) -> list[str]:
    return sorted({user for user, journey in journeys if name in set(_names(journey, used))})


def _names(journey: Journey, used: Used) -> Iterator[str]:
    return (str(drawn.value) for drawn in settings(journey) if drawn.setting == used)
