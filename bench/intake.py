"""How fast changes that concern nobody come in, against the two writes that nobody can avoid."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import orjson

from api.gateway import clock
from api.intake import Intake
from bench.figures import Figure
from journeys.changes import RecordChange
from store.database import Database
from store.schema import upgrade

CHANGES = 20_000
BATCH = 500


def changes_per_second(folder: Path) -> Figure:
    """Measure intake by batches of 500: dedupe, mirror, differences and routing, on SQLite."""
    return Figure(
        "changes taken in that concern nobody, by 500",
        _ours(folder / "ours.db"),
        "changes/s",
        _floor(folder / "floor.db"),
    )


def _bodies() -> Iterator[list[bytes]]:
    """Yield batches of changes as they are posted: each a new contact with some columns."""
    for first in range(0, CHANGES, BATCH):
        yield [
            orjson.dumps(
                {
                    "id": f"event-{number}",
                    "table": "contact",
                    "record_id": f"contact-{number}",
                    "operation": "create",
                    "values": {
                        "firstname": f"Ana {number}",
                        "emailaddress1": f"ana-{number}@example.org",
                        "donotbulkemail": False,
                        "statuscode": 1,
                    },
                }
            )
            for number in range(first, first + BATCH)
        ]


def _ours(file: Path) -> float:
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    intake = Intake(database, clock, lambda: None)
    begun = perf_counter()
    for batch in _bodies():
        answer = intake.take([RecordChange.model_validate_json(body) for body in batch])
        assert answer.accepted == BATCH  # noqa: S101 - a figure of work not done is no figure
    taken = perf_counter() - begun
    database.close()
    return CHANGES / taken


def _floor(file: Path) -> float:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE inbox (source TEXT, event_id TEXT, PRIMARY KEY (source, event_id));"
        "CREATE TABLE records (name TEXT, id TEXT, said JSON, PRIMARY KEY (name, id))"
    )
    begun = perf_counter()
    for batch in _bodies():
        changes = [orjson.loads(body) for body in batch]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO inbox VALUES ('api', ?)", [(each["id"],) for each in changes]
        )
        connection.executemany(
            "INSERT INTO records VALUES (?, ?, ?)",
            [(each["table"], each["record_id"], orjson.dumps(each["values"])) for each in changes],
        )
        connection.execute("COMMIT")
    taken = perf_counter() - begun
    connection.close()
    return CHANGES / taken
