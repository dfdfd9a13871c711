"""Definitions: a published version's content is kept once, by digest, outside the histories."""

import asyncio
from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverSelectContext,
    StorageDriverStoreContext,
)

from journeys.journey import digest
from store.database import Database
from store.journeys import definition, keep_definition
from workflows.packing import Packing

_IN_MEMORY = 512
_RAW_BYTES = b"binary/plain"


class Contents:
    """The content of versions by its digest, each read from the store once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._contents: dict[str, bytes] = {}

    async def of(self, name: str) -> bytes:
        """Return the content whose digest is *name*; raise LookupError where the store has none."""
        if name not in self._contents:
            self._remember(name, await asyncio.to_thread(self._read, name))
        return self._contents[name]

    async def keep(self, content: bytes) -> str:
        """Have the store keep *content*, and return its digest."""
        name = digest(content)
        if name not in self._contents:
            self._remember(await asyncio.to_thread(self._keep, content), content)
        return name

    def _remember(self, name: str, content: bytes) -> None:
        if len(self._contents) >= _IN_MEMORY:
            self._contents.clear()
        self._contents[name] = content

    def _read(self, name: str) -> bytes:
        with self._database.reading() as session:
            return definition(session, name)

    def _keep(self, content: bytes) -> str:
        with self._database.writing() as session:
            return keep_definition(session, content)


class Definitions(StorageDriver):
    """Keeps the content of versions in the store; a history holds only the digest."""

    def __init__(self, database: Database) -> None:
        self._contents = Contents(database)

    def name(self) -> str:
        return "sojourn-definitions"

    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> list[StorageDriverClaim]:
        names = [await self._contents.keep(payload.data) for payload in payloads]
        return [StorageDriverClaim({"sha256": name}) for name in names]

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        contents = [await self._contents.of(claim.claim_data["sha256"]) for claim in claims]
        return [Payload(metadata={"encoding": _RAW_BYTES}, data=each) for each in contents]


class Payloads(CompositePayloadConverter):
    """Payloads as Pydantic reads and writes them.

    Temporal makes several of these for every task of a workflow: what Pydantic has learnt of our
    types is shared by them all.
    """

    _shared = tuple(PydanticPayloadConverter().converters.values())

    def __init__(self) -> None:
        super().__init__(*self._shared)


def data_converter(database: Database) -> DataConverter:
    """Return the converter that gateway and worker share: Pydantic models, large ones packed, definitions by digest.

    Raw bytes are only ever a version's content: everything else stays in the history.
    """
    driver = Definitions(database)

    def selected(_: StorageDriverSelectContext, payload: Payload) -> StorageDriver | None:
        return driver if payload.metadata.get("encoding") == _RAW_BYTES else None

    storage = ExternalStorage(drivers=[driver], driver_selector=selected, payload_size_threshold=0)
    return DataConverter(
        payload_converter_class=Payloads, payload_codec=Packing(), external_storage=storage
    )
