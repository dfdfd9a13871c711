"""Templates: the text of a message, in Liquid, and the fields it reads."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError
from liquid.static_analysis import TemplateAnalysis
from pydantic import BaseModel, ConfigDict, Field

from journeys.field import field_of
from journeys.problem import Problem, Problems, pointer
from journeys.trigger import Name


class Template(BaseModel):
    """What a message says: Liquid in *subject*, *html* and *text*, and why it is sent (*purpose*).

    Without *text*, the text part is made from the HTML.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Name
    channel: Literal["email"] = "email"
    purpose: str = "commercial"
    topic: str | None = None
    subject: str
    html: str
    text: str | None = None
    sender: str | None = Field(default=None, alias="from")
    reply_to: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The texts that are written in Liquid, by the name of their setting."""
        parts = {"subject": self.subject, "html": self.html, "text": self.text}
        return {name: source for name, source in parts.items() if source is not None}


class Liquid(Environment):
    """Liquid as templates may use it: within limits, and without other templates' files."""

    loop_iteration_limit = 10_000
    local_namespace_limit = 1_000_000
    output_stream_limit = 2_000_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        del self.tags["include"], self.tags["render"]


ENVIRONMENT = Liquid()
"""For subjects and text parts: values go in as they are."""

HTML_ENVIRONMENT = Liquid(autoescape=True)
"""For HTML: values are escaped, so that no record can write into a message's markup."""


@lru_cache(maxsize=512)
def parsed(source: str, *, html: bool = False) -> BoundTemplate:
    """Return *source* ready to be rendered; raise ValueError with the line where it is not Liquid."""
    environment = HTML_ENVIRONMENT if html else ENVIRONMENT
    try:
        return environment.from_string(source)
    except LiquidError as error:
        raise ValueError(
            f"Expected Liquid, but line {_line(source, error)}: {error.message}."
        ) from error


def is_liquid(text: str) -> bool:
    """Say whether *text* comes to something else than it says."""
    return "{{" in text or "{%" in text


def problems_of_template(template: Template) -> tuple[Problem, ...]:
    """Return what is wrong with the Liquid of *template*, with the part it stands in."""
    return tuple(
        Problem(path=pointer(name), message=sentence)
        for name, source in template.parts.items()
        for sentence in wrong_in(source)
    )


def template_fields(template: Template) -> frozenset[str]:
    """Return the fields that *template* reads (`trigger.primarycontactid.fullname`), in any part.

    What the template names itself (loop variables, assigned ones) is none. A path ends before an
    index that is only known when it is rendered. Raises `Problems` where a part is not Liquid.
    """
    if problems := problems_of_template(template):
        raise Problems(problems)
    return frozenset().union(*map(fields_of, template.parts.values()))


def fields_of(source: str) -> frozenset[str]:
    """Return the fields that *source* reads; raise ValueError where it is not Liquid."""
    return frozenset(
        _field(variable.segments)
        for variables in _analysed(source).globals.values()
        for variable in variables
    )


@lru_cache(maxsize=512)
def _analysed(source: str) -> TemplateAnalysis:
    return parsed(source).analyze(include_partials=False)


def _field(segments: Sequence[object]) -> str:
    """Return a Liquid path as a field, without Liquid's own `size`, `first` and `last` at its end."""
    steps: list[str] = []
    for segment in segments:
        if not isinstance(segment, str):
            break
        steps.append(segment)
    of_liquid = len(steps) > 2 and steps[0] != "related"  # noqa: PLR2004 - root and column
    if of_liquid and steps[-1] in ("size", "first", "last"):
        steps.pop()
    return field_of(steps)


def wrong_in(source: str) -> Iterator[str]:
    """Yield what is wrong with the Liquid of *source*."""
    try:
        used = _analysed(source).filters
    except ValueError as error:
        yield str(error)
        return
    for name, spans in used.items():
        if name not in ENVIRONMENT.filters:
            line = source.count("\n", 0, spans[0].index) + 1
            yield f"Expected a Liquid filter, but line {line} uses {name!r}, which is none."


def _line(source: str, error: LiquidError) -> int:
    """Return the line *error* is on.

    Where something ends too early, Liquid does not say where it began: it began on the first line
    from which on every beginning of the source fails for the same reason.
    """
    if error.token is not None and error.token.start_index >= 0:
        return source.count("\n", 0, error.token.start_index) + 1
    lines = source.splitlines(keepends=True)
    first = len(lines)
    for number in range(len(lines), 0, -1):
        if "{" not in lines[number - 1]:
            continue
        try:
            ENVIRONMENT.from_string("".join(lines[:number]))
        except LiquidError as other:
            if other.args == error.args:
                first = number
                continue
        break
    return first
