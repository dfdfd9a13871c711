"""Places and winners, however many come at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, select

from journeys.parting import Tally, Way
from journeys.tiles.split import Split
from store.database import Database
from store.instances import InstanceRow
from store.partings import PartingRow, WayRow, take_way

NOON = datetime(2031, 3, 3, 12, tzinfo=UTC)
SPLIT = Split.model_validate(
    {
        "id": "offer",
        "by": "number",
        "ways": [{"name": "gold", "count": 30}, {"name": "silver", "count": 50}],
    }
)


class First:
    """A tile at which the first way that is asked for wins."""

    id = "first"
    choices = ("a", "b")

    def choose(self, tally: Tally, number: float, now: datetime) -> Way:
        return Way("a" if number < 50 else "b", why="the first", wins=True)


def enter(session: Session, number: int) -> InstanceRow:
    row = InstanceRow(
        id=f"instance-{number:03}",
        journey="story",
        version=1,
        digest="",
        person_table="contact",
        person_id=str(number),
        number=1,
        fired_id="",
        workflow_id=f"story/{number}",
        entered_at=NOON,
    )
    session.add(row)
    session.flush()
    return row


def test_places_are_exact_though_many_come_at_once(database: Database) -> None:
    def come(number: int) -> str:
        def take(session: Session) -> str:
            instance = enter(session, number)
            return take_way(session, instance, SPLIT, 0, NOON + timedelta(seconds=number)).name

        return database.write(take)

    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(come, range(200)))

    assert [taken.count(name) for name in ("gold", "silver", "other")] == [30, 50, 120]
    with database.reading() as session:
        assert sorted(session.exec(select(WayRow.place))) == list(range(1, 201))


def test_asked_again_an_instance_has_the_way_it_had(database: Database) -> None:
    with database.writing() as session:
        instance = enter(session, 1)
        first = take_way(session, instance, SPLIT, 0, NOON)
        again = take_way(session, instance, SPLIT, 0, NOON + timedelta(days=1))

        assert (first.name, again.name) == ("gold", "gold")
        assert len(session.exec(select(WayRow)).all()) == 1


def test_what_has_won_is_remembered_with_the_reason(database: Database) -> None:
    with database.writing() as session:
        ways = [take_way(session, enter(session, n), First(), 99 - n * 60, NOON) for n in (0, 1)]

        assert [way.name for way in ways] == ["b", "b"]
        [row] = session.exec(select(PartingRow)).all()
        assert (row.winner, row.why, row.decided_at) == ("b", "the first", NOON)
