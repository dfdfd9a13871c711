"""What an operator stops in Temporal's own UI is stopped in the store as well."""

import pytest

from channels.channel import Unreachable
from store.instances import instances
from tests.durable import DurableStory
from tests.story import lines, moment, sent, tidy
from tests.world import Drawn, journey, message, wait, wait_for
from workflows.instance import CANCELLED

pytestmark = pytest.mark.slow

JOINED = sent("joined", "contact/ana")


async def joins(engine: DurableStory, drawn: Drawn) -> None:
    """Make *drawn* live, and let Ana join on Monday at nine."""
    engine.begin(engine.published(drawn))
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(JOINED)


def stands(engine: DurableStory) -> tuple[str, str | None]:
    """Return the one instance's status in the store, and the reason."""
    with engine.database.reading() as session:
        [row] = instances(session)
        return row.status, row.reason


async def test_a_cancelled_instance_leaves_with_that_reason(engine: DurableStory) -> None:
    await joins(engine, journey(wait("bye"), message("bye")))

    [handle] = engine.standing()
    await handle.cancel()
    await handle.result()

    assert stands(engine) == ("exited", CANCELLED)
    assert lines(engine.timelines()[0]) == tidy(f"""
        Mon 09:00 entered: joined
        Mon 09:00 arrived wait
        Mon 09:00 exited wait: {CANCELLED}
        """)
    assert engine.letterbox.letters == []


async def test_a_message_that_waits_to_be_tried_again_is_called_off_with_it(
    engine: DurableStory,
) -> None:
    engine.letterbox.troubles = [Unreachable("down")] * 1000
    engine.begin(engine.published(journey(message("hello"))))
    await engine.go_on(moment("Mon 09:00"))
    engine.intake.take([JOINED])
    await engine.letterbox.at_the_slot.wait()
    await engine.carried()

    [handle] = engine.standing()
    await handle.cancel()
    await handle.result()

    assert stands(engine) == ("exited", CANCELLED)
    assert engine.letterbox.letters == []


async def test_a_terminated_instance_is_found_out_by_the_next_thing_it_is_told(
    engine: DurableStory,
) -> None:
    await joins(engine, journey(wait_for("surveyed", "thanks"), message("thanks")))
    [handle] = engine.standing()
    await handle.terminate()

    await engine.happens(sent("surveyed", "contact/ana"))

    assert stands(engine) == ("exited", "gone from Temporal")
    assert lines(engine.timelines()[0])[-1] == "Mon 09:00 exited: gone from Temporal"
