"""Publishing: every problem that keeps a draft from going live, and the version it becomes."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from journeys.catalogue import Catalogue
from journeys.condition import Comparison, before
from journeys.drawn import Drawn, settings
from journeys.field import steps_of
from journeys.fitting import fitting_value, require_operator
from journeys.graph import Finding, wrong_ways
from journeys.journey import Journey, Version
from journeys.operators import MEANINGS
from journeys.problem import Problem, Problems, Unfounded, pointer
from journeys.readiness import pointing_column
from journeys.related import Related
from journeys.scope import Scope
from journeys.template import Template, problems_of_template, template_fields
from journeys.trigger import pointing
from journeys.watchable import unwatchable

_READING_ORDER = ("entry", "goal", "exits", "related", "tiles")


def problems(journey: Journey, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Return everything that keeps *journey* from going live, in reading order."""
    scope = Scope(journey, catalogue)
    found = chain(
        _wrong_window(journey),
        wrong_ways(journey),
        _wrong_tiles(scope),
        *(_wrong_setting(drawn, scope.at(drawn.event, drawn.each)) for drawn in settings(journey)),
    )
    return tuple(
        Problem(path=pointer(*steps), message=message, tile=_tile(journey, steps))
        for steps, message in sorted(found, key=lambda finding: _position(finding[0]))
    )


def resolved(journey: Journey, catalogue: Catalogue) -> Journey:
    """Return *journey* with every condition's value in its kept form, labels of choices as values.

    Raises `Problems` where there are any.
    """
    if found := problems(journey, catalogue):
        raise Problems(found)
    scope, draft = Scope(journey, catalogue), journey.draft()
    for drawn in settings(journey):
        if isinstance(drawn.value, Comparison) and drawn.value.value is not None:
            here: Any = draft
            for step in drawn.steps:
                here = here[step]
            column = scope.at(drawn.event, drawn.each).column(drawn.value.field)
            here["value"] = fitting_value(drawn.value, column)
    return Journey.model_validate(draft)


def publish(journey: Journey, catalogue: Catalogue, number: int) -> Version:
    """Return version *number* of *journey*, with the templates it sends; raises `Problems`."""
    return Version(
        number=number,
        journey=resolved(journey, catalogue),
        templates={template.name: template for template in _templates(journey, catalogue)},
    )


def _templates(journey: Journey, catalogue: Catalogue) -> Iterator[Template]:
    for drawn in settings(journey):
        if drawn.setting == "template" and drawn.value in catalogue.templates:
            yield catalogue.templates[drawn.value]


def _wrong_window(journey: Journey) -> Iterator[Finding]:
    start, end = journey.entry.starts_at, journey.entry.ends_at
    if start is not None and end is not None and end <= start:
        said = f"Expected an end after {start.isoformat()}, but it is {end.isoformat()}."
        yield ("entry", "ends_at"), said


def _wrong_tiles(scope: Scope) -> Iterator[Finding]:
    for index, tile in enumerate(scope.journey.tiles):
        for problem in chain(tile.problems(scope.catalogue), tile.problems_within(scope)):
            steps = (step for step in problem.path.split("/") if step)
            yield ("tiles", index, *steps), problem.message


def _wrong_setting(drawn: Drawn, scope: Scope) -> Iterator[Finding]:
    """Yield what is wrong with one setting, whichever kind of tile or rule has it.

    What follows only from a trigger that is itself unknown is left unsaid.
    """
    match drawn:
        case Drawn(value=Comparison() as comparison):
            yield from _wrong_comparison(drawn, comparison, scope)
        case Drawn(setting="all" | "any" as group, value=()):
            yield drawn.steps, f"Expected conditions in {group}, but there is none."
        case Drawn(value=Related() as related):
            yield from _wrong_related(drawn, related, scope)
        case Drawn(setting="trigger", value=str(name)):
            yield from _wrong_trigger(drawn, name, scope)
        case Drawn(setting="template", value=str(name)):
            yield from _wrong_template(drawn, name, scope)
        case Drawn(setting="match", value=dict() as pairs):
            yield from _wrong_match(drawn, pairs, scope)
        case Drawn(setting="until_field", value=str(field)):
            yield from _wrong_date(drawn, field, scope)
        case _:
            return


