"""What is equal is found alike."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from journeys.equality import equal, is_empty, likeness

texts = some.sampled_from(
    ["a", "A", "ß", "SS", "e\u0301", "\u00e9", "\u212a", "k", "2031-03-03T09:00:00Z", "2031-03-03t09:00:00z",
     "2031-03-03T10:00:00+01:00", "2031-03-03", "1", "true", ""]
) | some.text(max_size=3)  # fmt: skip
plain = (
    texts
    | some.integers(-3, 3)
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.sampled_from([0.0, -0.0, 1.0, 2**53, float(2**53)])
    | some.booleans()
    | some.none()
    | some.builds(lambda each: {"table": "contact", "id": each}, texts)
)
values = plain | some.lists(plain, max_size=3)


@given(values, values)
def test_what_is_equal_reads_alike(one: Any, other: Any) -> None:
    if equal(one, other):
        assert likeness(one) == likeness(other)


@given(values)
def test_what_is_empty_reads_like_nothing(value: Any) -> None:
    assert (likeness(value) is None) == is_empty(value)
