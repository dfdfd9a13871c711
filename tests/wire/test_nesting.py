"""Nesting: how deep JSON goes, told from its bytes."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.nesting import is_deeper

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text('ab"\\{}[],:\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"\\{}[]'), inner, max_size=3),
    max_leaves=30,
)  # fmt: skip


def depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case list():
            return 1 + max(map(depth, value), default=0)
        case _:
            return 0


@given(ANYTHING)
def test_it_is_told_as_if_it_were_read(value: object) -> None:
    content, deepest = orjson.dumps(value), depth(value)

    assert not is_deeper(content, deepest)
    assert deepest == 0 or is_deeper(content, deepest - 1)


@pytest.mark.parametrize(
    ("content", "deeper"),
    [
        pytest.param(b"[" * 3 + b"]" * 3, False, id="as deep as may be"),
        pytest.param(b"[" * 4 + b"]" * 4, True, id="one deeper"),
        pytest.param(b'[{"a": [{}]}]', True, id="objects and lists alike"),
        pytest.param(b"[" + b"{}," * 99 + b"{}]", False, id="many beside one another"),
        pytest.param(b'["[[[[[[", "]]]]]]"]', False, id="brackets in strings"),
        pytest.param(b'["\\"[[[[[[", "\\\\"]', False, id="brackets after escaped quotes"),
        pytest.param(b"[" * 100_000, True, id="what never ends"),
    ],
)
def test_what_counts_is_what_is_in_one_another(content: bytes, deeper: bool) -> None:
    assert is_deeper(content, 3) is deeper
