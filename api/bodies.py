"""Bodies: JSON as it was sent, read once, with one sentence for what is none."""

from typing import Any

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.errors import GatewayError
from api.intake import Item, Unreadable
from journeys.problem import Problem, problems_of_shape


async def json_body(request: Request) -> Any:
    """Return the body as JSON; raise a GatewayError (400) when it is none."""
    return parsed_json(await request.body())


def parsed_json(raw: bytes) -> Any:
    """Read *raw* (a byte order mark is forgiven) as JSON, or raise a GatewayError (400)."""
    try:
        return orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise GatewayError(f"Expected JSON, but {error}.") from None


def items_of(raw: bytes, content_type: str, model: type[BaseModel]) -> list[Item]:
    """Read one thing, a list, or NDJSON; what is not a *model* becomes Unreadable, in its place."""
    if "ndjson" in content_type or "jsonl" in content_type:
        return [_line(line, model) for line in raw.splitlines() if line.strip()]
    body = parsed_json(raw)
    return [item_of(each, model) for each in (body if isinstance(body, list) else [body])]


def item_of(body: Any, model: type[BaseModel]) -> Item:
    """Read *body* as a *model*."""
    try:
        item: Any = model.model_validate(body)
    except ValidationError as error:
        return Unreadable(body, problems_of_shape(error, body))
    return item  # type: ignore[no-any-return]


def _line(line: bytes, model: type[BaseModel]) -> Item:
    try:
        return item_of(parsed_json(line), model)
    except GatewayError as error:
        return Unreadable(line.decode(errors="replace"), (Problem(path="", message=error.detail),))
