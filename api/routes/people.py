"""People: everything about one person in one place."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import Session

from api.door.scopes import needs
from api.errors import NotFound
from api.gateway import ThisGateway, clock
from api.routes.instances import Instance
from api.routes.messages import Message
from api.routes.tables import table_called
from journeys.changes import RecordRef
from store.erasing import erase
from store.instances import instances
from store.messages import messages
from store.records import record

router = APIRouter(prefix="/v1/people", tags=["people"], dependencies=needs("operate"))


class AboutPerson(BaseModel):
    """A person's columns, and the newest of their instances and messages.

    *values* is null where the record is unknown or deleted, and only its traces are left.
    """

    table: str
    id: str
    values: dict[str, Any] | None
    instances: list[Instance]
    messages: list[Message]


@router.delete("/{table}/{person_id:path}", status_code=HTTPStatus.NO_CONTENT)
def erase_person(table: str, person_id: str, gateway: ThisGateway) -> None:
    """Erase a person: everything known of them is blanked, and every instance of theirs leaves."""
    with gateway.database.writing() as session:
        _require_people(session, table)
        erase(session, RecordRef(table, person_id), clock())
    gateway.wake_relay()


@router.get("/{table}/{person_id:path}")
def get_person(table: str, person_id: str, gateway: ThisGateway) -> AboutPerson:
    """Answer a person with their instances and messages, the newest first."""
    ref = RecordRef(table, person_id)
    with gateway.database.reading() as session:
        _require_people(session, table)
        row = record(session, ref)
        passed = [Instance.of(each) for each in instances(session, person=ref)]
        got = [Message.of(each) for each in messages(session, person=ref)]
    if row is None and not passed and not got:
        raise NotFound(f"Expected a person, but there is no {ref}.")
    return AboutPerson(
        table=table,
        id=person_id,
        values=None if row is None else row.values,
        instances=passed,
        messages=got,
    )


def _require_people(session: Session, table: str) -> None:
    """Raise NotFound unless the records of *table* are people."""
    if table_called(session, table).audience is None:
        raise NotFound(f"Expected a table of people, but {table} holds none.")
