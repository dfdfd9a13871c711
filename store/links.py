"""Links: which record of the mirror points to which, so that they are found from the other end."""

from collections.abc import Iterable, Iterator

from sqlalchemy import bindparam
from sqlmodel import Field, Index, Session, SQLModel, col, select, tuple_

from journeys.changes import RecordRef, Values
from journeys.known import links
from store.bulk import insert_or_replace
from store.columns import Code

_PAGE = 500
"""Records in memory at a time: an account may have any number of contacts."""


class LinkRow(SQLModel, table=True):
    """A lookup of a record in the mirror: its *column* points to the record *to_id* of *to_table*."""

    __tablename__ = "links"
    __table_args__ = (Index("links_to", "to_table", "to_id", "column", "table", "id"),)

    table: str = Field(primary_key=True, sa_type=Code)
    id: str = Field(primary_key=True, sa_type=Code)
    column: str = Field(primary_key=True)
    to_table: str
    to_id: str


_LINKS = LinkRow.__table__  # type: ignore[attr-defined]
_GONE = _LINKS.delete().where(
    _LINKS.c.table == bindparam("of"),
    _LINKS.c.id == bindparam("named"),
    _LINKS.c.column == bindparam("by"),
)


def relink(
    session: Session, changes: Iterable[tuple[tuple[str, str], Values | None, Values | None]]
) -> None:
    """Write where records point to after their changes, where that is another than before.

    Each is the record with its values before and after; one that is gone, or was never there, has
    none.
    """
    gone, there = [], []
    for (table, record_id), before, after in changes:
        old, new = links(before) if before else {}, links(after) if after else {}
        if old == new:
            continue
        gone += [{"of": table, "named": record_id, "by": column} for column in old.keys() - new]
        there += [
            (table, record_id, column, *target)
            for column, target in new.items()
            if old.get(column) != target
        ]
    if gone:
        session.connection().execute(_GONE, gone)
    insert_or_replace(session, LinkRow, there)


def pointing_to(
    session: Session, record: RecordRef, column: str, table: str | None
) -> Iterator[RecordRef]:
    """Yield the records whose *column* points to *record*, in the order of their tables and ids."""
    key = tuple_(col(LinkRow.table), col(LinkRow.id))
    query = select(LinkRow.table, LinkRow.id).where(
        LinkRow.to_table == record.table, LinkRow.to_id == record.id, LinkRow.column == column
    )
    if table is not None:
        query = query.where(LinkRow.table == table)
    query = query.order_by(col(LinkRow.table), col(LinkRow.id)).limit(_PAGE)
    page = session.exec(query).all()
    while page:
        yield from (RecordRef(*each) for each in page)
        if len(page) < _PAGE:
            return
        page = session.exec(query.where(key > tuple_(*page[-1]))).all()
