"""What happens while something else is under way: shapes whose histories no plain telling brings about."""

from collections.abc import Awaitable, Callable

from journeys.telling import Told
from tests.operated import OperatedStory
from tests.story import moment, sent
from tests.world import Drawn, journey, message, wait_for
from workflows.state import TOLD

JOINED = sent("joined", "contact/ana")
SURVEYED = sent("surveyed", "contact/ana")
CANCELLED = sent("cancelled", "contact/ana")

Race = tuple[Drawn, Callable[[OperatedStory], Awaitable[None]]]


async def surveyed_during_the_send(story: OperatedStory) -> None:
    """Let Ana be surveyed while her first message is being sent."""
    await _during_the_send(story, SURVEYED)


async def cancelled_during_the_send(story: OperatedStory) -> None:
    """Let Ana cancel while her first message is being sent."""
    await _during_the_send(story, CANCELLED)


async def _during_the_send(story: OperatedStory, *what: object) -> None:
    story.letterbox.open.clear()
    story.intake.take([JOINED])
    await story.letterbox.at_the_slot.wait()
    story.intake.take(what)  # type: ignore[arg-type] # triggers
    await story.carried()
    story.letterbox.open.set()
    await story.settled()
    await story.go_on(None)


async def at_the_limit(story: OperatedStory) -> None:
    """Let Ana be surveyed in the moment in which the wait for it ends, with no worker to see which is first."""
    await story.happens(JOINED)
    await story.restart_worker()
    story.intake.take([SURVEYED])
    await story.go_on(moment("Tue 09:00"))
    await story.go_on(None)


async def while_continuing_as_new(story: OperatedStory) -> None:
    """Tell Ana's instance so much that it continues as new, and let her be surveyed meanwhile."""
    await story.happens(JOINED)
    [handle] = story.standing()
    await story.clock_stands(handle)
    first = (await handle.describe()).run_id
    for turn in range(40):
        goal = Told(id=f"again/{turn}", at=moment("Mon 09:00"), what="case-rated", goal=True)
        await handle.signal(TOLD, goal)
        await story.settled()
        if (await handle.describe()).run_id != first:
            break
    await story.happens(SURVEYED)
    await story.go_on(None)


SURVEY: Drawn = journey(message("hello", "asked"), wait_for("surveyed", "bye"), message("bye"))

RACES: dict[str, Race] = {
    "trigger-races-arrival": (SURVEY, surveyed_during_the_send),
    "goal-races-completion": (
        journey(message("hello"), goal={"trigger": "surveyed"}),
        surveyed_during_the_send,
    ),
    "exit-races-completion": (
        journey(message("hello"), exits=[{"trigger": "cancelled"}]),
        cancelled_during_the_send,
    ),
    "exit-races-arrival": (
        journey(message("hello", "bye"), message("bye"), exits=[{"trigger": "cancelled"}]),
        cancelled_during_the_send,
    ),
    "trigger-races-limit": (
        journey(wait_for("surveyed", "thanks", "bye", within="P1D"), message("thanks"), message("bye")),
        at_the_limit,
    ),
}  # fmt: skip

WHEN_LONG: dict[str, Race] = {
    "trigger-races-continuing": (
        journey(wait_for("surveyed", "bye"), message("bye"), goal={"trigger": "case-rated"}),
        while_continuing_as_new,
    ),
}
"""Those that need a server on which a history is soon too long."""
