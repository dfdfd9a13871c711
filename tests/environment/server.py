"""A Dataverse environment that runs on loopback, strict about what it is asked."""

import asyncio
import itertools
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.serving import listening_socket, serve
from tests.environment.definitions import NAVIGATION, TABLES
from tests.environment.registry import Registry
from tests.environment.rows import Bad, Rows, table_of

ORGANIZATION = "0f0f0f0f-0000-4000-8000-00000000000f"
APPLICATION_USER = "abababab-0000-4000-8000-0000000000ab"
CLIENT, SECRET, TENANT = "11111111-2222-4333-8444-555555555555", "s3cr3t-of-the-client", "contoso"

_RECORD = re.compile(r"(\w+)\(([0-9a-f-]{36}|.+=.*)\)")
_METADATA = re.compile(r"EntityDefinitions\(LogicalName='(\w+)'\)(?:/(.+))?")


@dataclass
class Failure:
    """What the next requests whose path holds *path* are answered instead, so many *times*."""

    status: int
    path: str
    times: int
    headers: dict[str, str]


@dataclass
class Environment:
    """The environment as tests see it: its *rows*, what was *asked*, and what it is told to fail."""

    url: str = ""
    rows: Rows = field(default_factory=Rows)
    registry: Registry = field(default_factory=Registry)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=lambda: orjson.loads(orjson.dumps(TABLES)))
    page: int = 2
    oldest_token: int = 0
    deltas: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def connection(self) -> dict[str, Any]:
        """What a source is told of it."""
        return {
            "url": self.url, "tenant": TENANT, "client_id": CLIENT, "client_secret": SECRET,
            "authority": self.url,
        }  # fmt: skip

    def lose(self, path: str) -> None:
        """Do what is asked of *path* next, and break off before it is answered."""
        self.lost.append(path)

    def fail(self, status: int, path: str = "", times: int = 1, **headers: str) -> None:
        """Answer the next requests of *path* with *status*."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.failures.append(Failure(status, path, times, named))

    def expire_deltas(self) -> None:
        """Know no delta token any more that was given out."""
        self.oldest_token = self.rows.version + 1
        self.rows.version += 1

    async def token(self, request: Request) -> Response:
        """Give a token out, or say why not."""
        form = dict(parse_qsl((await request.body()).decode()))
        self.asked.append(("POST", request.url.path))
        if failure := self._failing(request.url.path):
            return failure
        expected = {
            "grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET,
            "scope": f"{self.url}/.default",
        }  # fmt: skip
        if form != expected or request.path_params["tenant"] != TENANT:
            return _json({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401)
        self.tokens.append(f"token-{len(self.tokens)}")
        return _json({"token_type": "Bearer", "expires_in": 3599, "access_token": self.tokens[-1]})

    async def answer(self, request: Request) -> Response:
        """Answer one request of the Web API."""
        path = unquote(request.path_params["path"])
        self.asked.append((request.method, path))
        if failure := self._failing(path):
            return failure
        if request.headers.get("authorization") not in [f"Bearer {each}" for each in self.tokens]:
            return Response(status_code=401)
        try:
            answer = await self._answered(request, path)
            for lost in [each for each in self.lost if each in path]:
                self.lost.remove(lost)
                return Response(status_code=502)
        except Bad as error:
            said = {"error": {"code": "0x80040265", "message": str(error)}}
            return _json(said, error.status)
        return answer

    async def _answered(self, request: Request, path: str) -> Response:
        if not {"odata-version", "odata-maxversion"} <= set(request.headers):
            raise Bad("Expected OData-Version and OData-MaxVersion.")
        body = None
        if raw := await request.body():
            if request.headers.get("content-type") != "application/json":
                raise Bad("A supported MIME type could not be found.", 415)
            body = orjson.loads(raw)
        query = {name: each[0] for name, each in parse_qs(request.url.query).items()}
        if path == "WhoAmI":
            return _json({"UserId": APPLICATION_USER, "OrganizationId": ORGANIZATION})
        if found := _METADATA.fullmatch(path):
            return _json(self._metadata(found[1], found[2], query))
        if self.registry.has(path):
            return self.registry.answer(request.method, path, query, body)
        if found := _RECORD.fullmatch(path):
            record = self._by_key if "=" in found[2] else self._record
            return record(request, found[1], found[2], query, body)
        if request.method == "POST":
            record_id = self.rows.put(path, None, body or {}, new=True)
            self.registry.happened(
                "Create", table_of(path), record_id, self.rows, path, body, query
            )
            return self._written(request, path, record_id, query, 201)
        return self._list(request, path, query)

    def _metadata(self, name: str, below: str | None, query: dict[str, str]) -> dict[str, Any]:
        found = next((each for each in self.tables if each["LogicalName"] == name), None)
        if found is None:
            raise Bad(f"Could not find an entity with the name '{name}'.", 404)
        base = ("LogicalName", "AttributeType", "AttributeTypeName", "AttributeOf", "DisplayName",
                "IsValidForRead")  # fmt: skip
        if below is None:
            answer = {each: found[each] for each in query["$select"].split(",")}
            if "Attributes(" in query.get("$expand", ""):
                answer["Attributes"] = [
                    {each: one[each] for each in ("@odata.type", *base)}
                    for one in found["Attributes"]
                ]
            return answer
        if below == "ManyToOneRelationships":
            return {
                "value": [
                    {
                        "ReferencingAttribute": column,
                        "ReferencedEntity": target,
                        "ReferencingEntityNavigationPropertyName": navigation,
                    }
                    for navigation, (column, target) in NAVIGATION[name].items()
                ]
            }
        kind = "#" + below.removeprefix("Attributes/")
        wanted = [*query["$select"].split(","), *query.get("$expand", "").split(",")]
        return {
            "value": [
                {name: each[name] for name in wanted if name}
                for each in found["Attributes"]
                if each["@odata.type"] == kind
            ]
        }

    def _record(
        self, request: Request, entity_set: str, record_id: str, query: dict[str, str], body: Any
    ) -> Response:
        table = table_of(entity_set)
        there = (entity_set, record_id) in self.rows.rows
        match, none_match = (request.headers.get(name) for name in ("if-match", "if-none-match"))
        if request.method == "PATCH":
            if none_match == "*" and there:
                raise Bad("A record with matching key values already exists.", 412)
            if match is not None and not there:
                raise Bad(f"{table} With Id = {record_id} Does Not Exist", 404)
            if match not in {None, "*"} and match != self.rows.etag(entity_set, record_id):
                raise Bad("The version of the existing record doesn't match the RowVersion.", 412)
            self.rows.put(entity_set, record_id, body, new=not there)
            message = "Update" if there else "Create"
            self.registry.happened(message, table, record_id, self.rows, entity_set, body, query)
            return self._written(request, entity_set, record_id, query, 200 if there else 201)
        if not there:
            raise Bad(f"{table} With Id = {record_id} Does Not Exist", 404)
        if request.method == "DELETE":
            self.rows.delete(entity_set, record_id)
            return Response(status_code=204)
        prefer = request.headers.get("prefer", "")
        return _json(self.rows.answered(entity_set, record_id, query.get("$select"), prefer))

    def _by_key(
        self, request: Request, entity_set: str, said: str, query: dict[str, str], body: Any
    ) -> Response:
        record_id, key = self.rows.found(entity_set, said)
        if request.method != "PATCH" or key.keys() & body.keys():
            raise Bad("Expected a PATCH with the columns of the key in its address alone.")
        record_id = record_id or str(uuid.uuid4())
        status = self._record(request, entity_set, record_id, query, body).status_code
        self.rows.rows[entity_set, record_id] |= key
        return self._written(request, entity_set, record_id, query, status)

    def _written(
        self, request: Request, entity_set: str, record_id: str, query: dict[str, str], status: int
    ) -> Response:
        prefer = request.headers.get("prefer", "")
        if "return=representation" in prefer.split(","):
            row = self.rows.answered(entity_set, record_id, query.get("$select"), prefer)
            return _json(row, status)
        address = f"{self.url}/api/data/v9.2/{entity_set}({record_id})"
        return Response(status_code=204, headers={"OData-EntityId": address})

    def _list(self, request: Request, entity_set: str, query: dict[str, str]) -> Response:
        table_of(entity_set)
        since = query.get("$deltatoken")
        prefer = request.headers.get("prefer", "")
        if since is None and "odata.track-changes" not in prefer.split(","):
            raise Bad("Expected to be asked for changes.")
        if query.keys() - {"$select", "$deltatoken", "$skiptoken"}:
            raise Bad("Expected no other query option with change tracking.")
        if since is not None and int(since) < self.oldest_token:
            raise Bad("Version stamp associated with the client has expired.")
        after = int(since) if since is not None else -1
        rows = self.rows
        changed = sorted(
            (version, record_id)
            for (there, record_id), version in rows.versions.items()
            if there == entity_set and version > after and (there, record_id) in rows.rows
        )
        answers = [
            rows.answered(entity_set, record_id, query.get("$select"), prefer)
            for _, record_id in changed
        ]
        deleted = [
            record_id
            for (there, record_id), version in rows.gone.items()
            if there == entity_set and version > after and since is not None
        ]
        context = f"{self.url}/api/data/v9.2/$metadata#{entity_set}/$deletedEntity"
        answers += [
            {"@odata.context": context, "id": each, "reason": "deleted"} for each in deleted
        ]
        begin = int(query.get("$skiptoken", 0))
        page: dict[str, Any] = {"value": answers[begin : begin + self.page]}
        link = f"{self.url}/api/data/v9.2/{entity_set}?$select={quote(query['$select'])}"
        if begin + self.page < len(answers):
            of = "" if since is None else f"&$deltatoken={since}"
            page["@odata.nextLink"] = f"{link}{of}&$skiptoken={begin + self.page}"
        else:
            page["@odata.deltaLink"] = f"{link}&$deltatoken={rows.version}"
        return _json(page, headers={"Preference-Applied": "odata.track-changes"})

    def _failing(self, path: str) -> Response | None:
        for failure in self.failures:
            if failure.path in path and failure.times:
                failure.times -= 1
                return Response(status_code=failure.status, headers=failure.headers)
        return None


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


@asynccontextmanager
async def running() -> AsyncIterator[Environment]:
    """Run an environment with nothing in it on a free port of loopback."""
    environment, stop = Environment(), asyncio.Event()
    app = FastAPI()
    verbs = ["GET", "POST", "PATCH", "DELETE"]
    app.router.routes += [
        Route("/{tenant}/oauth2/v2.0/token", environment.token, methods=["POST"]),
        Route("/api/data/v9.2/{path:path}", environment.answer, methods=verbs),
    ]
    with listening_socket("127.0.0.1", 0) as bound:
        environment.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        serving = asyncio.create_task(serve(app, bound, stop))
        yield environment
        stop.set()
        await serving
