"""What is written elsewhere: a shape whose cases live in a Dataverse environment."""

from store.sources import SourceRow
from tests.environment.server import running
from tests.histories.races import JOINED, Race
from tests.operated import OperatedStory
from tests.story import MONDAY
from tests.world import Drawn, journey, wait

CALL: Drawn = {
    "kind": "record",
    "id": "call",
    "operation": "upsert",
    "table": "incident",
    "found_by": ["title"],
    "values": {"title": "Call {{ person.firstname }}"},
    "next": "raise",
}
RAISE: Drawn = {
    "kind": "record",
    "id": "raise",
    "operation": "update",
    "record": "tiles.call",
    "values": {"prioritycode": "High"},
    "next": "wait",
}


async def cases_live_in_dataverse(story: OperatedStory) -> None:
    """Let Ana join while an environment keeps all cases."""
    async with running() as environment:
        connection = {**environment.connection, "tables": ["incident"]}
        with story.database.writing() as session:
            session.add(
                SourceRow(
                    name="dataverse",
                    format="dataverse",
                    settings={"connection": connection},
                    created_at=MONDAY,
                )
            )
        await story.happens(JOINED)
        await story.go_on(None)


ELSEWHERE: dict[str, Race] = {
    "record-elsewhere": (journey(CALL, RAISE, wait()), cases_live_in_dataverse)
}
