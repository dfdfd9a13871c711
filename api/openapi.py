"""OpenAPI: what it says beyond what FastAPI sees: the problems of the door, and all bodies."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from api.errors import PROBLEM_JSON, ProblemBody

_ALWAYS = {
    400: "The body is no JSON, nests too deep, or did not come whole; or U+0000 is in the address.",
    401: "No key that lets in, or a wrong signature.",
    403: "The key has not the scope for it.",
    421: "There is no key yet, and the request is not for this machine.",
    422: "The body or the query is not as expected.",
    429: "This key asks too often: again after `Retry-After` seconds.",
    500: "Something failed here: the log says what, under the request's id.",
    503: "Not now: again after `Retry-After` seconds; nothing was taken in.",
}
_OF_BODIES = {
    408: "The body comes too slowly.",
    413: "The body is too large, packed or unpacked.",
    415: "The body is packed otherwise than with gzip.",
}
_OF_NAMES = {404: "There is nothing of this name."}
_OF_STATES = {409: "Not in the state things are in: `detail` says which."}
_HEADERS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
_METHODS = frozenset({"get", "put", "post", "patch", "delete"})


def complete_openapi(app: FastAPI) -> None:
    """Let the description of *app* say all that its routes and its door answer."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = deepcopy(described())  # bodies are said once for every application
        components = document.setdefault("components", {})
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        }
        document["security"] = [{"bearer": []}, {"header": []}, {}]  # {}: without any key yet
        schemas = components.setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's; ours are problems
            schemas.pop(unused, None)
        for schema in _bodies(document):
            for name, definition in schema.pop("$defs", {}).items():
                schemas.setdefault(name, definition)
        schemas["ProblemBody"] = ProblemBody.model_json_schema(
            by_alias=True, ref_template="#/components/schemas/{model}"
        )
        schemas.update(schemas["ProblemBody"].pop("$defs"))
        for path, operations in document["paths"].items():
            for method in operations.keys() & _METHODS:
                _say_answers(path, method, operations[method])
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's way to extend it


def _bodies(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield content["schema"]


def _say_answers(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add the problems that an operation may answer; those for health never ask who asks."""
    tags = operation.get("tags", ())
    asked = (400, 500) if "health" in tags else tuple(_ALWAYS)
    answers = {status: _ALWAYS[status] for status in asked}
    if "requestBody" in operation:
        answers |= _OF_BODIES
    if "{" in path:
        answers |= _OF_NAMES
    responses = operation["responses"]
    if "409" in responses or (method != "get" and "changes in" not in tags):
        answers |= _OF_STATES
    if method == "put":
        responses["201"] = responses["200"] | {"description": "It was created."}
    if method == "post" and "instances" in tags:
        responses["202"] = responses["200"] | {"description": "It has yet to take effect."}
    for status, description in sorted(answers.items()):
        said: dict[str, Any] = {
            "description": description,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        if status in _HEADERS:
            said["headers"] = {_HEADERS[status]: {"schema": {"type": "string"}}}
        responses[str(status)] = said
