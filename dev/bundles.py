"""Bringing a bundle to a gateway, over the outside contract."""

from collections.abc import Mapping
from typing import Any

import httpx


class NotTaken(Exception):
    """The gateway did not take something; says what, and every problem it found."""


async def bring(
    bundle: Mapping[str, Any], gateway: httpx.AsyncClient, *, records: bool = False
) -> None:
    """Bring everything in *bundle* (the JSON of a `Bundle`) to *gateway* and publish its journeys.

    Brought a second time, it changes nothing. *records* are written only where they are asked
    for. Raises NotTaken at the first part that the gateway refuses.
    """
    for table in bundle.get("tables", ()):
        await ask(gateway, "PUT", f"/v1/tables/{table['name']}", table)
    for trigger in bundle.get("triggers", ()):
        path = f"/v1/triggers/{trigger['name']}"
        if (await ask(gateway, "PUT", path, trigger))["state"] != "ready":
            await ask(gateway, "POST", f"{path}/ready")
    for template in bundle.get("templates", ()):
        await ask(gateway, "PUT", f"/v1/templates/{template['name']}", template)
    for record in bundle.get("records", ()) if records else ():
        path = f"/v1/tables/{record['table']}/records/{record['id']}"
        await ask(gateway, "PUT", path, record["values"])
    for journey in bundle.get("journeys", ()):
        await publish(journey, gateway)


async def publish(journey: Mapping[str, Any], gateway: httpx.AsyncClient) -> dict[str, Any]:
    """Save *journey* as the draft and publish it, unless it is live just so; return it as it is."""
    path = f"/v1/journeys/{journey['name']}"
    saved = await ask(gateway, "PUT", path, journey)
    if saved["state"] == "live" and not saved["draft"]:
        return saved
    return await ask(gateway, "POST", f"{path}/publish")


async def ask(
    gateway: httpx.AsyncClient, method: str, path: str, body: Any = None
) -> dict[str, Any]:
    """Send a request and return the answer; raise NotTaken with all that the gateway found wrong."""
    answer = await gateway.request(method, path, json=body)
    said: dict[str, Any] = answer.json()
    if answer.is_success:
        return said
    problems = [f"{each['path']}: {each['message']}" for each in said.get("problems", ())]
    raise NotTaken(" ".join([f"{path}: {said.get('detail', answer.reason_phrase)}", *problems]))
