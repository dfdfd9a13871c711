"""Column types and ids that every row uses."""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count, islice
from typing import Any, TypeVar

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

T = TypeVar("T")


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


def json_field(factory: Callable[[], Any] = dict, *, nullable: bool = False) -> Any:
    """Return a field kept as JSON."""
    kind = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    return Field(default_factory=factory, sa_type=kind, nullable=nullable)


def moment_field(*, nullable: bool = False, index: bool = False) -> Any:
    """Return a field kept as a moment in UTC."""
    if nullable:
        return Field(default=None, sa_type=Moment, nullable=True, index=index)
    return Field(sa_type=Moment, nullable=False, index=index)


def insert_once(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows* into *table*; those whose key is there already are left alone."""
    session.execute(inserting(session, table).on_conflict_do_nothing(), rows)


def insert_or_replace(
    session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert *rows* into *table*, in place of those whose key is there already."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    insert = inserting(session, table)
    values = {each.name: insert.excluded[each.name] for each in columns if not each.primary_key}
    keys = [each.name for each in columns if each.primary_key]
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=values), rows)


def inserting(session: Session, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """Return an insert into *table* that may say what happens where a key is there already."""
    made = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return made(table.__table__)  # type: ignore[attr-defined]


def at_most(count: int, what: Collection[T]) -> Iterator[list[T]]:
    """Yield *what* in lists of at most *count*: so many parameters one statement takes."""
    remaining = iter(what)
    while some := list(islice(remaining, count)):
        yield some


_MADE = count()
"""How many ids this process has made: they keep their order within a millisecond."""


def new_id(now: datetime) -> str:
    """Return a new id of 26 characters; ids made later by this process sort later."""
    return f"{int(now.timestamp() * 1000):012x}{next(_MADE) & 0xFFFF:04x}{secrets.token_hex(5)}"
