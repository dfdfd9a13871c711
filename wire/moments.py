"""Moments as systems write them: seconds or milliseconds since 1970, or as text."""

from datetime import UTC, datetime
from typing import Any

_MILLISECONDS = 100_000_000_000
"""From here on a number counts milliseconds: as seconds it would lie beyond the year 5000."""


def moment(sent: Any) -> datetime | None:
    """Return the moment that *sent* means, in UTC; None where it is none.

    Text is ISO 8601 with an offset.
    """
    try:
        if isinstance(sent, str):
            read = datetime.fromisoformat(sent)
            return read.astimezone(UTC) if read.tzinfo else None
        if isinstance(sent, int | float) and not isinstance(sent, bool):
            seconds = sent / 1000 if abs(sent) >= _MILLISECONDS else sent
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
