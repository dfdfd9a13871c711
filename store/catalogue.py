"""The catalogue: tables, triggers and templates as they are now, and which journeys are live."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlmodel import Field, Session, SQLModel, col, select

from journeys.catalogue import Catalogue
from journeys.declaring import extended
from journeys.journey import version_of
from journeys.routing import Routes
from journeys.table import Table
from journeys.template import Template
from journeys.trigger import Trigger
from store.builtin import builtin_tables
from store.columns import Count, json_field, moment_field
from store.journeys import DefinitionRow, JourneyRow, VersionRow

T = TypeVar("T")

_TRIGGER: TypeAdapter[Trigger] = TypeAdapter(Trigger)


class TableRow(SQLModel, table=True):
    """A table somebody declared."""

    __tablename__ = "tables"

    name: str = Field(primary_key=True)
    definition: dict[str, Any] = json_field()


class TriggerRow(SQLModel, table=True):
    """A trigger, its state, and when and how often it fired."""

    __tablename__ = "triggers"

    name: str = Field(primary_key=True)
    state: str = "draft"
    definition: dict[str, Any] = json_field()
    fired_count: int = Field(default=0, sa_type=Count)
    last_fired_at: datetime | None = moment_field(nullable=True)

    @property
    def trigger(self) -> Trigger:
        return _TRIGGER.validate_python(self.definition)


class TemplateRow(SQLModel, table=True):
    """A template as it is sent by what is published next."""

    __tablename__ = "templates"

    name: str = Field(primary_key=True)
    definition: dict[str, Any] = json_field()


class CatalogueRow(SQLModel, table=True):
    """Counts the changes of everything routing depends on, so that no gateway routes by old rules."""

    __tablename__ = "catalogue"

    id: int = Field(default=1, primary_key=True)
    version: int = Field(default=0, sa_type=Count)


_VERSION = select(CatalogueRow.__table__.c.version)  # type: ignore[attr-defined]


def catalogue_version(session: Session) -> int:
    """Return the count of changes so far."""
    return session.connection().scalar(_VERSION) or 0


def catalogue_changed(session: Session) -> None:
    """Count a change: from the end of this transaction on it holds for the very next record change."""
    session.merge(CatalogueRow(version=catalogue_version(session) + 1))


class Current(Generic[T]):
    """Something made of the catalogue, made anew whenever the catalogue has changed."""

    def __init__(self, make: Callable[[Session], T]) -> None:
        self._make = make
        self._made: tuple[int, T] | None = None

    def now(self, session: Session) -> T:
        """Return it as *session* sees the catalogue: what was published holds at once."""
        version = catalogue_version(session)
        if self._made is None or self._made[0] != version:
            self._made = (version, self._make(session))
        return self._made[1]


def tables(session: Session) -> dict[str, Table]:
    """Return every table by its name: those that are built in, as far as they were extended, first."""
    found = {table.name: table for table in builtin_tables()}
    for row in session.exec(select(TableRow).order_by(TableRow.name)):
        declared, builtin = Table.model_validate(row.definition), found.get(row.name)
        found[row.name] = declared if builtin is None else extended(builtin, declared)
    return found


def catalogue(session: Session) -> Catalogue:
    """Return everything a journey may name."""
    triggers = list(session.exec(select(TriggerRow)))
    return Catalogue(
        tables=tables(session),
        triggers={row.name: row.trigger for row in triggers},
        templates={
            row.name: Template.model_validate(row.definition)
            for row in session.exec(select(TemplateRow))
        },
        ready=frozenset(row.name for row in triggers if row.state == "ready"),
    )


ENTERED = ("live", "paused")
"""The states in which people enter a journey; while it is paused they queue."""


def routes(session: Session) -> Routes:
    """Return the index by which changes find the triggers and journeys they concern."""
    rows = session.exec(
        select(JourneyRow.state, JourneyRow.version, VersionRow.number, DefinitionRow.content)
        .join(VersionRow, col(VersionRow.journey) == col(JourneyRow.name))
        .join(DefinitionRow, col(DefinitionRow.digest) == col(VersionRow.digest))
        .where(JourneyRow.state != "stopped")
    )
    entered, published = [], []
    for state, live, number, content in rows:
        published.append(version_of(content))
        if state in ENTERED and number == live:
            entered.append(version_of(content))
    return Routes(catalogue(session), entered=entered, published=published)
