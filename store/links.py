"""Links: which record of the mirror points to which, so that they are found from the other end."""

from collections.abc import Iterator

from sqlmodel import Field, Index, Session, SQLModel, col, select, tuple_

from journeys.changes import RecordRef, Values
from journeys.known import links

_PAGE = 500
"""Records in memory at a time: an account may have any number of contacts."""


class LinkRow(SQLModel, table=True):
    """A lookup of a record in the mirror: its *column* points to the record *to_id* of *to_table*."""

    __tablename__ = "links"
    __table_args__ = (Index("links_to", "to_table", "to_id", "column", "table", "id"),)

    table: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    column: str = Field(primary_key=True)
    to_table: str
    to_id: str


def relink(session: Session, record: RecordRef, before: Values, after: Values) -> None:
    """Write where *record* points to *after* a change, where that is another than *before*.

    A record that is gone, or was never there, has no values.
    """
    old, new = links(before), links(after)
    for column in old.keys() | new.keys():
        target = new.get(column)
        if old.get(column) == target:
            continue
        row = session.get(LinkRow, (*record, column)) if column in old else None
        if target is None:
            if row is not None:
                session.delete(row)
        elif row is None:
            session.add(
                LinkRow(
                    table=record.table,
                    id=record.id,
                    column=column,
                    to_table=target.table,
                    to_id=target.id,
                )
            )
        else:
            row.to_table, row.to_id = target


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
