"""The pages of docs/ that are written by the code they describe: `make docs` writes them anew."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from dev.examples import EXAMPLES
from docs.traces import with_traces
from journeys.bundle import Bundle
from journeys.condition import OPERATORS
from journeys.drawing import drawing
from journeys.journey import Journey
from journeys.text import read
from journeys.tile import BaseTile, Cap
from journeys.tiles import Tile
from settings import Settings

DOCS = Path(__file__).parent
MARK = "<!-- Written by docs/generate.py; change the code it describes and run `make docs`. -->\n"
SIGNS = {
    "exclusiveMinimum": "more than {}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
}
FORMATS = {"duration": "a duration, ISO 8601", "date-time": "a moment, RFC 3339"}
PATTERNS = {
    "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$": "the id of a tile",
    "^[a-z0-9][a-z0-9-]{0,62}$": "a name",
    "^([01][0-9]|2[0-3]):[0-5][0-9]$": "a time of day such as `09:00`",
}
SHAPES = {
    "boolean": "yes or no",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "pairs of fields",
    "string": "text",
}


def pages() -> dict[Path, str]:
    """Return every generated page with its text."""
    return {
        DOCS / "tiles.md": tiles_page(),
        DOCS / "journey.schema.json": json.dumps(journey_schema(), indent=2) + "\n",
        DOCS / "bundle.schema.json": json.dumps(bundle_schema(), indent=2) + "\n",
        DOCS / "settings.md": settings_page(),
        DOCS / "examples.md": with_traces((DOCS / "examples.md").read_text(encoding="utf-8")),
        **pictures(),
    }


def kinds() -> dict[str, type[BaseTile]]:
    """Return every tile kind by its name, in the order of the list."""
    union = get_args(Tile)[0]
    return {each.model_fields["kind"].default: each for each in get_args(union)}


def journey_schema() -> dict[str, Any]:
    """Return the JSON Schema of a journey, in which a tile has to say its kind."""
    schema = Journey.model_json_schema(by_alias=True)
    for each in kinds().values():
        schema["$defs"][each.__name__]["required"].insert(0, "kind")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def bundle_schema() -> dict[str, Any]:
    """Return the JSON Schema of a bundle, in which a trigger has to say its kind."""
    schema = Bundle.model_json_schema(by_alias=True)
    schema["properties"]["journeys"]["items"] = {"$ref": "journey.schema.json"}
    definitions = schema.pop("$defs")
    named = {"RecordChangeTrigger", "CustomTrigger"}
    for each in named:
        definitions[each]["required"].insert(0, "kind")
    ahead = [schema, *(definitions[each] for each in sorted(named))]
    for part in ahead:
        fresh = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(part))) - named
        named |= fresh
        ahead += [definitions[each] for each in sorted(fresh)]
    kept = {name: each for name, each in definitions.items() if name in named}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": kept, **schema}


def pictures() -> dict[Path, str]:
    """Return a picture of each journey among the examples."""
    bundles = [read(file.read_bytes(), file.suffix) for file in sorted(EXAMPLES.glob("*.json"))]
    return {
        DOCS / "pictures" / f"{journey.name}.svg": drawing(journey)
        for bundle in bundles
        for journey in bundle.journeys
    }


def tiles_page() -> str:
    """Return the page that explains every tile kind: what it does, takes and leads to."""
    definitions = journey_schema()["$defs"]
    return "\n".join(
        [
            MARK,
            "# Tiles\n",
            "A tile is one step of a journey, and its kind says which sort of step.",
            "Every tile has an `id` of letters, digits, `-` and `_`, unique in its journey, and a `kind`.",
            "A setting that leads to a tile and is left out, or null, completes the journey there.",
            "Any tile may lead back to an earlier one if somebody waits in every cycle, and may say how",
            'often a participant comes to it: `"visits": {"at_most": 3, "then": null}` sends them on to',
            "`then` from the fourth time on. `tiles.<id>.visits` tells how often they came so far.",
            "A condition is a comparison (`field`, `operator`, `value`), or conditions grouped by `all`,",
            "`any` or `not`; the operators are "
            + ", ".join(f"`{each}`" for each in OPERATORS)
            + ".",
            "The schema of a whole journey is [journey.schema.json](journey.schema.json).\n",
            *(f"- [{name}](#{name})" for name in kinds()),
            "",
            *(line for kind in kinds().values() for line in _section(kind, definitions)),
        ]
    )


def _section(kind: type[BaseTile], definitions: dict[str, Any]) -> Iterator[str]:
    schema = definitions[kind.__name__]
    yield f"## {kind.model_fields['kind'].default}\n"
    yield f"{schema['description']}\n"
    yield from _settings_of(schema, leave=("kind", "id", "visits"))
    for name in _parts(schema):
        yield f"`{name}` in turn: {definitions[name]['description']}\n"
        yield from _settings_of(definitions[name])
    for example in (kind.example, *kind.more_examples):
        yield "```json"
        yield json.dumps(example, indent=2)
        yield "```\n"


def _settings_of(schema: dict[str, Any], leave: tuple[str, ...] = ()) -> Iterator[str]:
    yield "| setting | takes | left out |"
    yield "| --- | --- | --- |"
    for name, each in schema["properties"].items():
        if name not in leave:
            needed = name in schema.get("required", ())
            default = "needed" if needed else f"`{json.dumps(each.get('default'))}`"
            yield f"| `{name}` | {takes(each)} | {default} |"
    yield ""


def _parts(schema: dict[str, Any]) -> list[str]:
    """Return the names of the models that only this kind's settings are made of."""
    settings = schema["properties"].values()
    lists = [each["items"] for each in settings if "items" in each]
    options = [option for each in settings for option in each.get("anyOf", ())]
    named = [_name(each["$ref"]) for each in (*lists, *options, *settings) if "$ref" in each]
    return [name for name in named if name != Cap.__name__]


