"""Registering: what makes a Dataverse environment post every change of a table to an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connections.web_api import Refusal, WebApi

STAGE = 40  # PostOperation: the change is stored
_ASYNCHRONOUS = 1
_WEBHOOK, _WEBHOOK_KEY = 8, 4  # a contract, and how it shows that it is the one: `?code=`
_BEFORE, _AFTER = 0, 1

_STEPS: Mapping[str, tuple[str, Sequence[int]]] = {
    "Create": ("Id", (_AFTER,)),
    "Update": ("Target", (_BEFORE, _AFTER)),
    "Delete": ("Target", (_BEFORE,)),
}
"""For each message the parameter that images are of, and the images that Dataverse has of it."""

Done = Literal["new", "changed", "same"]


@dataclass(frozen=True)
class Endpoint:
    """A webhook as it is registered: to where it posts."""

    id: str
    url: str


async def find_endpoint(there: WebApi, name: str) -> Endpoint | None:
    """Return the webhook called *name*, or None."""
    found = await _first(there, "serviceendpoint", ("url",), name=f"'{name}'")
    return None if found is None else Endpoint(found["serviceendpointid"], found["url"])


async def post_to(
    there: WebApi, name: str, url: str, found: Endpoint | None, key: str | None
) -> tuple[str, Done]:
    """Let the webhook *name* post to *url*, with a new *key* if there is one; return its id."""
    asked: dict[str, Any] = {"url": url}
    if key is not None:
        asked |= {"authtype": _WEBHOOK_KEY, "authvalue": key}
    if found is None:
        asked |= {"name": name, "contract": _WEBHOOK}
        return await _created(there, "serviceendpoint", asked), "new"
    if key is None and found.url == url:
        return found.id, "same"
    await there.ask("PATCH", f"serviceendpoints({found.id})", asked, {"if-match": "*"})
    return found.id, "changed"


async def register_steps(there: WebApi, endpoint: str, table: str) -> int:
    """Let *endpoint* hear of every change of *table*, with images; return how much was missing."""
    made = 0
    for message, (parameter, images) in _STEPS.items():
        heard = await _first(there, "sdkmessage", ("name",), name=f"'{message}'")
        if heard is None:
            raise Refusal(f"Expected Dataverse to know the message {message}, but it does not.")
        message_id = heard["sdkmessageid"]
        place = await _first(
            there,
            "sdkmessagefilter",
            (),
            primaryobjecttypecode=f"'{table}'",
            _sdkmessageid_value=message_id,
        )
        if place is None:
            raise Refusal(f"Expected a table that tells of {message}, but {table} does not.")
        filter_id = place["sdkmessagefilterid"]
        step = await _first(
            there,
            "sdkmessageprocessingstep",
            (),
            _eventhandler_value=endpoint,
            _sdkmessageid_value=message_id,
            _sdkmessagefilterid_value=filter_id,
        )
        if step is None:
            step_id = await _created(
                there,
                "sdkmessageprocessingstep",
                {
                    "name": f"Sojourn: {message} of {table}",
                    "stage": STAGE,
                    "mode": _ASYNCHRONOUS,
                    "rank": 1,
                    "supporteddeployment": 0,
                    "asyncautodelete": True,
                    "eventhandler_serviceendpoint@odata.bind": f"/serviceendpoints({endpoint})",
                    "sdkmessageid@odata.bind": f"/sdkmessages({message_id})",
                    "sdkmessagefilterid@odata.bind": f"/sdkmessagefilters({filter_id})",
                },
            )
            made += 1
        else:
            step_id = step["sdkmessageprocessingstepid"]
        made += await _images(there, step_id, parameter, images)
    return made


async def _images(there: WebApi, step: str, parameter: str, wanted: Sequence[int]) -> int:
    made = 0
    for kind in wanted:
        found = await _first(
            there,
            "sdkmessageprocessingstepimage",
            (),
            _sdkmessageprocessingstepid_value=step,
            imagetype=str(kind),
        )
        if found is None:
            alias = "before" if kind == _BEFORE else "after"
            image = {
                "name": alias,
                "entityalias": alias,
                "imagetype": kind,
                "messagepropertyname": parameter,
                "sdkmessageprocessingstepid@odata.bind": f"/sdkmessageprocessingsteps({step})",
            }
            await _created(there, "sdkmessageprocessingstepimage", image)
            made += 1
    return made


async def _first(
    there: WebApi, kind: str, columns: Sequence[str], **conditions: str
) -> dict[str, Any] | None:
    """Return the first row of *kind* of which all *conditions* hold, with its id and *columns*."""
    said = " and ".join(f"{name} eq {value}" for name, value in conditions.items())
    found = await there.get(f"{kind}s?$select={','.join((f'{kind}id', *columns))}&$filter={said}")
    return next(iter(found["value"]), None)


async def _created(there: WebApi, kind: str, row: dict[str, Any]) -> str:
    answer = await there.ask("POST", f"{kind}s", row)
    return str(answer.headers["odata-entityid"].rpartition("(")[2].rstrip(")"))
