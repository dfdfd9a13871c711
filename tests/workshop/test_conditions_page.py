"""The page on conditions: every operator is there, with an example that is one."""

import json
import re

import pytest

from docs.generate import DOCS
from journeys.condition import OPERATORS, Comparison
from journeys.operators import MEANINGS

PAGE = (DOCS / "conditions.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| .+ \| `(\{.+\})` \|$", PAGE, re.MULTILINE)


def test_every_operator_is_explained_in_order() -> None:
    assert [name for name, _ in ROWS] == list(OPERATORS)


@pytest.mark.parametrize(("name", "example"), ROWS, ids=[name for name, _ in ROWS])
def test_its_example_is_a_comparison_with_it(name: str, example: str) -> None:
    comparison = Comparison.model_validate(json.loads(example))

    assert comparison.operator == name
    assert (comparison.value is None) == (MEANINGS[comparison.operator].takes == "nothing")