def takes(schema: dict[str, Any]) -> str:  # noqa: PLR0911 - one line for each sort of schema
    """Say in words what a setting of this JSON Schema takes."""
    if "anyOf" in schema:
        return " or ".join(takes(each) for each in schema["anyOf"] if each != {"type": "null"})
    if "oneOf" in schema:
        return "a condition"
    if "$ref" in schema:
        return f"`{_name(schema['$ref'])}`"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if "items" in schema:
        return f"a list of {takes(schema['items'])}"
    if "pattern" in schema:
        return PATTERNS[schema["pattern"]]
    shape = FORMATS.get(schema.get("format", "")) or SHAPES.get(schema.get("type", ""), "any value")
    bounds = [text.format(schema[sign]) for sign, text in SIGNS.items() if sign in schema]
    return ", ".join([shape, *bounds])


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def settings_page() -> str:
    """Return the page that lists every setting with its variable and default."""
    fields = Settings.model_fields
    rows = [
        f"| `{variable(name)}` | {each.description} | {_default(each)} |"
        for name, each in fields.items()
    ]
    return "\n".join(
        [
            MARK,
            "# Settings\n",
            "Sojourn is set by environment variables; without any of them it runs on one machine.",
            "Temporal's own variables (`TEMPORAL_TLS_…`, `TEMPORAL_API_KEY` and the rest) keep their meaning.\n",
            "| variable | what it says | left out |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def variable(name: str) -> str:
    """Return the environment variable of setting *name*."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, str):
        return alias
    return f"{Settings.model_config['env_prefix']}{name}".upper()


def _default(field: FieldInfo) -> str:
    """Say what holds when the variable is not set."""
    if field.default_factory is not None:
        return "follows from the others"
    value = field.get_default()
    return (
        "none" if value is None else f"`{str(value).lower() if value in (True, False) else value}`"
    )


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(DOCS.parent))
