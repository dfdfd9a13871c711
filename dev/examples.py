"""The examples: bundles that come with Sojourn, live from the first start on."""

from pathlib import Path

import httpx
from fastapi import FastAPI

from api.door.door import from_within
from dev.bundles import bring
from journeys.text import read

EXAMPLES = Path(__file__).parent.parent / "examples"


async def load_examples(app: FastAPI) -> None:
    """Bring each example to *app* whose journeys it does not have; the others are its users' now."""
    transport = httpx.ASGITransport(from_within(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn") as gateway:
        for file in sorted(EXAMPLES.glob("*.json")):
            bundle = read(file.read_bytes(), file.suffix)
            there = [
                (await gateway.get(f"/v1/journeys/{journey.name}")).is_success
                for journey in bundle.journeys
            ]
            if not all(there):
                await bring(bundle, gateway, records=True)
