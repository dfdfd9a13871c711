"""Text: a bundle as JSON or YAML, written in one way only, and read with a sentence for what is none."""

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ValidationError

from journeys.bundle import Bundle
from journeys.problem import Problems, problems_of_shape, quoted
from journeys.yaml_text import MOST_DIGITS, data_in, to_text

Format = Literal["yaml", "json"]


def to_json(bundle: Bundle) -> str:
    """Return *bundle* as JSON: the same content is the same text."""
    return json.dumps(_by_name(bundle), ensure_ascii=False, indent=2) + "\n"


def to_yaml(bundle: Bundle) -> str:
    """Return *bundle* as YAML: the same content is the same text, and lines of a text stay lines."""
    return to_text(_by_name(bundle))


WRITERS = {"yaml": to_yaml, "json": to_json}


def read(raw: bytes, ending: str = "") -> Bundle:
    """Return the bundle that *raw* holds (see `body_of`); raise `Problems` where it is no bundle."""
    body = body_of(raw, ending)
    try:
        return Bundle.model_validate(body)
    except ValidationError as error:
        raise Problems(problems_of_shape(error, body)) from None


def body_of(raw: bytes, ending: str = "") -> Any:
    """Return what *raw* holds, in JSON or, unless it *ending* says `.json`, in YAML.

    Raises ValueError with a sentence where it is neither.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Expected text in UTF-8, but byte {error.start + 1} is {error.reason}."
        ) from None
    is_json = ending == ".json" or (ending not in (".yaml", ".yml") and text.lstrip()[:1] == "{")
    return _from_json(text) if is_json else data_in(text)


def plain(model: BaseModel) -> dict[str, Any]:
    """Return *model* as JSON in the order of its fields, without settings that are as they are anyway."""
    drawn = model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return dict(_with_kinds(model, drawn))


def _by_name(bundle: Bundle) -> dict[str, Any]:
    """Return *bundle* as JSON, each of its lists in the order of names, however it was put together."""
    ordered = plain(bundle)
    for parts in ordered.values():
        parts.sort(
            key=lambda part: [part.get("table", ""), part["id"]] if "id" in part else part["name"]
        )
    return ordered


def _with_kinds(value: Any, drawn: Any) -> Any:
    """Return *drawn* with what tells one model from another, which is a default and yet needed."""
    match value, drawn:
        case BaseModel(), dict():
            whole = {}
            for name, about in type(value).model_fields.items():
                key = about.serialization_alias or name
                if key in drawn:
                    whole[key] = _with_kinds(getattr(value, name), drawn[key])
                elif name == "kind":
                    whole[key] = about.default
            return whole
        case ((list() | tuple()), list()):
            return [_with_kinds(*each) for each in zip(value, drawn, strict=True)]
        case dict(), dict():
            return {key: _with_kinds(value.get(key), each) for key, each in drawn.items()}
        case _:
            return drawn


def _from_json(text: str) -> Any:
    try:
        body = json.loads(
            text,
            object_pairs_hook=_each_once,
            parse_constant=_no_number,
            parse_float=_kept,
            parse_int=_kept,
        )
        json.dumps(body, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(
            f"Expected JSON, but line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
    except UnicodeEncodeError:
        raise ValueError("Expected Unicode, but half of a surrogate pair stands alone.") from None
    except RecursionError:
        raise ValueError("Expected JSON, but it is nested too deeply.") from None
    return body


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"Expected each setting once, but {quoted(key)} is there twice.")
        found[key] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"Expected a number, but {text} is none in JSON.")


def _kept(text: str) -> int | float:
    if len(text) > MOST_DIGITS or not isfinite(float(text)):
        raise ValueError(f"Expected a number that can be kept, but there is {quoted(text)}.")
    return int(text) if text.lstrip("-").isdigit() else float(text)
