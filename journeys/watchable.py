"""Watchable: whether a change of a record tells that a condition holds, wherever it is waited for."""

from collections.abc import Iterator

from journeys.condition import Comparison, comparisons
from journeys.field import field_of, steps_of
from journeys.moments import Relative
from journeys.operators import MEANINGS
from journeys.problem import quoted
from journeys.scope import Scope


def unwatchable(comparison: Comparison, scope: Scope) -> tuple[str, str] | None:
    """Return which setting of *comparison* no change of a record would tell of, with a sentence.

    Nothing polls: what time alone brings about would not be noticed, nor what is not watched.
    Raises ValueError where the field is unknown.
    """
    root, *steps = steps_of(comparison.field)
    if root == "tiles":
        return "field", (
            "Expected a field of record, person, related or trigger, since the condition is looked "
            f"at wherever the participant stands, but it is {comparison.field!r}."
        )
    if root == "trigger" and _leads_on(steps, scope):
        return "field", (
            "Expected a field of record, person or related, since the records that the entry's "
            f"trigger pointed to are not watched, but it is {comparison.field!r}."
        )
    if said := _by_time(comparison):
        return said
    related = scope.journey.related.get(steps[0]) if root == "related" and steps else None
    if related is None:
        return None
    if steps_of(related.of)[0] == "trigger":
        return "field", (
            "Expected related records of person or record, since those of the entry's trigger are "
            f"not watched, but {comparison.field} are of {related.of}."
        )
    chosen: Iterator[Comparison] = iter(()) if related.where is None else comparisons(related.where)
    by_time = next((said for each in chosen if (said := _by_time(each))), None)
    return None if by_time is None else ("field", by_time[1])


def _leads_on(steps: list[str], scope: Scope) -> bool:
    """Say whether *steps* of the entry's trigger lead over a lookup."""
    here = steps[1:] if steps and steps[0] == "before" else steps
    return len(here) > 1 and scope.column(field_of(("trigger", here[0]))).type == "lookup"


def _by_time(comparison: Comparison) -> tuple[str, str] | None:
    """Return what of *comparison* comes to hold, or ceases to, as time goes on."""
    if comparison.field == "now":
        return "field", (
            "Expected a condition that comes to hold by a change, but now changes by itself: wait "
            "until the moment instead."
        )
    values = comparison.value if isinstance(comparison.value, list) else [comparison.value]
    dated = MEANINGS[comparison.operator].takes in ("point", "pair")
    if MEANINGS[comparison.operator].takes != "duration" and not (
        dated and any(map(_is_relative, values))
    ):
        return None
    said = f"{comparison.field} {comparison.operator} {quoted(comparison.value)}"
    return "operator", (
        f"Expected a condition that comes to hold by a change, but {said} does so by itself as "
        "time goes on: wait until the date instead."
    )


def _is_relative(value: object) -> bool:
    try:
        return isinstance(value, str) and Relative.parse(value) is not None
    except ValueError:
        return False
