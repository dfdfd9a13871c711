"""Errors at the door: what could not be done, as `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from traceback import format_tb
from typing import Any, Literal

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from journeys.difference import Difference
from journeys.problem import Problem, pointer, problems_of_shape
from store.database import OUT_OF_REACH

_SECONDS_BEFORE_TRYING_AGAIN = 1

PROBLEM_JSON = "application/problem+json"

log = structlog.get_logger()


class GatewayError(Exception):
    """Something that was asked for cannot be done; the message says why in one sentence."""

    status = HTTPStatus.BAD_REQUEST
    headers: Mapping[str, str] = {}

    def __init__(
        self,
        detail: str,
        problems: Sequence[Problem] = (),
        *,
        changes: Sequence[Difference] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)
        self.changes = tuple(changes)


class NotFound(GatewayError):
    """There is nothing of this name."""

    status = HTTPStatus.NOT_FOUND


class Conflict(GatewayError):
    """It cannot be done in the state things are in."""

    status = HTTPStatus.CONFLICT


class Gone(GatewayError):
    """It was here, and is not kept any more."""

    status = HTTPStatus.GONE


class Unauthorized(GatewayError):
    """Nobody we know asks; what was wrong with their key is for our logs alone."""

    status = HTTPStatus.UNAUTHORIZED
    headers = {"WWW-Authenticate": 'Bearer realm="sojourn"'}  # noqa: RUF012 - read, never written


class Forbidden(GatewayError):
    """Whoever asks may not do this."""

    status = HTTPStatus.FORBIDDEN


class Misdirected(GatewayError):
    """Whoever asks means another machine than this one."""

    status = HTTPStatus.MISDIRECTED_REQUEST


class TooSlow(GatewayError):
    """The body does not come fast enough."""

    status = HTTPStatus.REQUEST_TIMEOUT
    headers = {"Connection": "close"}  # noqa: RUF012 - read, never written


class TooLarge(GatewayError):
    """The body is larger than it may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnknownEncoding(GatewayError):
    """The body is packed in a way that nobody here unpacks."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Later(GatewayError):
    """Not now: the same request can be sent again after some seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str, seconds: int = _SECONDS_BEFORE_TRYING_AGAIN) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(seconds)}


class TooMany(Later):
    """One key asks too often."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class Malformed(GatewayError):
    """The body is not what it should be."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    @classmethod
    def by_shape(cls, error: ValidationError, body: Any) -> "Malformed":
        return cls("The body is not as expected.", problems_of_shape(error, body))


class ProblemBody(BaseModel):
    """What could not be done (RFC 9457): *detail* is one sentence, *problems* are all that is wrong.

    *changes* are what is different by now where a draft was made from an older one.
    """

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    problems: list[Problem] | None = None
    changes: list[Difference] | None = None


class ProblemResponse(JSONResponse):
    """The answer for something that could not be done.

    What is answered to a source has a `code` and a `message` too: the libraries of Segment and
    RudderStack look both up, and take an answer without them for a broken connection.
    """

    media_type = PROBLEM_JSON

    def __init__(
        self, problem: dict[str, Any], status: int, headers: Mapping[str, str] | None
    ) -> None:
        super().__init__(problem, status, headers)
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it."""
        if scope.get("sojourn.to_source"):
            again = {"code": self._problem["title"], "message": self._problem["detail"]}
            self.body = self.render(self._problem | again)
            self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def problem_response(
    status: int,
    detail: str,
    problems: Sequence[Problem] = (),
    changes: Sequence[Difference] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """Return the answer for something that could not be done."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if problems:
        body["problems"] = [problem.model_dump(exclude_none=True) for problem in problems]
    if changes:
        body["changes"] = [change.model_dump(by_alias=True) for change in changes]
    return ProblemResponse(body, status, headers)


def response_to(error: GatewayError) -> JSONResponse:
    """Return the answer that *error* stands for."""
    return problem_response(
        error.status, error.detail, error.problems, error.changes, error.headers
    )


def failed_here(error: Exception, request_id: str, route: str | None) -> JSONResponse:
    """Log what nobody foresaw, and return what is answered.

    Of *error* the log tells where it was raised and what kinds of error it came from. Not what it
    says: that may quote what was sent, which is about people.
    """
    log.error("a request failed", request=request_id, route=route, exception=ways_of(error))
    return problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Expected to answer, but something failed here: the log says what, "
        f"under the request {request_id}.",
    )


def ways_of(error: BaseException) -> str:
    """Return the ways by which *error* and those that led to it came up, the first one first.

    What they say is left out: it may quote what was sent.
    """
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    way = "".join((*format_tb(error.__traceback__), kind))
    within = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join((*(ways_of(each) for each in (*within, before) if each), way))


def database_out_of_reach(error: Exception) -> JSONResponse:
    """Return what is answered while the database is away.

    Nothing was taken in, and the sender may try again: the database will be back.
    """
    log.warning("the database is not answering", why=type(error).__name__)
    return response_to(Later("Expected the database to answer, but it does not: send it again."))


def _of_a_parameter(finding: dict[str, Any]) -> str:
    """Say what is wrong with a parameter of a request; bodies are read by `api.bodies`."""
    expected = str(finding["msg"]).removeprefix("Input should be ")
    return f"Expected {expected}, but {finding['loc'][-1]} is {finding['input']!r:.80}."


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of *app* a problem body."""

    @app.exception_handler(GatewayError)
    async def on_gateway_error(_: Request, error: GatewayError) -> JSONResponse:
        return response_to(error)

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> JSONResponse:
        detail = str(error.detail)
        if detail == HTTPStatus(error.status_code).phrase:
            where = f"{request.method} {request.url.path}"
            detail = f"Expected a route of this gateway, but {where} is none."
        return problem_response(error.status_code, detail, headers=error.headers)

    async def on_database_out_of_reach(_: Request, error: Exception) -> JSONResponse:
        return database_out_of_reach(error)

    for kind in OUT_OF_REACH:
        app.add_exception_handler(kind, on_database_out_of_reach)

    @app.exception_handler(RequestValidationError)
    async def on_malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            Problem(path=pointer(*each["loc"]), message=_of_a_parameter(each))
            for each in error.errors()
        ]
        return problem_response(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not as expected.", problems
        )
