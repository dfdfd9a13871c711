"""Problems: what a client raises, each one sentence of why."""

from collections.abc import Mapping, Sequence
from typing import Any

from sojourn_client.items import Item, Refused
from sojourn_client.shapes import Problem


class GatewayProblem(Exception):
    """The gateway answered that it cannot be done: *status*, and the problem *body* (RFC 9457).

    *request_id* finds the request in the gateway's log.
    """

    def __init__(self, status: int, body: Mapping[str, Any], request_id: str | None = None) -> None:
        self.status = status
        self.body = body
        self.request_id = request_id
        self.detail = str(body.get("detail", ""))
        self.problems: tuple[Problem, ...] = tuple(body.get("problems") or ())
        said = [f"{each.get('path') or '/'}: {each.get('message')}" for each in self.problems]
        super().__init__("\n".join([f"{self.detail} ({status})", *said]))


class NotDelivered(Exception):
    """Not everything that was sent is at the gateway; the reason is the cause.

    *items* are those that it may not have, and *refused* those that it refused, and that nobody
    was told of. What `flush` could not deliver still waits; what `close` could not is handed over
    with this: sent again with the same id it counts once.
    """

    def __init__(self, items: Sequence[Item], refused: Sequence[Refused], why: str) -> None:
        self.items = tuple(items)
        self.refused = tuple(refused)
        super().__init__(
            "Expected everything to be delivered, but "
            f"{len(self.items)} could not be and {len(self.refused)} refused: {why}"
        )


class Full(Exception):
    """There is no room for one more: what waits, or was refused and nobody was told of, takes it all."""

    def __init__(self, why: str = "too much waits for the gateway already") -> None:
        super().__init__(f"Expected room for one more, but {why}.")
