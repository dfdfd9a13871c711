"""The database: one connection pool, transactions for reading and for writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Engine, event
from sqlmodel import Session, create_engine

_SECONDS_TO_WAIT_FOR_THE_WRITER = 30


class Database:
    """Where everything is remembered; safe to share between threads.

    SQLite has one writer at a time: a writing transaction takes its place at once (BEGIN
    IMMEDIATE) instead of failing half-way, and is on the disk when it returns.
    """

    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            url, json_serializer=_to_json, json_deserializer=orjson.loads, pool_size=10
        )
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that sees one state of everything and writes nothing."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is written whole when the block ends, or not at all."""
        with (
            self.engine.connect().execution_options(writing=True) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session
            session.commit()

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: see on_begin
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # what was answered with success survives a power failure
            "foreign_keys = ON",
            f"busy_timeout = {_SECONDS_TO_WAIT_FOR_THE_WRITER * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
