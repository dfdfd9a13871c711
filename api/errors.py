"""Errors at the door: what could not be done, as `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException

from journeys.difference import Difference
from journeys.problem import Problem, Problems, pointer, problems_of_shape

_SECONDS_BEFORE_TRYING_AGAIN = 1

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


class Unauthorized(GatewayError):
    """Nobody we know asks; what was wrong with their key is for our logs alone."""

    status = HTTPStatus.UNAUTHORIZED
    headers = {"WWW-Authenticate": 'Bearer realm="sojourn"'}  # noqa: RUF012 - read, never written


class Forbidden(GatewayError):
    """Whoever asks may not do this."""

    status = HTTPStatus.FORBIDDEN


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

    @classmethod
    def by_problems(cls, found: Problems) -> "Malformed":
        return cls("The body is not as expected.", found.problems)


def problem_response(
    status: int,
    detail: str,
    problems: Sequence[Problem] = (),
    changes: Sequence[Difference] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
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
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def response_to(error: GatewayError) -> JSONResponse:
    """Return the answer that *error* stands for."""
    return problem_response(
        error.status, error.detail, error.problems, error.changes, error.headers
    )


def database_out_of_reach(error: SQLAlchemyError) -> JSONResponse:
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
        return problem_response(error.status_code, detail)

    @app.exception_handler(OperationalError)
    @app.exception_handler(NoConnectionFree)
    async def on_database_out_of_reach(_: Request, error: SQLAlchemyError) -> JSONResponse:
        return database_out_of_reach(error)

    @app.exception_handler(RequestValidationError)
    async def on_malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            Problem(path=pointer(*each["loc"]), message=_of_a_parameter(each))
            for each in error.errors()
        ]
        return problem_response(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not as expected.", problems
        )
