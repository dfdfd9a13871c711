"""Webhook: call an HTTP endpoint, and go on with its answer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from journeys.calling import wrong_address
from journeys.catalogue import Catalogue
from journeys.given import Given, wrong_value
from journeys.problem import Problem, pointer
from journeys.table import Column
from journeys.tile import BaseTile, TileId
from journeys.trigger import Name
from journeys.visit import Method, Visit

if TYPE_CHECKING:
    from journeys.scope import Scope

LONGEST_CALL = timedelta(minutes=1)
_ANYTHING = Column(name="body", type="json")


class Webhook(BaseTile):
    """Call *url* with a JSON *body*, signed and with an id that stays the same when it is tried again.

    The host is fixed; values such as `{{ trigger.id }}` stand in the path and the query, and in the
    body as for a record: a literal, a field (`{"field": "trigger.title"}`), or text with Liquid.
    The request is signed as Standard Webhooks has it, with the *secret* of that name
    (`SOJOURN_WEBHOOK_SECRETS`). Each try may take *time_limit*; where there is no answer, or one of
    408, 429 or 500 and more, it is tried again for an hour. Redirects are not followed, and private
    addresses are not called unless the operator allows it.

    The answer is read as `tiles.<id>.status` and, where it is JSON of at most 64 KiB,
    `tiles.<id>.body.…`. An answer of 200 to 299 leads to *next*; anything else to *if_failed* where
    that is drawn, else to *next* as well. In an instance's history it takes six events.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "webhook", "id": "score", "method": "POST", "url": "https://crm.example.com/scores",
        "body": {"person": {"field": "person.emailaddress1"}, "text": "About {{ trigger.title }}"},
        "secret": "crm", "next": None,
    }  # fmt: skip

    kind: Literal["webhook"] = "webhook"
    method: Method = "POST"
    url: str = Field(min_length=1)
    body: dict[str, Given] | None = None
    secret: Name = "default"  # noqa: S105 - the name of one
    time_limit: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    next: TileId | None = None
    if_failed: TileId | None = None

    @property
    def targets(self) -> dict[str, TileId | None]:
        failing = {} if self.if_failed is None else {"if_failed": self.if_failed}
        return {"next": self.next, **failing}

    @property
    def answers(self) -> bool:
        return True

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.method == "GET" and self.body is not None:
            yield Problem(path="/body", message="Expected no body with GET, but there is one.")
        if self.time_limit > LONGEST_CALL:
            said = f"Expected at most {LONGEST_CALL.seconds} seconds, but it is {self.time_limit}."
            yield Problem(path="/time_limit", message=said)

    def problems_within(self, scope: "Scope") -> Iterator[Problem]:
        for said in wrong_address(self.url, scope):
            yield Problem(path="/url", message=said)
        for name, given in (self.body or {}).items():
            for said in wrong_value(given, _ANYTHING, scope):
                yield Problem(path=f"/body{pointer(name)}", message=said)

    async def run(self, visit: Visit) -> TileId | None:
        answer = await visit.call(self.method, self.url, self.body, self.secret, self.time_limit)
        target = self.next if answer.done else self.if_failed or self.next
        visit.note("called" if answer.done else "failed", why=answer.reason, target=target)
        return target
