"""Send a message, once, and write down what became of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session
from temporalio import activity

from activities.holding import Held, held
from activities.records import of_instance
from activities.timeline import WriteDown, write
from channels.channel import Channel, Letter, Rejected
from journeys.changes import RecordRef
from journeys.facts import Facts
from journeys.journey import Version
from journeys.saying import values_of
from journeys.sending import Block, Expiry, decide
from journeys.table import as_text
from journeys.trace import Ending, Note
from journeys.visit import Outcome
from store.catalogue import Current, catalogue
from store.database import Database
from store.messages import MessageRow, became, write_message

_BETWEEN_HEARTBEATS = 3.0  # seconds; whoever orders a message waits for several of them


class SendMessage(BaseModel):
    """A message to one participant; *message* is its id and idempotency key.

    *notes* are lines of the timeline to write with it from number *first* on; *closing* and
    *ending* what follows at once, whatever becomes of the message. *ways* is the tile to which each
    outcome leads, *expires* from when on it may not leave any more.
    """

    instance_id: str
    message: str
    tile: str
    channel: str
    template: str
    ways: dict[str, str | None]
    expires: Expiry | None = None
    arrived_at: datetime | None = None
    at: datetime
    brought: dict[str, str] = {}
    visits: dict[str, int] = {}
    first: int
    notes: list[Note]
    closing: list[Note] = []
    ending: Ending | None = None


@dataclass(frozen=True)
class _Ready:
    """A message that is rendered and may leave."""

    to: str
    letter: Letter


class Messages:
    """The activity that sends messages, each on its channel.

    A message is written down as *sending* before it is handed to the channel, so that whoever
    tries again knows; the channel gets the same key then (hard promise 3).
    """

    def __init__(self, database: Database, channels: Mapping[str, Channel]) -> None:
        self._database = database
        self._channels = channels
        self._catalogue = Current(catalogue)

    @activity.defn(name="send-message")
    async def send_message(self, order: SendMessage) -> Outcome | Held:
        """Send the message; it is heard of meanwhile, so that a worker that dies is missed soon.

        What was begun is ended, though the participant leaves: only a worker that is told to stop
        breaks it off, and another then tries again.
        """
        sending = asyncio.create_task(self._send(order))
        beating = asyncio.create_task(_beating())
        try:
            while True:
                try:
                    return await asyncio.shield(sending)
                except asyncio.CancelledError:
                    details = activity.cancellation_details()
                    if sending.done() or details is None or not details.cancel_requested:
                        raise
        finally:
            beating.cancel()
            sending.cancel()
            await asyncio.gather(beating, sending, return_exceptions=True)

    async def _send(self, order: SendMessage) -> Outcome | Held:
        prepared = await asyncio.to_thread(
            self._database.write, lambda session: self._prepare(session, order)
        )
        if isinstance(prepared, _Ready):
            prepared = await self._hand_over(order, prepared)
        if isinstance(prepared, Held):
            return prepared
        outcome = prepared
        await asyncio.to_thread(
            self._database.write, lambda session: _settle(session, order, outcome)
        )
        return outcome

    def _prepare(self, session: Session, order: SendMessage) -> _Ready | Outcome | Held:
        """Decide on the message and write it down; return what is to leave, or what became of it.

        One that was handed to the channel before is tried again, whatever happened since, unless it
        has expired.
        """
        before = session.get(MessageRow, order.message)
        if before is not None and before.status != "sending":
            return _outcome(before)
        if before is None and (hold := held(session, order.instance_id, order.tile)) is not None:
            return hold
        instance, version, readable = of_instance(
            session, order.instance_id, order.brought, order.at, visits=order.visits
        )
        template = version.templates[order.template]
        row = before or MessageRow(
            id=order.message,
            instance=instance.id,
            journey=instance.journey,
            version=version.number,
            tile=order.tile,
            person_table=instance.person_table,
            person_id=instance.person_id,
            channel=order.channel,
            template=template.name,
            purpose=template.purpose,
            status="sending",
            at=order.at,
        )
        ready = self._ready(session, order, row, version, readable)
        if before is None:
            write_message(session, row)
        return ready or _outcome(row)

    def _ready(
        self,
        session: Session,
        order: SendMessage,
        row: MessageRow,
        version: Version,
        readable: Facts,
    ) -> _Ready | None:
        """Return the message as it leaves; or None where it does not, and *row* says what became of it."""
        if (since := _expired(order, readable, version)) is not None:
            row.status, row.reason = "expired", f"since {as_text(since)}"
            return None
        known = self._catalogue.now(session)
        person = RecordRef(row.person_table, row.person_id)
        decision = decide(
            order.channel, person, known.tables.get(person.table), readable.lookup(person)
        )
        if isinstance(decision, Block):
            row.status, row.reason = "blocked", decision.reason
            return None
        row.to = decision.to
        try:
            letter = self._channels[order.channel].render(
                version.templates[order.template],
                readable,
                known.tables,
                about=dict(values_of(version, known)),
                zone=version.journey.zone,
            )
        except Rejected as error:
            row.status, row.reason = "failed", str(error)
            return None
        row.subject, row.text, row.html = letter.subject, letter.text, letter.html
        return _Ready(decision.to, letter)

    async def _hand_over(self, order: SendMessage, ready: _Ready) -> Outcome:
        """Let the channel have the message; `Unreachable` is raised on, so that Temporal retries."""
        try:
            await self._channels[order.channel].send(ready.letter, ready.to, order.message)
        except Rejected as error:
            return Outcome(status="failed", reason=str(error), message=order.message)
        return Outcome(status="sent", message=order.message)


async def _beating() -> None:
    while True:  # a message mostly leaves before the first: each costs the server a transaction
        await asyncio.sleep(_BETWEEN_HEARTBEATS)
        activity.heartbeat()


def _expired(order: SendMessage, readable: Facts, version: Version) -> datetime | None:
    """Return when the message expired, if it has; it may have been tried for long."""
    if order.expires is None:
        return None
    zone = version.journey.zone
    end = order.expires.moment(order.arrived_at or order.at, readable.read, zone)
    now = max(order.at, activity.info().started_time)
    return end if end is not None and end <= now else None


def _settle(session: Session, order: SendMessage, outcome: Outcome) -> None:
    """Write down what became of the message, with the lines that came before and follow at once."""
    told = Note(
        at=order.at,
        what=outcome.status,
        tile=order.tile,
        target=order.ways[outcome.status],
        why=outcome.reason,
        message=outcome.message,
    )
    became(session, order.message, outcome.status, outcome.reason)
    notes = [*order.notes, told, *order.closing]
    write(
        session,
        WriteDown(
            instance_id=order.instance_id, first=order.first, notes=notes, ending=order.ending
        ),
    )


def _outcome(row: MessageRow) -> Outcome:
    return Outcome.model_validate({"status": row.status, "reason": row.reason, "message": row.id})
