"""Problems: what keeps something from being accepted, said so that its author can mend it."""

from collections.abc import Iterable, Sequence
from reprlib import Repr
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails


class Problem(BaseModel):
    """One thing that is wrong, where it is, and what was expected.

    *path* is a JSON pointer into the body or draft (`/tiles/2/duration`), *tile* the id of the
    tile it belongs to, *message* one sentence: "Expected …, but …".
    """

    model_config = ConfigDict(frozen=True)

    path: str
    message: str
    tile: str | None = None

    def below(self, *steps: str | int) -> "Problem":
        """Return it as a problem of what holds its body or draft at *steps*."""
        return self.model_copy(update={"path": pointer(*steps) + self.path})


class Unfounded(ValueError):
    """A field of a trigger or tile that is itself unknown: that is said where it is named."""


class Problems(ValueError):
    """Everything that is wrong with one thing, all at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(f"{each.path}: {each.message}" for each in self.problems))


_QUOTING = Repr()
_QUOTING.maxlevel, _QUOTING.maxstring, _QUOTING.maxother = 4, 80, 80


_QUOTED = 300
"""So many characters of a value say enough, though it holds several things that are long."""


def quoted(value: Any) -> str:
    """Return *value* as a sentence quotes it: however long or deep it is, only so much of it."""
    text = _QUOTING.repr(value)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def pointer(*steps: str | int) -> str:
    """Return *steps* as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def problems_of_shape(error: ValidationError, body: Any = None) -> tuple[Problem, ...]:
    """Return Pydantic's findings about *body* as problems, with the tile each belongs to.

    Where a setting may be one of several things, Pydantic finds that it is none of them, one by
    one: that is one problem.
    """
    found: dict[tuple[str | int, ...], list[ErrorDetails]] = {}
    for finding in error.errors(include_url=False):
        if not _echo(finding):
            found.setdefault(_steps(finding, body), []).append(finding)
    return tuple(
        Problem(
            path=pointer(*steps), message=_message(findings, steps, body), tile=_tile(body, steps)
        )
        for steps, findings in found.items()
    )


def _echo(finding: ErrorDetails) -> bool:
    """Say whether a list was only found too short because what is in it was found wrong before."""
    return (
        finding["type"] == "too_short" and len(finding["input"]) > finding["ctx"]["actual_length"]
    )


def _steps(finding: ErrorDetails, body: Any) -> tuple[str | int, ...]:
    """Return where *finding* is in *body*, without the names of the union branches Pydantic tried."""
    steps: list[str | int] = []
    here, last = body, len(finding["loc"]) - 1
    for position, step in enumerate(finding["loc"]):
        if _holds(here, step):
            here = here[step]
        elif not (position == last and finding["type"] == "missing"):
            continue
        steps.append(step)
    return tuple(steps)


def _holds(here: Any, step: str | int) -> bool:
    if isinstance(here, Sequence) and not isinstance(here, str):
        return isinstance(step, int) and step < len(here)
    return isinstance(here, dict) and step in here


def _message(findings: list[ErrorDetails], steps: tuple[str | int, ...], body: Any) -> str:
    name = steps[-1] if steps else "the body"
    if len(findings) == 1 and (sentence := _sentence(findings[0], name)):
        return sentence
    value = body
    for step in steps:
        value = value[step]
    expected = " or ".join(dict.fromkeys(_expected(each) for each in findings))
    return f"Expected {expected}, but {name} is {quoted(value)}."


def _sentence(  # noqa: PLR0911 - a table
    finding: ErrorDetails, name: str | int
) -> str | None:
    """Return the whole sentence for what is no matter of one wrong value, else None."""
    about = finding.get("ctx", {})
    match finding["type"]:
        case "missing":
            return f"Expected {name}, but it is missing."
        case "extra_forbidden":
            return f"Expected only known settings, but {quoted(name)} is not one."
        case "union_tag_invalid":
            return (
                f"Expected {about['discriminator'].strip(chr(39))} to be one of "
                f"{about['expected_tags']}, but it is {quoted(about['tag'])}."
            )
        case "union_tag_not_found":
            return f"Expected {about['discriminator'].strip(chr(39))}, but it is missing."
        case "json_invalid":
            return f"Expected JSON, but {about['error']}."
        case "recursion_depth_exceeded":
            return "Expected what can be looked through, but it is nested too deeply."
        case "value_error":
            return str(about["error"])
        case _:
            return None


_EXPECTED = {
    "bool": "true or false",
    "datetime": "a moment with its offset such as 2026-11-24T09:00:00+01:00",
    "dict": "an object",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "an object",
    "string_type": "text",
    "time_delta": "a duration such as P3D or PT2H",
    "timezone_aware": "a moment with its offset such as 2026-11-24T09:00:00+01:00",
    "tuple": "a list",
}
"""What was expected, by how Pydantic's name of the finding begins."""


def _expected(finding: ErrorDetails) -> str:
    about = finding.get("ctx", {})
    match finding["type"]:
        case "value_error":
            return str(about["error"]).removeprefix("Expected ").partition(", but ")[0]
        case "literal_error":
            return f"one of {about['expected']}"
        case "too_short":
            return f"at least {about['min_length']}"
        case "string_too_short":
            return "some text"
        case "string_too_long":
            return f"at most {about['max_length']} characters"
        case kind:
            begins = next((begin for begin in _EXPECTED if kind.startswith(begin)), None)
            return _EXPECTED[begins] if begins else finding["msg"].removeprefix("Input should be ")


def _tile(body: Any, steps: tuple[str | int, ...]) -> str | None:
    """Return the id of the tile that *steps* lead into, in a journey or in something that has one."""
    if "tiles" not in steps[:-1]:
        return None
    end = steps.index("tiles") + 2
    if not isinstance(index := steps[end - 1], int):
        return None
    for step in steps[:end]:
        body = body[step]
    return str(body.get("id", index)) if isinstance(body, dict) else str(index)
