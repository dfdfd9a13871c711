"""Commands for keys, on the store itself: the first key is made before any gateway asks for one."""

from datetime import datetime
from typing import Annotated, Literal

from cyclopts import App, Parameter

from commands.answering import give_up, out
from commands.store import now, opened

app = App(name="keys", help="The keys that let in at the door, in the store itself.")

Scopes = Annotated[
    tuple[Literal["ingest", "author", "operate", "admin"], ...],
    Parameter(name="--scope", help="What it may do; again for more."),
]


@app.command
def create(
    name: str,
    *,
    scopes: Scopes,
    signed: Annotated[
        bool, Parameter(negative="", help="Give it a secret: changes have to be signed.")
    ] = False,
) -> None:
    """Make a key and print it, this once."""
    from pydantic import TypeAdapter, ValidationError

    from journeys.trigger import Name
    from store.keys import NameTaken, create_key

    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        give_up(str(error.errors()[0]["ctx"]["error"]))
    if not scopes:
        give_up("Expected at least one --scope, but there is none.")
    with opened() as database:
        try:
            key, row = database.write(
                lambda session: create_key(session, name, scopes, now(), signed=signed)
            )
        except NameTaken as error:
            give_up(str(error))
    out.print(key, markup=False)
    if row.signing_secret:
        out.print(row.signing_secret, markup=False)


@app.command(name="list")
def list_() -> None:
    """List the keys, with what they may do and when they were last used."""
    from rich.table import Table as Grid

    from store.keys import keys

    grid = Grid("name", "scopes", "created", "last used", "", box=None, pad_edge=False)
    with opened() as database, database.reading() as session:
        for row in keys(session):
            state = "revoked" if row.revoked_at else "signed" if row.signing_secret else ""
            grid.add_row(
                row.name, " ".join(row.scopes), _day(row.created_at), _day(row.last_used_at), state
            )
    out.print(grid)


@app.command
def revoke(name: str) -> None:
    """Revoke a key: a second later it opens nothing, in any gateway."""
    from store.keys import revoke_key

    with opened() as database:
        row = database.write(lambda session: revoke_key(session, name, now()))
    if row is None:
        give_up(f"Expected a key, but there is none called {name!r}.")
    out.print(f"{name} is revoked")


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "-"
