"""People: everything about one person in one place."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.errors import NotFound
from api.gateway import ThisGateway
from api.instances import Instance
from api.messages import Message
from api.tables import table_called
from journeys.changes import RecordRef
from store.instances import instances
from store.messages import messages
from store.records import record

router = APIRouter(prefix="/v1/people", tags=["people"])


class AboutPerson(BaseModel):
    """A person's columns, and the newest of their instances and messages.

    *values* is null where the record is unknown or deleted, and only its traces are left.
    """

    table: str
    id: str
    values: dict[str, Any] | None
    instances: list[Instance]
    messages: list[Message]


@router.get("/{table}/{person_id:path}")
def get_person(table: str, person_id: str, gateway: ThisGateway) -> AboutPerson:
    """Answer a person with their instances and messages, the newest first."""
    ref = RecordRef(table, person_id)
    with gateway.database.reading() as session:
        if table_called(session, table).audience is None:
            raise NotFound(f"Expected a table of people, but {table} holds none.")
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
