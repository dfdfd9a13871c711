"""Homes: which connected system the records of a table live in."""

from sqlmodel import Session

from store.sources import sources
from wire.dataverse_settings import DataverseConnection, connection_in
from wire.formats import FORMATS


def home_of(session: Session, table: str) -> DataverseConnection | None:
    """Return how to ask the system that keeps *table*, or None where it lives in the mirror alone."""
    for row in sources(session):
        settings = FORMATS[row.format].settings_of(row.settings) if row.enabled else None
        connection = connection_in(settings)
        if connection is not None and table in connection.tables:
            return connection
    return None
