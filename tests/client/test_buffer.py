"""What leaves together and when, and what is remembered of it; and what may be sent at all."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from sojourn_client import Full, Limits
from sojourn_client.backoff import Failure, pause
from sojourn_client.buffer import Buffer, Settled
from sojourn_client.items import Item, Refused, changed, fired

LIMITS = Limits(count=3, size=100, seconds=2.0, waiting=250)


def item(size: int = 10) -> Item:
    return Item("/v1/changes", "named", b"x" * size)


def filled(*sizes: int) -> Buffer:
    buffer = Buffer(LIMITS, told_by_callback=False)
    for size in sizes:
        assert buffer.add(item(size), now=10.0)
    return buffer


@pytest.mark.parametrize(
    ("sizes", "due", "count"),
    [
        pytest.param([10], 1.5, 1, id="what is alone waits for others"),
        pytest.param([10, 10], 1.5, 2, id="so do two"),
        pytest.param([10, 10, 10], 0.0, 3, id="as many as may go together leave at once"),
        pytest.param([10, 10, 10, 10], 0.0, 3, id="and no more"),
        pytest.param([50, 49], 1.5, 2, id="what is smaller waits"),
        pytest.param([50, 50], 0.0, 2, id="as large as may be leaves at once"),
        pytest.param([50, 51], 0.0, 1, id="and no larger"),
        pytest.param([150, 10], 0.0, 1, id="what is larger by itself goes alone"),
    ],
)
def test_a_batch_leaves(sizes: list[int], due: float, count: int) -> None:
    buffer = filled(*sizes)

    assert buffer.due(now=10.5) == due
    assert len(buffer.batch()) == count


def test_a_batch_leaves_when_its_first_has_waited_long_enough() -> None:
    buffer = filled(10)
    buffer.add(item(), now=11.9)

    assert buffer.due(now=12.0) == 0.0


def test_nothing_leaves_where_nothing_waits() -> None:
    assert filled().due(now=10.0) is None


def test_memory_is_bounded_and_room_is_made_by_what_was_delivered() -> None:
    buffer = filled(100, 100)

    assert not buffer.add(item(51), now=10.0)
    buffer.settle(buffer.batch(), Settled(1, 0, ()), 10.0, 0.0)
    assert buffer.add(item(51), now=10.0)


def test_what_is_larger_than_all_the_room_goes_by_itself() -> None:
    assert filled().add(item(1000), now=10.0)


def test_what_was_refused_and_nobody_asked_for_takes_room() -> None:
    buffer = filled(200)
    [first] = buffer.batch()
    buffer.settle([first], Settled(0, 0, (Refused(first, "no"),)), 10.0, 0.0)

    with pytest.raises(Full, match="flush, or bring on_refused"):
        buffer.add(item(51), now=10.0)
    assert [each.problem for each in buffer.take().refused] == ["no"]
    assert buffer.add(item(51), now=10.0)


def test_the_one_to_blame_is_found_by_halves_and_what_follows_goes_together_again() -> None:
    buffer = filled(10, 11, 12, 13, 14, 15)
    sizes = []
    for _ in range(4):
        batch = buffer.batch()
        sizes.append([len(each.content) for each in batch])
        blamed = any(len(each.content) == 11 for each in batch)
        said = Failure(ValueError("no"), guilty=True) if blamed else Settled(len(batch), 0, ())
        buffer.settle(batch, said, 10.0, 0.0)

    assert sizes == [[10, 11, 12], [10], [11, 12, 13], [11]]
    assert len(buffer.batch()) == 3
    assert [len(each.item.content) for each in buffer.take().refused] == [11]


def test_what_is_told_once_is_not_told_again() -> None:
    buffer = filled(10)
    buffer.settle(buffer.batch(), Settled(1, 0, ()), 10.0, 0.0)

    assert [buffer.take().accepted, buffer.take().accepted] == [1, 0]


@pytest.mark.parametrize(
    ("failures", "after", "chance", "seconds"),
    [
        pytest.param(1, None, 0.0, 0.5, id="the first time half a second"),
        pytest.param(1, None, 1.0, 0.25, id="or half of it"),
        pytest.param(3, None, 0.0, 2.0, id="then ever longer"),
        pytest.param(60, None, 0.0, 30.0, id="half a minute at most"),
        pytest.param(1, 7.0, 0.0, 7.0, id="never before the gateway said"),
        pytest.param(1, 7.0, 1.0, 7.5, id="but a little later"),
        pytest.param(5, 0.0, 0.0, 8.0, id="and not sooner because of it"),
    ],
)
def test_the_next_try_comes(
    failures: int, after: float | None, chance: float, seconds: float
) -> None:
    assert pause(failures, after, chance) == seconds


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        pytest.param({}, None, id="no word of it"),
        pytest.param({"Retry-After": "12"}, 12.0, id="seconds"),
        pytest.param(
            {"Retry-After": "Mon, 01 Mar 2027 12:00:30 GMT", "Date": "Mon, 01 Mar 2027 12:00:00 GMT"},
            30.0,
            id="a moment, by the clock of whoever says it",
        ),
        pytest.param({"Retry-After": "Mon, 01 Mar 2027 12:00:30 GMT"}, None, id="a moment without a clock"),
        pytest.param({"Retry-After": "soon"}, None, id="neither"),
    ],
)  # fmt: skip
def test_how_long_to_wait_is_read(headers: dict[str, str], after: float | None) -> None:
    answer = httpx.Response(503, headers=headers)

    assert Failure.with_answer(ValueError(), answer).after == after


def test_values_are_written_as_they_are_now() -> None:
    values: dict[str, Any] = {
        "resolveby": datetime(2027, 3, 1, 9, tzinfo=UTC),
        "birthdate": date(1990, 5, 17),
        "totalamount": Decimal("12.50"),
        "key": UUID(int=1),
        "closed": None,
    }
    sent = changed("incident", "k1", "update", values, id="named", version=3, actor=None)
    values.clear()

    assert sent.body == {
        "id": "named", "table": "incident", "record_id": "k1", "operation": "update", "version": 3,
        "values": {
            "resolveby": "2027-03-01T09:00:00+00:00", "birthdate": "1990-05-17", "totalamount": 12.5,
            "key": "00000000-0000-0000-0000-000000000001", "closed": None,
        },
    }  # fmt: skip


def test_each_is_named_before_it_is_sent() -> None:
    first, second = (fired("cart-abandoned", "contact/ana/2", None) for _ in range(2))

    assert first.id != second.id
    assert first.body == {
        "event_id": first.id, "trigger": "cart-abandoned",
        "person": {"table": "contact", "id": "ana/2"}, "attributes": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"x": datetime(2027, 1, 1)}, "with its offset from UTC", id="no offset"),  # noqa: DTZ001 - told apart
        pytest.param({"x": float("nan")}, "not JSON compliant", id="no number"),
        pytest.param({"x": object()}, "Expected JSON, but there is a object", id="anything"),
    ],
)
def test_what_is_no_json_is_refused_before_it_waits(values: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        changed("incident", "k1", "update", values)


def test_a_person_is_written_with_its_table() -> None:
    with pytest.raises(ValueError, match="Expected a person as table/id, but it is 'ana'"):
        fired("cart-abandoned", "ana", None)


def test_limits_leave_room() -> None:
    with pytest.raises(ValueError, match="Expected limits above zero"):
        Limits(count=0)