def _wrong_match(drawn: Drawn, pairs: Mapping[str, str], scope: Scope) -> Iterator[Finding]:
    for field, other in pairs.items():
        for named in (field, other):
            if said := _unjudged(named) or _unknown(named, scope):
                yield (*drawn.steps, field), said


def _wrong_comparison(drawn: Drawn, comparison: Comparison, scope: Scope) -> Iterator[Finding]:
    field, compares = comparison.field, MEANINGS[comparison.operator].compares
    step = "field"
    try:
        if drawn.event is not None and (said := _unjudged(field)):
            raise ValueError(said)  # noqa: TRY301 - one place says where it is wrong
        column = scope.column(field)
        if compares:
            if steps_of(field)[0] not in ("trigger", "event"):
                raise ValueError(  # noqa: TRY301 - one place says where it is wrong
                    f"Expected a field of trigger or event with {comparison.operator}, since only "
                    f"a change has values before it, but it is {field!r}."
                )
            scope.column(before(field))
        step = "operator"
        require_operator(comparison, column)
        step = "value"
        fitting_value(comparison, column)
        if drawn.watched and (wrong := unwatchable(comparison, scope)):
            step, said = wrong
            raise ValueError(said)  # noqa: TRY301 - one place says where it is wrong
    except Unfounded:
        return
    except ValueError as error:
        yield (*drawn.steps, step), str(error)


def _unjudged(field: str) -> str | None:
    """Say why *field* cannot be read where a trigger is judged, if it cannot.

    That is the moment it comes in, wherever the participant stands by then.
    """
    if steps_of(field)[0] != "tiles":
        return None
    return (
        "Expected a field of event, trigger, record, person or related, since a trigger is judged "
        f"when it comes in, whatever tiles have brought by then, but it is {field!r}."
    )


def _wrong_related(drawn: Drawn, related: Related, scope: Scope) -> Iterator[Finding]:
    step = "of"
    try:
        tables = scope.records(related.of)
        step = "each"
        pointing_column(related.each, [table.name for table in tables], scope.catalogue.tables)
        if related.sorted_by is not None:
            step = "sort"
            scope.at(None, pointing(related.each)[0]).column(related.sorted_by)
    except Unfounded:
        return
    except ValueError as error:
        yield (*drawn.steps, step), str(error)


def _wrong_trigger(drawn: Drawn, name: str, scope: Scope) -> Iterator[Finding]:
    if name not in scope.catalogue.triggers:
        yield drawn.steps, f"Expected a trigger, but there is none called {name!r}."
    elif name not in scope.catalogue.ready:
        yield drawn.steps, f"Expected a trigger that is ready, but {name!r} is not."


def _wrong_template(drawn: Drawn, name: str, scope: Scope) -> Iterator[Finding]:
    """Yield what is wrong in a template that is sent here; that it exists is its tile's to say."""
    template = scope.catalogue.templates.get(name)
    if template is None:
        return
    wrong = [f"{each.message} It is the {each.path[1:]}" for each in problems_of_template(template)]
    if not wrong:
        fields = sorted(template_fields(template))
        wrong = [f"{said} It is a field" for field in fields if (said := _unknown(field, scope))]
    for said in wrong:
        yield drawn.steps, f"{said} of template {name!r}."


def _wrong_date(drawn: Drawn, field: str, scope: Scope) -> Iterator[Finding]:
    if steps_of(field)[0] not in ("trigger", "record", "person", "tiles"):
        said = f"Expected a date of trigger, record, person or tiles, but it is {field!r}."
        yield drawn.steps, said
        return
    try:
        column = scope.column(field)
    except Unfounded:
        return
    except ValueError as error:
        yield drawn.steps, str(error)
        return
    if column.type not in ("date", "datetime"):
        yield drawn.steps, f"Expected a date, but {field} is of type {column.type}."


def _unknown(field: str, scope: Scope) -> str | None:
    try:
        scope.column(field)
    except Unfounded:
        return None
    except ValueError as error:
        return str(error)
    return None


def _tile(journey: Journey, steps: tuple[str | int, ...]) -> str | None:
    match steps:
        case ["tiles", int() as index, *_]:
            return journey.tiles[index].id
        case _:
            return None


def _position(steps: tuple[str | int, ...]) -> tuple[int, int]:
    index = steps[1] if len(steps) > 1 and isinstance(steps[1], int) else -1
    return (_READING_ORDER.index(str(steps[0])) if steps[0] in _READING_ORDER else -1, index)
