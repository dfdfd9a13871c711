"""Messages: what was sent to whom by which tile, and what was not and why."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, TypeAdapter

from api.door.scopes import needs
from api.gateway import ThisGateway
from api.paging import Cursor, Limit, Page, Person, paged, person_of, position
from journeys.changes import PersonRef
from store.messages import MessageRow, messages

router = APIRouter(prefix="/v1/messages", tags=["messages"], dependencies=needs("operate"))


_BY_MOMENT = TypeAdapter(tuple[AwareDatetime, str])


class Message(BaseModel):
    """One communication to one person; *sending* is one whose channel has not answered yet."""

    id: str
    instance: str
    journey: str
    version: int
    tile: str
    person: PersonRef
    channel: str
    template: str
    to: str | None
    purpose: str
    status: str
    reason: str | None
    subject: str | None
    text: str | None
    html: str | None
    at: datetime
    opens: int = 0
    clicks: int = 0

    @classmethod
    def of(cls, row: MessageRow) -> "Message":
        person = PersonRef(table=row.person_table, id=row.person_id)
        return cls.model_validate({**row.model_dump(), "person": person})


@router.get("")
def list_messages(
    gateway: ThisGateway,
    instance: str | None = None,
    journey: str | None = None,
    person: Person = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Message]:
    """Answer messages, the newest first."""
    with gateway.database.reading() as session:
        rows = messages(
            session,
            instance=instance,
            journey=journey,
            person=person_of(person),
            before=position(cursor, _BY_MOMENT),
            limit=limit + 1,
        )
        return paged(rows, limit, Message.of, lambda row: [row.at.isoformat(), row.id])
