"""A trigger that comes before its person: it waits for them, in order, for so long."""

import pytest

from journeys.bundle import Bundle
from journeys.changes import RecordRef
from store.awaited import AwaitedRow
from store.catalogue import TriggerRow
from store.erasing import erase
from store.instances import InstanceRow
from tests.intake.conftest import Gateway
from tests.story import changed, sent
from tests.world import WORLD, journey, wait, wait_for, when


@pytest.fixture
def waiting(gateway: Gateway) -> Gateway:
    """Whoever joins enters; one nobody has told us of has an hour to appear."""
    gateway.goes_live(journey(wait()))
    gateway.waits_for_people(60)
    return gateway


def zoe_appears(gateway: Gateway) -> None:
    gateway.take(changed("contact/zoe", "create", firstname="Zoe"))


def test_a_person_who_appears_in_time_enters_by_what_came_before_them(waiting: Gateway) -> None:
    waiting.take(sent("joined", "contact/zoe"))
    assert (waiting.entered, waiting.refused) == ([], [])

    zoe_appears(waiting)

    assert (waiting.entered, waiting.refused) == (["zoe"], [])
    assert waiting.rows(AwaitedRow) == []
    assert waiting.rows(InstanceRow)[0].entered_at == waiting.now


def test_they_enter_when_both_come_in_one_batch(waiting: Gateway) -> None:
    waiting.take(sent("joined", "contact/zoe"), changed("contact/zoe", "create", firstname="Zoe"))

    assert waiting.entered == ["zoe"]


def test_what_waits_is_decided_in_its_order(gateway: Gateway) -> None:
    pro = {"trigger": "joined", "filter": when("event.plan", "equals", "pro")}
    gateway.goes_live(journey(wait(), filter=when("trigger.plan", "equals", "basic"), exits=[pro]))
    gateway.waits_for_people(60)
    for plan in ("basic", "pro"):
        gateway.take(sent("joined", "contact/zoe", plan=plan))

    zoe_appears(gateway)

    assert gateway.commands == ["start", "tell"]
    assert [reason for reason, _ in gateway.refused] == ["unmet filter"]


def test_what_their_own_creation_fires_finds_them_inside(gateway: Gateway) -> None:
    made = {
        "name": "made",
        "kind": "record_change",
        "table": "contact",
        "audience": {"path": "self"},
        "operations": ["created"],
    }
    more = Bundle.model_validate({"triggers": [made]})
    gateway.world.tells_of(WORLD.model_copy(update={"triggers": WORLD.triggers + more.triggers}))
    gateway.goes_live(journey(wait_for("made")))
    gateway.waits_for_people(60)
    gateway.take(sent("joined", "contact/zoe"))

    zoe_appears(gateway)

    assert gateway.commands == ["start", "tell"]


def test_of_a_record_change_too_the_person_may_come_later(gateway: Gateway) -> None:
    gateway.goes_live(journey(wait(), trigger="case-changed"))
    gateway.waits_for_people(60)
    gateway.take(changed("incident/plotter", statecode=1, primarycontactid="zoe"))

    zoe_appears(gateway)

    assert gateway.entered == ["zoe"]


def test_somebody_else_who_appears_lets_nobody_in(waiting: Gateway) -> None:
    waiting.take(sent("joined", "contact/zoe"))

    waiting.take(changed("contact/yan", "create", firstname="Yan"))

    assert waiting.entered == []
    assert len(waiting.rows(AwaitedRow)) == 1


@pytest.mark.parametrize(
    ("minutes", "entered"),
    [
        pytest.param(59, ["zoe"], id="in the last minute: it has waited"),
        pytest.param(60, [], id="when the time is over: it is refused"),
    ],
)
def test_after_its_time_it_is_refused(gateway: Gateway, minutes: int, entered: list[str]) -> None:
    gateway.goes_live(journey(wait()))
    gateway.waits_for_people(60)
    gateway.take(sent("joined", "contact/zoe"))
    gateway.passes(minutes - 1)  # the next is taken in a minute later

    zoe_appears(gateway)

    assert gateway.entered == entered
    missed = [] if entered else [("no such person", "There is no contact with this id.")]
    assert gateway.refused == missed


def test_it_is_refused_even_when_they_never_appear(waiting: Gateway) -> None:
    waiting.take(sent("joined", "contact/zoe"))
    waiting.passes(60)

    waiting.take(changed("incident/printer", title="Plotter"))

    assert [reason for reason, _ in waiting.refused] == ["no such person"]
    assert waiting.rows(AwaitedRow) == []


@pytest.mark.parametrize(
    ("minutes", "refused"),
    [
        pytest.param(59, [], id="before its time: nothing"),
        pytest.param(60, ["no such person"], id="when the time is over: it is refused"),
    ],
)
def test_it_is_refused_by_the_clock_where_nothing_else_comes_in(
    waiting: Gateway, minutes: int, refused: list[str]
) -> None:
    waiting.take(sent("joined", "contact/zoe"))
    waiting.passes(minutes)

    waiting.gives_up()

    assert [reason for reason, _ in waiting.refused] == refused


def test_a_trigger_that_waits_is_counted_once(waiting: Gateway) -> None:
    waiting.take(sent("joined", "contact/zoe"))

    zoe_appears(waiting)

    [count] = [row.fired_count for row in waiting.rows(TriggerRow) if row.name == "joined"]
    assert count == 1


def test_whoever_is_erased_is_not_waited_for(waiting: Gateway) -> None:
    waiting.take(sent("joined", "contact/zoe"))

    with waiting.database.writing() as session:
        erase(session, RecordRef("contact", "zoe"), waiting.now)

    assert waiting.rows(AwaitedRow) == []
