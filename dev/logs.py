"""Logs: one line an event, on standard error, without colours where nobody sees them."""

import logging
import sys
from types import TracebackType
from typing import TextIO

import structlog

from api.errors import ways_of

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_plainly() -> None:
    """Set logging up for a process: what goes wrong is said, with the way it came.

    Neither the values of variables nor what an error says are shown: they may be personal data.
    """
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_WithoutWords("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=_way,
            ),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


class _WithoutWords(logging.Formatter):
    """What the libraries log, with the way an error came and not what it says."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        # asyncio shows below what it says which task failed, and with which words.
        return super().formatMessage(record).partition("\n")[0]

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - logging's name
        return "" if ei[1] is None else ways_of(ei[1])


def _way(out: TextIO, raised: _Raised) -> None:
    if raised[1] is not None:
        out.write("\n" + ways_of(raised[1]))
