"""Pages of lists are read from an index, in its order: however many rows there are, no more is read."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from journeys.changes import RecordRef
from store.database import Database
from store.instances import instances
from store.links import pointing_to
from store.messages import messages
from store.records import records_of
from store.refused import refused
from store.timeline import timeline

ANA = RecordRef("contact", "ana")
BEFORE = (datetime(2027, 1, 1, tzinfo=UTC), "m")

PAGES = [
    pytest.param(lambda session: records_of(session, "contact", "a", 9), id="records"),
    pytest.param(lambda session: list(pointing_to(session, ANA, "a", None)), id="who points"),
    pytest.param(lambda session: instances(session, before="i"), id="instances"),
    pytest.param(lambda session: instances(session, journey="j", before="i"), id="of a journey"),
    pytest.param(lambda session: timeline(session, "i"), id="a timeline"),
    pytest.param(lambda session: messages(session, before=BEFORE), id="messages"),
    pytest.param(lambda session: messages(session, journey="j", before=BEFORE), id="of a journey"),
    pytest.param(lambda session: messages(session, person=ANA, before=BEFORE), id="of a person"),
    pytest.param(lambda session: refused(session, before="r"), id="refusals"),
    pytest.param(lambda session: refused(session, what="entry", before="r"), id="of a kind"),
    pytest.param(lambda session: refused(session, journey="j", before="r"), id="of a journey"),
    pytest.param(lambda session: refused(session, person="p", before="r"), id="of a person"),
]


def plans(engine: Engine, session: Session, read: Callable[[Session], Any]) -> list[str]:
    """Return how the database goes about what *read* asks of it, were its tables large."""
    asked: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: bool) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", listen)
    read(session)
    event.remove(engine, "before_cursor_execute", listen)
    connection, explain = session.connection(), "EXPLAIN QUERY PLAN"
    if engine.dialect.name == "postgresql":
        for short_cut in ("seqscan", "bitmapscan", "sort"):  # these are for small tables
            connection.exec_driver_sql(f"SET LOCAL enable_{short_cut} = off")
        explain = "EXPLAIN"
    return [
        str(line[-1])
        for statement, parameters in asked
        for line in connection.exec_driver_sql(f"{explain} {statement}", parameters)
    ]


@pytest.mark.parametrize("read", PAGES)
def test_a_page_is_read_from_an_index(database: Database, read: Callable[[Session], Any]) -> None:
    with database.reading() as session:
        found = plans(database.engine, session, read)

    assert any("USING INDEX" in line or "USING COVERING" in line or "Index" in line
               or "USING PRIMARY KEY" in line for line in found), found  # fmt: skip
    assert [
        line for line in found if "Seq Scan" in line or "Sort" in line or "B-TREE" in line
    ] == []
