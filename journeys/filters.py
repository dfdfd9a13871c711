"""Filters: those of Liquid's that need to know the present, the zone, or where to stop."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Any

from liquid import Environment, Markup, soft_str
from liquid.builtin.filters.array import join as liquid_join
from liquid.builtin.filters.math import times as liquid_times
from liquid.builtin.filters.string import replace as liquid_replace
from liquid.exceptions import FilterArgumentError, OutputStreamLimitError
from liquid.undefined import is_undefined

_MOST_BITS = 4096


def filters_for(
    now: Any, zone: tzinfo, environment: Environment
) -> Mapping[str, Callable[..., Any]]:
    """Return the filters of one rendering; *now* is the moment that `"now"` means, as text."""
    return {
        "date": partial(_date, now=now, zone=zone),
        "join": partial(_join, environment=environment),
        "replace": partial(_replace, environment=environment),
        "times": _times,
    }


def _date(value: Any, form: Any = None, *, now: Any, zone: tzinfo) -> Any:
    """Print a moment in *zone*, or a date, in strftime's *form*; what is neither stays as it is."""
    if value is None or is_undefined(value):
        return ""
    if str(value) in ("now", "today"):
        return "" if now is None else _date(now, form, now=None, zone=zone)
    read = _moment(value, zone)
    if read is None or not isinstance(form, str) or not form:
        return value
    try:
        printed = read.strftime(form)
    except ValueError as error:
        raise FilterArgumentError(f"date cannot print {form!r}: {error}", token=None) from error
    # Escaped like the author's own text where the form is the author's own.
    return Markup(printed) if isinstance(form, Markup) else printed


def _moment(value: Any, zone: tzinfo) -> date | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, zone)
    try:
        text = str(value).strip()
        # A date is the same day everywhere.
        if "T" not in text and " " not in text:
            return datetime.fromisoformat(text)
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=zone) if read.tzinfo is None else read.astimezone(zone)


def _join(left: Any, separator: Any = " ", *, environment: Environment) -> Any:
    if isinstance(left, list | tuple):
        _bound(sum(len(str(each)) for each in left) + len(left) * len(str(separator)), environment)
    return liquid_join(left, separator, environment=environment)


def _replace(value: Any, old: Any, new: Any = "", *, environment: Environment) -> Any:
    text, old, new = soft_str("" if value is None else value), soft_str(old), soft_str(new)
    _bound(len(text) + text.count(old) * len(new), environment)
    return liquid_replace(text, old, new)


def _times(value: Any, other: Any) -> Any:
    # A product has as many bits as its factors together: squaring in a loop soon takes seconds.
    bits = sum(each.bit_length() for each in (value, other) if isinstance(each, int))
    if bits > _MOST_BITS:
        raise FilterArgumentError("times makes a number that is too long", token=None)
    return liquid_times(value, other)


def _bound(length: int, environment: Environment) -> None:
    """Stop what would grow beyond the output limit before it does; Liquid itself looks afterwards."""
    if environment.output_stream_limit is not None and length > environment.output_stream_limit:
        raise OutputStreamLimitError("output stream limit reached", token=None)
