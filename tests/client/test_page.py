"""The page that tells how to connect a Python program does what it says."""

import asyncio
import re
from pathlib import Path

from tests.api.conftest import Asked

PAGE = Path(__file__).parents[2] / "docs/connect/python.md"


async def test_the_program_on_the_page_is_taken_in(live: Asked, served: str) -> None:
    await live.put(
        "/triggers/cart-abandoned", {"kind": "custom", "attributes": {"total": "number"}}
    )
    await live.post("/triggers/cart-abandoned/ready")
    await live.put(
        "/tables/incident/records/printer", {"customerid": {"table": "contact", "id": "ana"}}
    )
    made = await live.post("/keys", {"name": "shop", "scopes": ["ingest", "author"]}, status=201)
    [program, *_] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    program = program.replace("https://journeys.example.org", served)
    program = program.replace("sj_…", made["key"])

    await asyncio.to_thread(exec, program, {})

    live.http.headers["authorization"] = f"Bearer {made['key']}"
    triggers = (await live.get("/triggers"))["items"]
    assert {each["name"]: each["fired_count"] for each in triggers} == {
        "cart-abandoned": 1, "case-resolved": 1,
    }  # fmt: skip
