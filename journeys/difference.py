"""Difference: what was changed between two drafts of a journey, place by place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from journeys.problem import pointer


class Difference(BaseModel):
    """One place in a draft (*path*, a JSON pointer) and what stood *from* before and stands *to* now.

    None where there was, or is, nothing.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    path: str
    before: Any = Field(alias="from")
    after: Any = Field(alias="to")


def differences(before: Any, after: Any, where: tuple[str | int, ...] = ()) -> Iterator[Difference]:
    """Yield the smallest places in which the JSON values *before* and *after* differ."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            yield from differences(before.get(name), after.get(name), (*where, name))
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for index in range(max(len(before), len(after))):
            yield from differences(_at(before, index), _at(after, index), (*where, index))
    else:
        yield Difference(path=pointer(*where), before=before, after=after)


def _at(values: Sequence[Any], index: int) -> Any:
    return values[index] if index < len(values) else None
