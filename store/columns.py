"""Column types and ids that every row uses."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

T = TypeVar("T")

COUNTED = {"preserve_rowcount": True}
"""How a statement is executed whose rows are counted: else none are where they are returned too."""


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC whatever the database knows of time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Remember the last moments: all that is written together has the same few."""
        bind = super().bind_processor(dialect)
        return None if bind is None else lru_cache(maxsize=64)(bind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def _json_text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


class Json(TypeDecorator[Any]):
    """What JSON can say, kept as the text it is; None is NULL.

    The JSON types of databases keep something else: SQLite makes numbers of texts that look like
    one, JSONB sorts what is in an object and writes numbers its own way.
    """

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        """Return what makes text of a value, with nothing around it: there is one in each record."""
        return _json_text

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


Code = String().with_variant(String(collation="C"), "postgresql")
"""Text in the order of its characters, as Python and SQLite have it, whatever the database's language."""

Count = BigInteger().with_variant(Integer(), "sqlite")
"""What grows with every change; SQLite's integers have 64 bits anyway."""


def json_field(factory: Callable[[], Any] = dict, *, nullable: bool = False) -> Any:
    """Return a field kept as JSON."""
    return Field(default_factory=factory, sa_type=Json, nullable=nullable)


def moment_field(*, nullable: bool = False, index: bool = False) -> Any:
    """Return a field kept as a moment in UTC."""
    if nullable:
        return Field(default=None, sa_type=Moment, nullable=True, index=index)
    return Field(sa_type=Moment, nullable=False, index=index)


def insert_once(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows* into *table*; those whose key is there already are left alone."""
    insert = inserting(session.connection().dialect.name, table)
    session.execute(insert.on_conflict_do_nothing(), rows)


def inserting(dialect: str, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """Return an insert into *table* that may say what happens where a key is there already."""
    made = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return made(table.__table__)  # type: ignore[attr-defined]


_MADE = count()
"""How many ids this process has made: they keep their order within a millisecond."""


def new_id(now: datetime) -> str:
    """Return a new id of 26 characters; ids made later by this process sort later."""
    return f"{ids_before(now)}{next(_MADE) & 0xFFFF:04x}{secrets.token_hex(5)}"


def ids_before(moment: datetime) -> str:
    """Return what sorts after all ids that were made in the milliseconds before *moment*."""
    return f"{int(moment.timestamp() * 1000):012x}"
