"""Problems: what keeps something from being accepted, said so that its author can mend it."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Problem(BaseModel):
    """One thing that is wrong, where it is, and what was expected.

    *path* is a JSON pointer into the body or draft (`/tiles/2/duration`), *tile* the id of the
    tile it belongs to, *message* one sentence: "Expected …, but …".
    """

    model_config = ConfigDict(frozen=True)

    path: str
    message: str
    tile: str | None = None


class Problems(ValueError):
    """Everything that is wrong with one thing, all at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(f"{each.path}: {each.message}" for each in self.problems))


def pointer(*steps: str | int) -> str:
    """Return *steps* as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def problems_of_shape(error: ValidationError, body: Any = None) -> tuple[Problem, ...]:
    """Return Pydantic's findings about *body* as problems, with the tile each belongs to."""
    return tuple(_problem_of_shape(each, body) for each in error.errors(include_url=False))


def _problem_of_shape(finding: Any, body: Any) -> Problem:
    """Say one finding as a sentence; union branches that Pydantic puts into the path are left out."""
    steps, here = [], body
    for step in finding["loc"]:
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        elif step != finding["loc"][-1] or finding["type"] != "missing":
            continue
        steps.append(step)
    return Problem(path=pointer(*steps), message=_sentence(finding, steps), tile=_tile(body, steps))


def _sentence(finding: Any, steps: list[str | int]) -> str:
    name = steps[-1] if steps else "the body"
    match finding["type"]:
        case "missing":
            return f"Expected {name}, but it is missing."
        case "extra_forbidden":
            return f"Expected only known settings, but {name!r} is not one."
        case "union_tag_invalid":
            return (
                f"Expected {finding['ctx']['discriminator'].strip(chr(39))} to be one of "
                f"{finding['ctx']['expected_tags']}, but it is {finding['ctx']['tag']!r}."
            )
        case "union_tag_not_found":
            discriminator = finding["ctx"]["discriminator"].strip("'")
            return f"Expected {discriminator}, but it is missing."
        case "value_error" | "assertion_error":
            return str(finding["ctx"]["error"])
    said = finding["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    return f"Expected {said}, but {name} is {finding['input']!r:.80}."


def _tile(body: Any, steps: list[str | int]) -> str | None:
    """Return the id of the tile that *steps* lead into."""
    match steps:
        case ["tiles", int() as index, *_]:
            tile = body["tiles"][index]
            return str(tile.get("id", index)) if isinstance(tile, dict) else str(index)
    return None
