"""Call an endpoint for an instance, and keep what it answered."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlmodel import Session
from temporalio import activity

from activities.acts import Act
from activities.holding import Held, held
from activities.records import of_instance
from channels.calling import Answer, Caller
from channels.channel import Rejected
from journeys.calling import Request, answered, host_of, request_of
from journeys.saying import Saying
from journeys.visit import Answered, Method
from store.brought import BroughtRow, keep_brought
from store.catalogue import Current, catalogue
from store.database import Database
from store.instances import InstanceRow


class CallWebhook(Act):
    """A call with *url* and *body* as they were drawn, signed with the secret of this name."""

    method: Method
    url: str
    body: dict[str, Any] | None
    secret: str
    time_limit: timedelta


class Webhooks:
    """The activity that calls endpoints.

    A call that is tried again has the same id. One whose answer is kept is not made again.
    """

    def __init__(self, database: Database, caller: Caller) -> None:
        self._database = database
        self._caller = caller
        self._catalogue = Current(catalogue)

    @activity.defn(name="call-webhook")
    async def call_webhook(self, order: CallWebhook) -> Answered | Held:
        prepared = await asyncio.to_thread(
            self._database.write, lambda session: self._prepared(session, order)
        )
        if not isinstance(prepared, Request):
            return prepared
        host = host_of(prepared.url)
        try:
            answer = await self._caller.call(
                prepared, secret=order.secret, key=order.key, limit=order.time_limit
            )
        except Rejected as error:  # Unreachable is raised on, so that Temporal retries
            return Answered(done=False, reason=str(error))
        await asyncio.to_thread(self._database.write, lambda session: _keep(session, order, answer))
        return answered(host, answer.status)

    def _prepared(self, session: Session, order: CallWebhook) -> Request | Answered | Held:
        before = session.get(BroughtRow, order.key)
        if before is not None:
            return answered(host_of(order.url), before.values["status"])
        if standing := held(session, order.instance_id, order.tile):
            return standing
        _, version, readable = of_instance(
            session, order.instance_id, order.brought, order.at, visits=order.visits
        )
        saying = Saying.of(version, readable, self._catalogue.now(session))
        try:
            return request_of(order.method, order.url, order.body, saying)
        except ValueError as error:
            return Answered(done=False, reason=str(error))


def _keep(session: Session, order: CallWebhook, answer: Answer) -> None:
    """Keep *answer*; of a person who was erased meanwhile, only that there was one."""
    erased = session.get_one(InstanceRow, order.instance_id).erased
    values = {"status": answer.status, "body": None if erased else answer.body}
    row = BroughtRow(
        id=order.key, instance=order.instance_id, tile=order.tile, values=values, at=order.at
    )
    keep_brought(session, row)
