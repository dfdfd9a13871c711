"""Every recorded history replays: whoever is under way goes on after a release (ADR 9)."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from journeys.tile import TileId
from journeys.tiles.message import Message
from journeys.tiles.wait import Wait
from journeys.visit import Visit
from store.database import Database
from store.journeys import keep_definition
from tests.examples import EXAMPLES
from tests.histories.elsewhere import ELSEWHERE
from tests.histories.races import RACES, WHEN_LONG
from tests.histories.record import HERE, SHAPES
from worker import WORKFLOWS
from workflows.definitions import data_converter

pytestmark = pytest.mark.slow


@pytest.fixture
def replayer(database: Database) -> Replayer:
    """What replays histories, on a store that holds the versions they name."""
    with database.writing() as session:
        for content in sorted((HERE / "definitions").iterdir()):
            assert keep_definition(session, content.read_bytes()) == content.stem
    return Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter(database),
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


def recorded(name: str) -> WorkflowHistory:
    """Return the recorded history called *name*."""
    return WorkflowHistory.from_json(name, (HERE / f"{name}.json").read_text())


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("*.json")))
async def test_a_recorded_history_replays(replayer: Replayer, name: str) -> None:
    await replayer.replay_workflow(recorded(name))


def test_every_kind_of_tile_and_every_shape_has_a_recorded_history() -> None:
    kinds = {tile["kind"] for drawn, _ in SHAPES.values() for tile in drawn["tiles"]}

    assert kinds == {path.stem.replace("-", "_") for path in KINDS.glob("*.py")} - {"__init__"}
    assert {path.stem for path in HERE.glob("*.json")} >= {*SHAPES, *RACES, *WHEN_LONG, *ELSEWHERE}


KINDS = EXAMPLES.parent / "journeys" / "tiles"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(Message, "message", id="to a message"),
        pytest.param(Wait, "wait-for", id="to a wait"),
    ],
)
async def test_an_await_that_is_added_breaks_the_replay(
    replayer: Replayer, monkeypatch: pytest.MonkeyPatch, kind: type[Message | Wait], name: str
) -> None:
    released = kind.run

    async def run(self: Message | Wait, visit: Visit) -> TileId | None:
        await visit.read(["person.firstname"])
        return await released(self, visit)  # type: ignore[arg-type] # *released* is *kind*'s own

    monkeypatch.setattr(kind, "run", run)

    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(recorded(name))


async def test_a_text_or_a_duration_that_is_changed_does_not(
    replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Wait.run

    async def run(self: Wait, visit: Visit) -> TileId | None:
        longer = (self.for_ or timedelta(0)) + timedelta(minutes=1)
        return await released(self.model_copy(update={"for_": longer}), visit)

    monkeypatch.setattr(Wait, "run", run)

    await replayer.replay_workflow(recorded("wait-for"))
