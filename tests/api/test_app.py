"""The application: its page in the docs, its description, and errors of one form."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api import routes as room
from api.routes import ROUTERS
from tests.api.conftest import Asked

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def routes() -> Iterator[tuple[str, str]]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                path = re.sub(r"\{(record_id|person_id):path\}", "{id}", route.path)
                yield from ((method, path) for method in route.methods or ())


def test_whatever_is_in_the_room_of_routes_can_be_asked() -> None:
    modules = [import_module(f"api.routes.{each.name}") for each in iter_modules(room.__path__)]

    assert modules
    assert [each for each in modules if each.router not in ROUTERS] == []


def test_the_docs_list_every_route_and_no_other() -> None:
    listed = re.findall(r"^\| `([A-Z]+) (/\S*)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(listed) == sorted(routes())


async def test_every_schema_that_the_description_names_is_in_it(asked: Asked) -> None:
    document = (await asked.http.get("/openapi.json")).json()
    again = (await asked.http.get("/openapi.json")).json()

    named = {each.rpartition("/")[2] for each in references(document)}
    assert named <= document["components"]["schemas"].keys()
    assert {"Table", "Journey", "Template", "Instance"} <= document["components"][
        "schemas"
    ].keys() | titles(document)
    assert document == again


def references(part: Any) -> Iterator[str]:
    match part:
        case dict():
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for each in part.values():
                yield from references(each)
        case list():
            for each in part:
                yield from references(each)
        case _:
            return


def titles(document: dict[str, Any]) -> set[str]:
    return {
        operation["requestBody"]["content"]["application/json"]["schema"].get("title", "")
        for operations in document["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    }


async def test_every_operation_has_a_name_of_its_own_and_a_tag(asked: Asked) -> None:
    document = (await asked.http.get("/openapi.json")).json()
    operations = [each for path in document["paths"].values() for each in path.values()]

    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["tags"] for each in operations)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/v1/nothing", 404, id="no such path"),
        pytest.param("PATCH", "/v1/tables", 405, id="no such verb"),
    ],
)
async def test_a_route_that_is_not_there_is_answered_as_a_problem(
    asked: Asked, method: str, path: str, status: int
) -> None:
    answer = await asked.http.request(method, path)

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["detail"] == (
        f"Expected a route of this gateway, but {method} {path} is none."
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param("limit=501", "Expected less than or equal to 500, but limit is '501'.", id="too many"),
        pytest.param("status=gone", "Expected 'active', 'completed' or 'exited', but status is 'gone'.", id="another"),
    ],
)  # fmt: skip
async def test_a_parameter_that_cannot_be_is_a_problem(
    asked: Asked, query: str, message: str
) -> None:
    name = query.partition("=")[0]

    assert await asked.refused("GET", f"/instances?{query}") == [(f"/query/{name}", message)]
