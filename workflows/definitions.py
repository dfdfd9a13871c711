"""Definitions: a published version's content is kept once, by digest, outside the histories."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverSelectContext,
    StorageDriverStoreContext,
)

from store.database import Database
from store.journeys import definition, keep_definition

_IN_MEMORY = 512
_RAW_BYTES = b"binary/plain"


class Definitions(StorageDriver):
    """Keeps the content of versions in the store; a history holds only the digest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._content = lru_cache(maxsize=_IN_MEMORY)(self._read)
        self._kept = lru_cache(maxsize=_IN_MEMORY)(self._keep)

    def name(self) -> str:
        return "sojourn-definitions"

    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> list[StorageDriverClaim]:
        names = [await asyncio.to_thread(self._kept, payload.data) for payload in payloads]
        return [StorageDriverClaim({"sha256": name}) for name in names]

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        names = [claim.claim_data["sha256"] for claim in claims]
        contents = [await asyncio.to_thread(self._content, name) for name in names]
        return [Payload(metadata={"encoding": _RAW_BYTES}, data=each) for each in contents]

    def _read(self, name: str) -> bytes:
        with self._database.reading() as session:
            return definition(session, name)

    def _keep(self, content: bytes) -> str:
        with self._database.writing() as session:
            return keep_definition(session, content)


def data_converter(database: Database) -> DataConverter:
    """Return the converter that gateway and worker share: Pydantic models, definitions by digest.

    Raw bytes are only ever a version's content: everything else stays in the history.
    """
    driver = Definitions(database)

    def selected(_: StorageDriverSelectContext, payload: Payload) -> StorageDriver | None:
        return driver if payload.metadata.get("encoding") == _RAW_BYTES else None

    storage = ExternalStorage(drivers=[driver], driver_selector=selected, payload_size_threshold=0)
    return replace(pydantic_data_converter, external_storage=storage)
