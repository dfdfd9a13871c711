"""Bodies: JSON as it was sent, read once, with one sentence for what is none."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.errors import GatewayError, Malformed, TooLarge
from api.sending import Item, Unusable
from journeys.problem import Problem, pointer, problems_of_shape, quoted
from wire.nesting import is_deeper

DEEPEST = 100
"""How many objects and lists may be in one another; the deepest journey has a few."""


_NUL = b"\\u0000"
"""How U+0000 stands in JSON: nothing that is without this needs to be looked through for it."""


async def json_body(request: Request) -> Any:
    """Return the body as JSON; raise a GatewayError (400) when it is none."""
    return parsed_json(await request.body())


JsonBody = Annotated[Any, Depends(json_body)]
"""A route's body as JSON, whatever its content type says."""


async def _json_or_nothing(request: Request) -> Any:
    return parsed_json(await request.body() or b"{}")


OptionalBody = Annotated[Any, Depends(_json_or_nothing)]
"""The same for a route whose body may be left out."""

T = TypeVar("T")


def read(model: TypeAdapter[T], body: Any) -> T:
    """Return *body* as a *model*; raise Malformed with all that is wrong with its shape."""
    try:
        return model.validate_python(body)
    except ValidationError as error:
        raise Malformed.by_shape(error, body) from None


def named(body: Any, name: str) -> Any:
    """Return *body* with the *name* of its path where it has none; raise Malformed where it differs."""
    if not isinstance(body, dict):
        return body
    if body.get("name", name) != name:
        message = f"Expected {name!r} as in the path, but it is {body['name']!r:.80}."
        raise Malformed("The body is not as expected.", [Problem(path="/name", message=message)])
    return {**body, "name": name}


def takes(model: TypeAdapter[Any], *, lines: bool = False, required: bool = True) -> dict[str, Any]:
    """Return what OpenAPI says of a route whose body is a *model* that `read` reads.

    *lines* says that it takes NDJSON as well.
    """
    schema = model.json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    content = {"application/json": {"schema": schema}}
    if lines:
        content["application/x-ndjson"] = {"schema": {"type": "string"}}
    return {"requestBody": {"required": required, "content": content}}


def parsed_json(raw: bytes) -> Any:
    """Read *raw* (a byte order mark is forgiven) as JSON; raise a GatewayError (400), or Malformed."""
    body = any_json(raw)
    if problems := tuple(wrong_texts(body)) if _NUL in raw else ():
        raise Malformed("The body is not as expected.", problems)
    return body


def any_json(raw: bytes) -> Any:
    """Read *raw* as `parsed_json` does, with texts in it that cannot be kept."""
    if not raw.strip():
        raise GatewayError("Expected JSON, but the body is empty.")
    if is_deeper(raw, DEEPEST):
        raise GatewayError(f"Expected JSON of at most {DEEPEST} levels, but it goes deeper.")
    try:
        return orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        if "UTF-8:" in str(error):  # it names no place there
            raise GatewayError("Expected JSON in UTF-8, but its bytes are not.") from None
        raise GatewayError(f"Expected JSON, but it is none: {error}.") from None


def items_of(raw: bytes, model: type[BaseModel], most: int) -> list[Item]:
    """Read one thing or a list; what is not a *model* becomes Unusable, in its place.

    Raises TooLarge for a list of more than *most*.
    """
    body = any_json(raw)
    if not isinstance(body, list):
        return [item_of(body, model)]
    if len(body) > most:
        raise TooLarge(
            f"Expected a list of at most {most}, but it has {len(body)}: send more as lines "
            "(NDJSON, with the content type application/x-ndjson)."
        )
    if _NUL in raw:
        return [item_of(each, model) for each in body]
    try:
        return _list_of(model).validate_python(body)
    except ValidationError:  # then one by one, since one bad item never spoils the others
        return [_modelled(each, model) for each in body]


@lru_cache
def _list_of(model: type[BaseModel]) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type] # made at run time


def item_of(body: Any, model: type[BaseModel]) -> Item:
    """Read *body* as a *model*."""
    problems = tuple(wrong_texts(body))
    return Unusable(body, problems) if problems else _modelled(body, model)


def wrong_texts(body: Any, *steps: str | int) -> Iterator[Problem]:
    """Yield where U+0000 stands in *body*: no text of PostgreSQL can hold it."""
    if isinstance(body, str) and "\0" in body:
        name = quoted(steps[-1]) if steps else "the body"
        message = f"Expected text without U+0000, but {name} has it."
        yield Problem(path=pointer(*steps), message=message)
    elif isinstance(body, list):
        for place, each in enumerate(body):
            yield from wrong_texts(each, *steps, place)
    elif isinstance(body, dict):
        for name, value in body.items():
            yield from wrong_texts(name, *steps, name)
            yield from wrong_texts(value, *steps, name)


def _modelled(body: Any, model: type[BaseModel]) -> Item:
    try:
        item: Any = model.model_validate(body)
    except ValidationError as error:
        return Unusable(body, problems_of_shape(error, body))
    return item  # type: ignore[no-any-return]


def as_delivered(items: list[Item], delivery: str | None, first: int = 0) -> list[Item]:
    """Name what has no id by the signed *delivery* it came in: delivered again, it counts once."""
    if delivery is None:
        return items
    return [
        item.model_copy(update={"id": f"{delivery}/{index}"})
        if not isinstance(item, Unusable) and item.id is None
        else item
        for index, item in enumerate(items, first)
    ]


def unusable(body: Any, problem: str) -> Unusable:
    """Return *body* as something that cannot be used, for one *problem* with all of it."""
    return Unusable(body, (Problem(path="", message=problem),))


LONGEST_LINE = 2**20
_LINES, _BYTES = 1_000, 4 * 2**20


async def items_of_lines(
    stream: AsyncIterable[bytes], model: type[BaseModel]
) -> AsyncIterator[list[Item]]:
    """Read NDJSON as it comes, and yield it in pieces that fit into memory.

    What is not a *model* becomes Unusable, in its place.
    """
    items: list[Item] = []
    size = 0
    async for line in _lines(stream):
        if line.strip():
            items.append(_line(line, model))
            size += len(line)
        if len(items) == _LINES or size > _BYTES:
            yield items
            items, size = [], 0
    if items:
        yield items


async def _lines(stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines of *stream* with anything in them; of one too long, what is too long already."""
    begun = b""
    async for part in stream:
        *whole, begun = (begun + part).split(b"\n")
        for line in filter(None, whole):
            yield line
        begun = begun[: LONGEST_LINE + 1]
    yield begun


def _line(line: bytes, model: type[BaseModel]) -> Item:
    if len(line) > LONGEST_LINE:
        said = f"Expected a line of at most {LONGEST_LINE} bytes, but it is longer."
        return unusable(line[:1000].decode(errors="replace"), said)
    try:
        body = any_json(line)
    except GatewayError as error:
        return unusable(line.decode(errors="replace"), error.detail)
    return (item_of if _NUL in line else _modelled)(body, model)
