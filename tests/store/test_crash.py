"""PostgreSQL crashes: what was written is there, though the server would not wait for its disk."""

import pytest
from sqlmodel import select

from store.inbox import InboxRow, claim
from tests.postgresql import PostgreSQL
from tests.story import MONDAY


@pytest.mark.slow
def test_what_was_written_survives_a_crash_of_a_server_that_is_told_to_be_quick() -> None:
    with PostgreSQL() as server, server.opened() as database:
        database.write(lambda session: claim(session, {"crm": ["1"]}, MONDAY))
        server.break_off()
        server.start()
        database.engine.dispose()  # connections of before

        with database.reading() as session:
            assert session.exec(select(InboxRow.event_id)).all() == ["1"]
