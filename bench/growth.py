"""What a change costs while there is little around it, and much: it should be the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from sqlalchemy import text

from api.gateway import clock
from api.intake import Intake
from bench.figures import Figure
from journeys.bundle import Bundle, catalogue_of
from journeys.changes import RecordChange
from journeys.publishing import publish
from store.builtin import builtin_tables
from store.bulk import insert_or_replace
from store.catalogue import TriggerRow, catalogue_changed
from store.columns import new_id
from store.database import Database
from store.instances import InstanceRow
from store.journeys import JourneyRow, keep_version
from store.schema import upgrade

ROUNDS = 11
CHANGES = 200
"""In a round; both stores take turns, so that whatever else the machine does meets both."""

_SPREAD = 7_919
"""A prime: the records that are changed lie all over the table."""


PATIENCE = Bundle.model_validate(
    {
        "triggers": [
            {
                "name": f"contact-{operation}",
                "kind": "record_change",
                "table": "contact",
                "audience": {"path": "self"},
                "operations": [operation],
            }
            for operation in ("created", "updated")
        ],
        "journeys": [
            {
                "name": "patience",
                "entry": {"trigger": "contact-created"},
                "exits": [{"trigger": "contact-updated"}],
                "tiles": [{"id": "pause", "kind": "wait", "for": "P30D"}],
            }
        ],
    }
)


@dataclass
class Surroundings:
    """A store with *size* of something in it, and what is changed there."""

    name: str
    fill: Callable[[Database, int], None]
    change: Callable[[int, int], RecordChange]


def costs(folder: Path) -> list[Figure]:
    """Measure the CPU time of a change amid little and amid much; the ratio is how it grew."""
    return [
        _grown(folder, Surroundings("ready triggers", _triggers, _updated), 10, 10_000),
        _grown(folder, Surroundings("waiting instances", _instances, _updated), 100, 100_000),
        _grown(folder, Surroundings("mirrored records", _records, _updated), 1_000, 1_000_000),
    ]


def _grown(folder: Path, around: Surroundings, few: int, many: int) -> Figure:
    measured = {
        size: _costs(folder / f"{around.name}-{size}.db", around, size) for size in (few, many)
    }
    for each in measured.values():
        next(each)  # the first builds the index and fills caches
    rounds = [(next(measured[few]), next(measured[many])) for _ in range(ROUNDS)]
    little, much = (median(each) for each in zip(*rounds, strict=True))
    name = f"a change amid {many:,} {around.name}, against {few:,}"
    return Figure(name, much * 1e6, "µs CPU", little * 1e6)


def _costs(file: Path, around: Surroundings, size: int) -> Iterator[float]:
    """Yield the seconds of CPU time that one change takes, round after round."""
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    around.fill(database, size)
    intake = Intake(database, clock, lambda: None)
    numbers = count()
    while True:
        changes = [around.change(next(numbers), size) for _ in range(CHANGES)]
        begun = process_time()
        answer = intake.take(changes)
        spent = process_time() - begun
        assert answer.accepted == CHANGES  # noqa: S101 - a figure of work not done is no figure
        yield spent / CHANGES


def _updated(number: int, size: int) -> RecordChange:
    """Return a change of one of the records that are there, or of one that is new."""
    return RecordChange(
        table="contact",
        record_id=f"contact-{number * _SPREAD % max(size, 1_000)}",
        operation="update",
        values={"firstname": f"Ana {number}", "donotbulkemail": bool(number % 2)},
    )


def _triggers(database: Database, size: int) -> None:
    """Put triggers there that watch other columns of the table that is changed."""
    [contact] = [each for each in builtin_tables() if each.name == "contact"]
    others = [each.name for each in contact.columns if each.name not in _updated(0, 1).values]
    with database.writing() as session:
        for number in range(size):
            definition: dict[str, Any] = {
                "name": f"trigger-{number}",
                "kind": "record_change",
                "table": "contact",
                "audience": {"path": "self"},
                "operations": ["updated"],
                "columns": [others[number % len(others)]],
            }
            session.add(TriggerRow(name=definition["name"], state="ready", definition=definition))
        catalogue_changed(session)


def _instances(database: Database, size: int) -> None:
    """Put people into the live journey who wait in it, none of whom is changed."""
    _go_live(database)
    now = clock()
    with database.writing() as session:
        rows = [
            InstanceRow(
                id=new_id(now),
                journey="patience",
                version=1,
                digest="",
                person_table="contact",
                person_id=f"waiting-{number}",
                number=1,
                binding=f"contact/waiting-{number}",
                fired_id="",
                workflow_id=f"patience/{number}",
                tile="pause",
                entered_at=now,
            )
            for number in range(size)
        ]
        columns = [each.name for each in InstanceRow.__table__.columns]  # type: ignore[attr-defined]
        insert_or_replace(
            session, InstanceRow, [[getattr(row, name) for name in columns] for row in rows]
        )


def _go_live(database: Database) -> None:
    """Make a journey live whose people leave it when they are changed: each change asks who is inside."""
    version = publish(PATIENCE.journeys[0], catalogue_of(builtin_tables(), [PATIENCE]), 1)
    with database.writing() as session:
        for trigger in PATIENCE.triggers:
            definition = trigger.model_dump(mode="json")
            session.add(TriggerRow(name=trigger.name, state="ready", definition=definition))
        keep_version(session, version, clock())
        row = JourneyRow(name="patience", state="live", version=1, draft={}, changed_at=clock())
        session.add(row)
        catalogue_changed(session)


def _records(database: Database, size: int) -> None:
    """Put records into the mirror; those that are changed are among them."""
    with database.writing() as session:
        session.connection().execute(
            text(
                'INSERT INTO records ("table", id, "values", changed_at, created) '
                "WITH RECURSIVE numbers(n) AS "
                "(SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :size) "
                "SELECT 'contact', 'contact-' || n, "
                "json_object('contactid', 'contact-' || n, 'firstname', 'Ana', 'statuscode', 1), "
                ":now, 1 FROM numbers"
            ),
            {"size": size, "now": clock().isoformat(" ")},
        )
