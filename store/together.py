"""Together: rows that are decided on one by one, and written in one statement for each table."""

from collections import defaultdict
from functools import cache
from typing import Any

from sqlmodel import Session, SQLModel, insert


class Together:
    """New rows on their way into a transaction, without an object for each: there may be very many."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: defaultdict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)

    def add(self, kind: type[SQLModel], /, **values: Any) -> None:
        """Add a row of *kind*; what is left out is as its fields say."""
        self._rows[kind].append({**_left_out(kind), **values})

    def write(self) -> Session:
        """Write what was added, after all that the session holds, and return the session."""
        if self._rows:
            self._session.flush()
            connection = self._session.connection()
            for kind, rows in self._rows.items():
                connection.execute(insert(kind.__table__), rows)  # type: ignore[attr-defined]
            self._rows.clear()
        return self._session


@cache
def _left_out(kind: type[SQLModel]) -> dict[str, Any]:
    """Return what the fields of *kind* are where nobody says; a number the database gives is none."""
    table = kind.__table__  # type: ignore[attr-defined]
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in kind.model_fields.items()
        if not (field.is_required() or table.columns[name] is table.autoincrement_column)
    }
