"""Tables: which columns the records of a business system have, and what their values may be."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property, partial
from math import isfinite
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from journeys.changes import LONGEST_ID, RecordRef, Values
from journeys.problem import Problem, pointer, quoted

ColumnType = Literal[
    "text", "integer", "decimal", "money", "boolean", "date", "datetime",
    "choice", "multi_choice", "lookup", "json",
]  # fmt: skip


Reader = Callable[[Any], Any]
"""Returns a value that is not None in the form in which it is kept, or raises ValueError."""


class Choice(BaseModel):
    """One of the values a choice column may have, with the label people know it by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: int | str | bool
    label: str


class Column(BaseModel):
    """One column of a table: its type, its choices, the tables a lookup may point to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: ColumnType
    label: str = ""
    choices: tuple[Choice, ...] = ()
    targets: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        """Return *value* in the one form in which it is kept and compared, or raise ValueError.

        Moments become RFC 3339 in UTC (`2026-11-24T09:00:00Z`), lookups `{"table", "id"}`, a
        choice written by its label its value. None (cleared) stays None.
        """
        return None if value is None else _READERS[self.type](self, value)

    def reader(self, *, lenient: bool = False) -> Reader:
        """Return what reads one value after another; *lenient* keeps choices nobody declared."""
        read = _by_value(self) if self.type == "choice" else partial(_READERS[self.type], self)
        return _or_as_sent(read) if lenient and self.type in ("choice", "multi_choice") else read

    def choice(self, value: Any) -> int | str | bool:
        """Return the value of the choice that *value* names by value or label, or raise ValueError."""
        for choice in self.choices:
            if choice.value == value and isinstance(choice.value, bool) == isinstance(value, bool):
                return choice.value
        for choice in self.choices:
            if isinstance(value, str) and choice.label.casefold() == value.casefold():
                return choice.value
        if not self.choices and isinstance(value, int | str):
            return value  # nobody declared them: what the system sends is kept
        known = ", ".join(f"{choice.value} ({choice.label})" for choice in self.choices)
        raise ValueError(
            f"Expected one of {known or 'the choices'}, but {self.name} is {quoted(value)}."
        )

    def label_of(self, value: Any) -> str | None:
        """Return the label of the choice *value*, or None when there is no such choice."""
        return next((each.label for each in self.choices if each.value == value), None)


class Audience(BaseModel):
    """How a person of this table is reached: the columns that hold their contact points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str | None = None
    phone: str | None = None
    push_token: str | None = None
    time_zone: str | None = None
    language: str | None = None


