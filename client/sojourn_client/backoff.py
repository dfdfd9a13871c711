"""Back-off: when a request that failed is tried again, and when there is no use."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

FIRST, LONGEST = 0.5, 30.0  # seconds

_NOTHING_DONE = frozenset({408, 429, 503})
_PERHAPS_DONE = frozenset({500, 502, 504})
_ABOUT_THE_BODY = frozenset({400, 413, 422})


@dataclass(frozen=True)
class Failure:
    """Why a request came to nothing.

    *again* says that another try may help, *undone* that the gateway has certainly done nothing,
    *guilty* that it is the body's fault; *after* are the seconds it asked to wait.
    """

    error: Exception
    again: bool = False
    undone: bool = False
    guilty: bool = False
    after: float | None = None

    def __str__(self) -> str:
        """Say what kind of failure it is, without what the error says: that may be about people."""
        return f"{type(self.error).__name__} {getattr(self.error, 'status', '')}".strip()

    @classmethod
    def to_answer(cls, error: Exception) -> "Failure":
        """Return the failure of a request that was not answered because of *error*."""
        undone = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        return cls(error, again=isinstance(error, httpx.TransportError), undone=undone)

    @classmethod
    def with_answer(cls, error: Exception, response: httpx.Response) -> "Failure":
        """Return the failure that the gateway answered."""
        status = response.status_code
        return cls(
            error,
            again=status in _NOTHING_DONE | _PERHAPS_DONE,
            undone=status in _NOTHING_DONE,
            guilty=status in _ABOUT_THE_BODY,
            after=_retry_after(response.headers),
        )


def pause(failures: int, after: float | None, chance: float) -> float:
    """Return the seconds until the next try after so many *failures* in a row.

    They double from half a second to half a minute, less up to a half by *chance* (0 to 1). It is
    never before the gateway asked to come *after*, and a little later by chance, since it may have
    asked others the same.
    """
    grown: float = min(LONGEST, FIRST * 2 ** min(failures - 1, 10))
    return max(grown * (1 - chance / 2), 0.0 if after is None else after + FIRST * chance)


def _retry_after(headers: httpx.Headers) -> float | None:
    """Read Retry-After: seconds, or a moment by the clock of whoever answered."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said)
    try:
        until, now = (parsedate_to_datetime(each) for each in (said, headers.get("date", "")))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):  # neither, or of one clock without a zone
        return None


class Attempts:
    """The tries of one request, until *until* at the latest; one that *reads* can do no harm twice."""

    def __init__(self, until: float, *, reads: bool) -> None:
        self._until = until
        self._reads = reads
        self._failures = 0

    def pause(self, failure: Failure, now: float, chance: float) -> float:
        """Return the seconds until the next try; raise what failed where there is none."""
        self._failures += 1
        seconds = pause(self._failures, failure.after, chance)
        if not (failure.again and (failure.undone or self._reads)) or now + seconds > self._until:
            raise failure.error
        return seconds
