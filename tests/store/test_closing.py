"""A store that is closed while a thread is still at it, as one is whose task was cancelled."""

import sqlite3
from typing import Any

import psycopg
import pytest
from sqlmodel import Session, text

from store.database import Database

_CLOSED = (sqlite3.ProgrammingError, psycopg.OperationalError)


def reads(session: Session) -> Any:
    """Read, and return the connection that was used."""
    assert session.execute(text("SELECT 1")).scalar_one() == 1
    return session.connection().connection.dbapi_connection


def test_who_is_still_reading_reads_on_and_leaves_no_connection_open(database: Database) -> None:
    with database.reading() as session:
        reads(session)
        database.close()
        connection = reads(session)

    with pytest.raises(_CLOSED, match="closed"):
        connection.execute("SELECT 1")


def test_who_only_begins_to_read_then_leaves_no_connection_open(database: Database) -> None:
    database.close()
    with database.reading() as session:
        connection = reads(session)

    with pytest.raises(_CLOSED, match="closed"):
        connection.execute("SELECT 1")