class Table(BaseModel):
    """A table of a business system. One with an *audience* holds people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = ""
    primary_id: str
    name_column: str | None = None
    columns: tuple[Column, ...]
    audience: Audience | None = None

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def _readable(self) -> dict[str, Column]:
        primary_id = Column(name=self.primary_id, type="text", label="Id")
        return {self.primary_id: primary_id, **self.by_name}

    @cached_property
    def _readers(self) -> dict[str, Reader]:
        return {name: column.reader() for name, column in self._readable.items()}

    @cached_property
    def _lenient_readers(self) -> dict[str, Reader]:
        columns = (each for each in self.columns if each.name != self.primary_id)
        return {column.name: column.reader(lenient=True) for column in columns}

    def column(self, name: str) -> Column | None:
        """Return the column called *name*; the primary id is one even where it is not declared."""
        return self._readable.get(name)

    def read(
        self, values: Values, *, lenient: bool = False
    ) -> tuple[dict[str, Any], list[Problem]]:
        """Return *values* in the form in which they are kept, and everything that is wrong with them.

        *lenient* is for systems that send their whole row unasked: columns nobody declared are
        left out, and choices nobody declared are kept, since both are customised per system. The
        primary id is left out too: it is known, and some write it as a number.
        """
        readers = self._lenient_readers if lenient else self._readers
        return read_values(values, readers, f"a column of {self.name}", lenient=lenient)


def read_values(
    values: Values, readers: Mapping[str, Reader], named: str, *, lenient: bool = False
) -> tuple[dict[str, Any], list[Problem]]:
    """Return *values* as their *readers* keep them; *named* says what has one."""
    kept: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        read = readers.get(name)
        if read is None:
            if not lenient:
                message = f"Expected {named}, but {name!r} is none."
                problems.append(Problem(path=pointer(name), message=message))
            continue
        try:
            kept[name] = None if value is None else read(value)
        except ValueError as error:
            problems.append(Problem(path=pointer(name), message=str(error)))
    return kept, problems


def _by_value(column: Column) -> Reader:
    """Return what finds a choice by its value at once, and by its label where that finds none."""
    values = {(type(each.value), each.value): each.value for each in column.choices}

    def read(value: Any) -> Any:
        try:
            return values[type(value), value]
        except (KeyError, TypeError):  # TypeError: a list or an object is no key
            return column.choice(value)

    return read


def _or_as_sent(read: Reader) -> Reader:
    """Return what keeps as it was sent whatever *read* does not know."""

    def read_or_keep(value: Any) -> Any:
        try:
            return read(value)
        except ValueError:
            return value

    return read_or_keep


def _text(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise _expected("text", column, value)
    return value


_BITS = 64
"""Whole numbers are kept in JSON, whose readers and writers stop at signed 64 bits."""


def _integer(column: Column, value: Any) -> int:
    if not _is_number(value) or value != int(value) or int(value).bit_length() >= _BITS:
        raise _expected("a whole number", column, value)
    return int(value)


def _number(column: Column, value: Any) -> int | float:
    if not _is_number(value):
        raise _expected("a number", column, value)
    number: int | float = value
    return number


def _is_number(value: Any) -> bool:
    """Say whether *value* is a number: finite, of at most 64 bits, and neither true nor false."""
    if isinstance(value, float):
        return isfinite(value)
    return type(value) is int and value.bit_length() < _BITS


def _boolean(column: Column, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _expected("true or false", column, value)
    return value


def _date(column: Column, value: Any) -> str:
    """Keep the day; of a moment, the day it is where it was written."""
    if isinstance(value, str) and (_is_moment(value) or _DATE.fullmatch(value)):
        try:
            return date.fromisoformat(value[:10]).isoformat()
        except ValueError:
            pass
    raise _expected("a date such as 2026-11-24", column, value)


def _datetime(column: Column, value: Any) -> str:
    if _is_moment(value):
        try:
            return as_text(datetime.fromisoformat(value))
        except OverflowError:
            pass  # in UTC it lies before the first year there is, or after the last
    raise _expected("a moment such as 2026-11-24T09:00:00Z", column, value)


def _multi_choice(column: Column, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _expected("a list of choices", column, value)
    return [column.choice(each) for each in value]


def _lookup(column: Column, value: Any) -> dict[str, str]:
    """Keep `{"table", "id"}`; a bare id will do where the column has one target."""
    target = RecordRef.of(value)
    if target is None and isinstance(value, str) and value and len(column.targets) == 1:
        target = RecordRef(column.targets[0], value)
    if target is None or not (target.table and 0 < len(target.id) <= LONGEST_ID):
        raise _expected('a lookup such as {"table": "…", "id": "…"}', column, value)
    if column.targets and target.table not in column.targets:
        raise ValueError(
            f"Expected a record of {' or '.join(column.targets)}, "
            f"but {column.name} points to a record of {target.table}."
        )
    return target.as_lookup()


_READERS: dict[ColumnType, Any] = {
    "text": _text,
    "integer": _integer,
    "decimal": _number,
    "money": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "choice": Column.choice,
    "multi_choice": _multi_choice,
    "lookup": _lookup,
    "json": lambda column, value: value,
}

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)


def _is_moment(value: Any) -> bool:
    """Say whether *value* is an RFC 3339 moment: with a time, and with an offset."""
    if not (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def as_text(moment: datetime) -> str:
    """Return *moment* as RFC 3339 in UTC, the one form in which moments are kept."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _expected(what: str, column: Column, value: Any) -> ValueError:
    return ValueError(f"Expected {what}, but {column.name} is {quoted(value)}.")
