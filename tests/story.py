"""Story: what happens to people, told once and played on the virtual clock and on Temporal.

Records are given, changes and triggers happen at moments of a week to come (`Mon 09:00`,
`Tue+1 10:30` a week later), and what is expected is the timeline of the instances, line by line.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from journeys.bundle import Bundle
from journeys.catalogue import Catalogue
from journeys.changes import RecordChange, RecordRef, SentOperation, SentTrigger
from journeys.happening import Complete, Pause, Publish, Resume, Stop
from journeys.journey import Journey, Version
from journeys.publishing import publish
from journeys.table import Table
from journeys.trace import Note
from journeys.virtual_acting import Reply, always_fine
from store.builtin import builtin_tables

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONDAY = datetime(2031, 3, 3, tzinfo=UTC)
"""A Monday well after today: Temporal's clock can be moved on, never back."""


def moment(text: str) -> datetime:
    """Return the moment that `Tue+1 10:30` names: day, weeks later, and time of day in UTC."""
    day, time = text.split()
    name, _, weeks = day.partition("+")
    hours, minutes = map(int, time.split(":"))
    return MONDAY + timedelta(
        days=_DAYS.index(name) + 7 * int(weeks or 0), hours=hours, minutes=minutes
    )


def told(at: datetime) -> str:
    """Return *at* as a story tells it; the inverse of `moment`."""
    days = (at - MONDAY).days
    weeks = f"+{days // 7}" if days >= 7 else ""
    return f"{_DAYS[days % 7]}{weeks} {at:%H:%M}"


def line(note: Note) -> str:
    """Return one line of a timeline as a story tells it."""
    said = [told(note.at), note.what]
    if note.tile and note.what != "completed":
        said.append(note.tile)
    if note.target:
        said.append(f"-> {note.target}")
    return " ".join(said) + (f": {note.why}" if note.why else "")


def changed(
    record: str, operation: SentOperation = "update", event_id: str | None = None, **values: Any
) -> RecordChange:
    """Return the change of *record* (`contact/ana`) in which these columns change."""
    table, record_id = RecordRef.parse(record)
    return RecordChange(
        id=event_id, table=table, record_id=record_id, operation=operation, values=values
    )


def sent(
    trigger: str,
    person: str,
    binding: str | None = None,
    event_id: str | None = None,
    **attributes: Any,
) -> SentTrigger:
    """Return the custom trigger *trigger* of *person* (`contact/ana`), as a system sends it."""
    return SentTrigger.model_validate(
        {
            "trigger": trigger,
            "person": RecordRef.parse(person).as_lookup(),
            "binding": binding,
            "attributes": attributes,
            "event_id": event_id,
        }
    )


class Story(ABC):
    """A story under way; its players know how to bring it about.

    *catalogue* is what the journeys are made with. Messages that were sent stand in `letters` as
    (to, subject) in order.
    """

    def __init__(self) -> None:
        self.catalogue = Catalogue(tables={table.name: table for table in builtin_tables()})
        self.records: dict[RecordRef, dict[str, Any]] = {}
        self.happenings: list[tuple[datetime, Any]] = []  # what each player can bring about
        self.letters: list[tuple[str, str]] = []
        self.refusals: list[str] = []
        self.secrets = {"default": "whsec_c29qb3Vybg=="}
        self.reply: Reply = always_fine

    def tells_of(self, bundle: Bundle) -> None:
        """The tables, triggers, templates and records of *bundle* are there; its triggers are ready."""
        tables = {table.name: table for table in (*builtin_tables(), *bundle.tables)}
        self.catalogue = Catalogue(
            tables=tables,
            triggers={trigger.name: trigger for trigger in bundle.triggers},
            templates={template.name: template for template in bundle.templates},
            ready=frozenset(trigger.name for trigger in bundle.triggers),
        )
        self.records |= {record.ref: record.values for record in bundle.records}

    def ready(self, *triggers: Mapping[str, Any]) -> None:
        """There are these *triggers* too, ready to use."""
        named = {each.name: each for each in Bundle.model_validate({"triggers": triggers}).triggers}
        self.catalogue = replace(
            self.catalogue,
            triggers={**self.catalogue.triggers, **named},
            ready=self.catalogue.ready | named.keys(),
        )

    def declares(self, *tables: Mapping[str, Any]) -> None:
        """There are these *tables* too."""
        named = {each.name: each for each in map(Table.model_validate, tables)}
        self.catalogue = replace(self.catalogue, tables={**self.catalogue.tables, **named})

    def templates(self, **subjects: str) -> None:
        """There are these templates too, with these subjects."""
        drawn = [
            {"name": name, "channel": "email", "subject": subject, "html": "", "purpose": "any"}
            for name, subject in subjects.items()
        ]
        named = {each.name: each for each in Bundle.model_validate({"templates": drawn}).templates}
        self.catalogue = replace(self.catalogue, templates={**self.catalogue.templates, **named})

    def given(self, record: str, **values: Any) -> None:
        """There is *record* (`contact/ana`) with these columns before the story begins."""
        self.records[RecordRef.parse(record)] = values

    def change(
        self, at: str, record: str, operation: SentOperation = "update", **values: Any
    ) -> None:
        """A record changes."""
        self.happenings.append((moment(at), changed(record, operation, **values)))

    def fires(
        self, at: str, trigger: str, person: str, binding: str | None = None, **attributes: Any
    ) -> None:
        """A system sends a custom trigger."""
        self.happenings.append((moment(at), sent(trigger, person, binding, **attributes)))

    def pauses(self, at: str) -> None:
        """An operator pauses the journey."""
        self.happenings.append((moment(at), Pause("story")))

    def resumes(self, at: str) -> None:
        """An operator resumes it."""
        self.happenings.append((moment(at), Resume("story")))

    def completes(self, at: str) -> None:
        """An operator lets the journey run out."""
        self.happenings.append((moment(at), Complete("story")))

    def stops(self, at: str) -> None:
        """An operator stops it."""
        self.happenings.append((moment(at), Stop("story")))

    def publishes(self, at: str, journey: Mapping[str, Any], *, move: bool = False) -> None:
        """The next version of the journey is published; those inside move to it, or not."""
        number = 2 + sum(isinstance(what, Publish) for _, what in self.happenings)
        version = publish(Journey.model_validate(journey), self.catalogue, number)
        self.happenings.append((moment(at), Publish(version, move=move)))

    def published(self, journey: Journey | Mapping[str, Any]) -> Version:
        """Return *journey* as the first version of it."""
        return publish(Journey.model_validate(journey), self.catalogue, number=1)

    async def expect(self, journey: Journey | Mapping[str, Any], *timelines: str) -> None:
        """Play the story through *journey*; the instances' timelines are these, in order of entry."""
        played = await self.play(self.published(journey))
        assert [lines(each) for each in played] == [tidy(each) for each in timelines]

    @abstractmethod
    async def play(self, version: Version) -> list[list[Note]]:
        """Play the story to its end and return the timelines of the instances, in order of entry."""


def lines(notes: Iterable[Note]) -> list[str]:
    """Return a timeline as a story tells it."""
    return [line(note) for note in notes]


def tidy(text: str) -> list[str]:
    """Return the lines of a story's text."""
    return [stripped for each in text.splitlines() if (stripped := each.strip())]
