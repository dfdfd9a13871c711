"""A running gateway forgets what is over while changes come in, and nothing that is still needed."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, func, select, update

from api.gateway import clock
from api.intake import Intake
from journeys.changes import RecordChange
from journeys.trace import Ending
from store.commands import CommandRow
from store.database import Database
from store.fired import FiredRow
from store.inbox import InboxRow
from store.instances import InstanceRow, end
from tests.chaos.breaking import answering
from tests.chaos.course import begin
from tests.chaos.parcels import IN_ORDER, Change, Post, effects, parcels
from tests.chaos.system import System, system, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

OVER, WAITING, COMING = 150, 5, 10
AGO = timedelta(days=800)
GONE = {"table": "contact", "id": "gone"}


def over() -> list[Change]:
    """Return the changes of parcels that arrived long ago, all of one person."""
    somebody = {
        "id": "gone", "source": "post", "table": "contact", "record_id": "gone",
        "operation": "create", "values": {"firstname": "Gone"},
    }  # fmt: skip
    sent = parcels(OVER, "over").values()
    for posted, *_ in sent:
        posted["values"]["owner"] = GONE
    return [somebody, *(change for changes in sent for change in changes)]


def took_in(database: Database, changes: Sequence[Change]) -> None:
    """Take *changes* in as a gateway did long ago."""
    intake = Intake(database, lambda: clock() - AGO, lambda: None)
    answer = intake.take([RecordChange.model_validate(each) for each in changes])
    assert (answer.accepted, answer.refused) == (len(changes), [])


def had_long_ago(parts: System) -> None:
    """Fill the store with parcels that have arrived, and some that wait and were never carried."""
    database = Database(parts.database_url)
    took_in(database, over())
    with database.writing() as session:
        for instance in session.exec(select(InstanceRow.id)).all():
            assert end(session, instance, Ending(status="completed"), clock() - AGO)
        session.execute(update(CommandRow).values(outcome="done"))
    took_in(database, [posted for posted, *_ in parcels(WAITING, "waiting").values()])
    database.close()


def left(database: Database) -> list[int]:
    """Return how much is left of what is over: ids, instances with a history, and their triggers."""
    with database.reading() as session:
        old = select(func.count()).select_from(InboxRow)
        history = select(func.count()).select_from(InstanceRow)
        read = select(func.count()).select_from(FiredRow)
        gone = InstanceRow.person_id == GONE["id"], ~col(InstanceRow.pruned)
        return [
            session.exec(old.where(InboxRow.received_at < clock() - AGO / 2)).one(),
            session.exec(history.where(*gone)).one(),
            session.exec(read.where(FiredRow.person_id == GONE["id"])).one(),
        ]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_what_is_over_is_forgotten_and_who_has_waited_for_years_goes_on(
    tmp_path: Path, kind: str
) -> None:
    coming = parcels(COMING, "coming")
    scans = {name: scanned for name, (_, *scanned) in parcels(WAITING, "waiting").items()}
    async with system(tmp_path, kind) as parts:
        await begin(parts)
        gateways = [part for name, part in parts.parts.items() if name.endswith("gateway")]
        for gateway in gateways:
            await gateway.end()
        had_long_ago(parts)
        database, post = Database(parts.database_url), Post(parts.urls)
        before = left(database)

        for gateway in gateways:
            await gateway.start()
        await post.send_all(coming | scans, random.Random(1))  # noqa: S311 - no secret

        await until(lambda: left(database) == [0, 0, 0], "all that is over forgotten", 90)
        everybody = coming.keys() | scans.keys()
        await until(lambda: effects(parts.mails).ids.keys() == everybody, "a mail for each", 90)
        with database.reading() as session:
            rows = session.exec(select(InstanceRow)).all()
        database.close()
        async with httpx.AsyncClient(base_url=parts.url, timeout=60) as client:
            await answering(client)
            told = {
                row.binding: (await client.get(f"/v1/instances/{row.id}/timeline")).status_code
                for row in rows
            }
            again = (await client.post("/v1/changes", json=coming["coming-0"])).json()

    assert before == [1 + 4 * OVER + WAITING, OVER, 4 * OVER]
    assert effects(parts.mails).subjects == {name: {IN_ORDER} for name in everybody}
    assert set(post.statuses) == {200}
    assert {status for binding, status in told.items() if "over" in str(binding)} == {410}
    assert {status for binding, status in told.items() if "over" not in str(binding)} == {200}
    assert len(rows) == OVER + WAITING + COMING
    assert (again["accepted"], again["duplicates"]) == (0, 4)
