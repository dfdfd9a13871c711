"""A stand-in for Temporal's client: it does what a test wants of it at each call."""

from typing import Any, cast

from temporalio.api.operatorservice.v1 import ListSearchAttributesResponse
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.attributes import WANTED


class StandIn:
    """A server that remembers what it was told: no more than `api/relay.py` asks of a client.

    *told* are workflows and the ids of what they were told, as often as they were.
    """

    namespace = identity = "any"

    def __init__(self) -> None:
        self.started: list[str] = []
        self.told: list[tuple[str, str]] = []

    @property
    def client(self) -> Client:
        return cast("Client", self)

    @property
    def operator_service(self) -> "StandIn":
        return self

    @property
    def workflow_service(self) -> "StandIn":
        return self

    @property
    def data_converter(self) -> "StandIn":
        return self

    async def reached(self) -> None:
        """Whatever becomes of a relay that asks whether Temporal is there."""

    async def asked(self, workflow: str) -> None:
        """Whatever becomes of a call before it has any effect; it may be refused by raising."""

    async def answer(self, workflow: str) -> None:
        """Whatever becomes of a call after it had its effect; its answer may be lost by raising."""

    async def list_search_attributes(self, _: object) -> ListSearchAttributesResponse:
        await self.reached()
        return ListSearchAttributesResponse(custom_attributes=WANTED)

    async def encode(self, _: object) -> list[Any]:
        return []

    async def start_workflow(self, workflow: str, *, id: str, **_: Any) -> None:  # noqa: A002 - the client's
        await self.asked(id)
        if id in self.started:
            raise WorkflowAlreadyStartedError(id, workflow)
        self.started.append(id)
        await self.answer(id)

    async def signal_workflow_execution(self, request: Any, **_: Any) -> None:
        workflow = request.workflow_execution.workflow_id
        await self.asked(workflow)
        assert workflow in self.started, "told of something before it was started"
        self.told.append((workflow, request.request_id))
        await self.answer(workflow)
