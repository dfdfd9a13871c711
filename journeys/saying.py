"""Saying: what Liquid and given values come to, for one participant at one moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from liquid import RenderContext
from liquid.exceptions import LiquidError
from liquid.output import LimitedStringIO

from journeys.catalogue import Catalogue
from journeys.facts import Facts
from journeys.filters import filters_for
from journeys.journey import Version
from journeys.reading import readable
from journeys.table import Table
from journeys.template import ENVIRONMENT, is_liquid, parsed


class _Context(RenderContext):
    """Liquid's view of one rendering, with our filters in the place of its own."""

    filters: Mapping[str, Any]

    def filter(self, name: str, token: Any = None) -> Any:
        return self.filters.get(name) or super().filter(name, token)


def rendered(source: str, roots: Mapping[str, Any], zone: tzinfo, *, html: bool = False) -> str:
    """Return *source*, Liquid, with what *roots* hold; raise ValueError with a sentence where it cannot be."""
    template = parsed(source, html=html)
    context = _Context(template, globals=roots)
    context.filters = filters_for(roots.get("now"), zone, template.env)
    written = LimitedStringIO(ENVIRONMENT.output_stream_limit)
    try:
        template.render_with_context(context, written)
    # Beside Liquid's own errors, arithmetic may overflow on what a record holds.
    except (LiquidError, ArithmeticError, ValueError) as error:
        why = error.message if isinstance(error, LiquidError) else str(error)
        raise ValueError(f"Expected to render it, but {why}.") from error
    return written.getvalue()


@dataclass(frozen=True)
class Saying:
    """What may be said to or of one participant: the facts, and how their values are printed."""

    facts: Facts
    tables: Mapping[str, Table]
    zone: tzinfo
    about: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, version: Version, facts: Facts, catalogue: Catalogue) -> "Saying":
        """Return what the participants of *version* may be told of their *facts*."""
        about = dict(values_of(version, catalogue))
        return cls(facts, catalogue.tables, version.journey.zone, about)

    def value(self, given: Any) -> Any:
        """Return what *given* comes to: a field's value, rendered Liquid, or itself.

        Raises ValueError with a sentence where Liquid cannot be rendered.
        """
        match given:
            case {"field": str(named)} if len(given) == 1:
                return self.facts.read(named)
            case str() if is_liquid(given):
                roots = readable(self.facts, self.tables, self.about)
                return rendered(given, roots, self.zone)
            case dict():
                return {name: self.value(each) for name, each in given.items()}
            case list():
                return [self.value(each) for each in given]
            case _:
                return given


def values_of(version: Version, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield the fields that hold values of a table rather than a record, with that table."""
    brought = {f"tiles.{tile.id}": tile.brings for tile in version.journey.tiles}
    for held, names in {"trigger": (version.journey.entry.trigger,), **brought}.items():
        triggers = [catalogue.triggers.get(name) for name in names]
        tables = {getattr(trigger, "table", None) for trigger in triggers}
        if len(tables) == 1 and (table := tables.pop()) is not None:
            yield held, table
