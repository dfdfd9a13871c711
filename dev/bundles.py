"""Bringing a bundle to a gateway, and getting one from it, over the outside contract."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from pydantic import BaseModel, TypeAdapter

from journeys.bundle import Bundle
from journeys.catalogue import Catalogue
from journeys.declaring import extended
from journeys.exporting import extension
from journeys.journey import Journey
from journeys.table import Table
from journeys.template import Template
from journeys.text import plain
from journeys.trigger import Trigger
from store.builtin import builtin_tables

Became = Literal["created", "changed", "made ready", "unchanged"]

_BUILTIN = {table.name: table for table in builtin_tables()}
_TRIGGER: TypeAdapter[Trigger] = TypeAdapter(Trigger)
_STATE_OF_A_TRIGGER = {"state", "fired_count", "last_fired_at"}


class NotTaken(Exception):
    """The gateway did not take something; says what, and every problem it found."""


@dataclass(frozen=True)
class Held:
    """What a gateway holds: its catalogue, and those of the journeys asked for that it has."""

    catalogue: Catalogue
    journeys: Mapping[str, Journey]


async def held(gateway: httpx.AsyncClient, journeys: Iterable[str] | None) -> Held:
    """Ask *gateway* for its catalogue and the drafts of *journeys* (None = all); it may not have some."""
    tables = [Table.model_validate(each) for each in await everything(gateway, "/v1/tables")]
    triggers = await everything(gateway, "/v1/triggers")
    templates = await everything(gateway, "/v1/templates")
    there = {each["name"] for each in await everything(gateway, "/v1/journeys")}
    drafts = {
        name: Journey.model_validate((await ask(gateway, "GET", f"/v1/journeys/{name}"))["journey"])
        for name in (sorted(there) if journeys is None else journeys)
        if name in there
    }
    catalogue = Catalogue(
        tables={each.name: each for each in tables},
        triggers={each["name"]: _trigger(each) for each in triggers},
        templates={each["name"]: Template.model_validate(each) for each in templates},
        ready=frozenset(each["name"] for each in triggers if each["state"] == "ready"),
    )
    return Held(catalogue, drafts)


def counterpart(bundle: Bundle, there: Held) -> Bundle:
    """Return everything in *bundle* as it is on the gateway; what is not there is left out."""
    known = there.catalogue

    def among(parts: Sequence[Any], held: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(held[each.name] for each in parts if each.name in held)

    tables = (_table_there(each, known.tables.get(each.name)) for each in bundle.tables)
    return Bundle(
        tables=tuple(each for each in tables if each is not None),
        triggers=among(bundle.triggers, known.triggers),
        templates=among(bundle.templates, known.templates),
        journeys=among(bundle.journeys, there.journeys),
    )


async def bring_drafts(
    bundle: Bundle, gateway: httpx.AsyncClient
) -> AsyncIterator[tuple[str, Became]]:
    """Bring *bundle* to *gateway*, its triggers ready and its journeys as drafts, and say what became of it.

    What is there just so is left alone. Raises NotTaken at the first part that is refused.
    """
    there = await held(gateway, [each.name for each in bundle.journeys])
    now = counterpart(bundle, there)
    async for name, became in _bring_tables(bundle, now, there.catalogue.tables, gateway):
        yield f"table {name}", became
    for trigger, became in _compared(bundle.triggers, now.triggers):
        path, ready = f"/v1/triggers/{trigger.name}", trigger.name in there.catalogue.ready
        if became != "unchanged":
            await ask(gateway, "PUT", path, plain(trigger))
        if not ready:
            await ask(gateway, "POST", f"{path}/ready")
        yield (
            f"trigger {trigger.name}",
            "made ready" if became == "unchanged" and not ready else became,
        )
    for template, became in _compared(bundle.templates, now.templates):
        if became != "unchanged":
            await ask(gateway, "PUT", f"/v1/templates/{template.name}", plain(template))
        yield f"template {template.name}", became
    for journey, became in _compared(bundle.journeys, now.journeys):
        if became != "unchanged":
            await ask(gateway, "PUT", f"/v1/journeys/{journey.name}", plain(journey))
        yield f"journey {journey.name}", became


async def bring(bundle: Bundle, gateway: httpx.AsyncClient, *, records: bool = False) -> None:
    """Bring everything in *bundle* to *gateway* and publish its journeys.

    Brought a second time, it changes nothing. *records* are written only where they are asked
    for. Raises NotTaken at the first part that the gateway refuses.
    """
    async for _ in bring_drafts(bundle, gateway):
        pass
    for record in bundle.records if records else ():
        path = f"/v1/tables/{record.table}/records/{record.id}"
        await ask(gateway, "PUT", path, {"values": record.values})
    for journey in bundle.journeys:
        await publish(journey.name, gateway)


async def _bring_tables(
    bundle: Bundle, now: Bundle, there: Mapping[str, Table], gateway: httpx.AsyncClient
) -> AsyncIterator[tuple[str, Became]]:
    """Bring the tables of *bundle*; those that point to each other are completed in a second round."""
    ahead = {each.name for each in bundle.tables} - there.keys()
    again = []
    for declared, became in _compared(bundle.tables, now.tables):
        if became != "unchanged":
            whole, path = _whole(declared, there), f"/v1/tables/{declared.name}"
            ahead.discard(declared.name)
            first = _not_pointing_to(ahead, whole)
            await ask(gateway, "PUT", path, plain(first))
            if first != whole:
                again.append((path, whole))
        yield declared.name, became
    for path, whole in again:
        await ask(gateway, "PUT", path, plain(whole))


def _whole(declared: Table, there: Mapping[str, Table]) -> Table:
    """Return *declared* with how a built-in table is extended already, which a PUT would replace."""
    builtin = _BUILTIN.get(declared.name)
    if builtin is None:
        return declared
    return extension(builtin, extended(there[declared.name], declared)) or declared


def _not_pointing_to(ahead: set[str], table: Table) -> Table:
    """Return *table* without the targets that are *ahead*: a gateway takes only those it knows."""
    columns = (
        column.model_copy(update={"targets": tuple(x for x in column.targets if x not in ahead)})
        for column in table.columns
    )
    return table.model_copy(update={"columns": tuple(columns)})


def _table_there(declared: Table, shown: Table | None) -> Table | None:
    """Return the gateway's table as a bundle has it: of one that is built in, what extends it."""
    builtin = _BUILTIN.get(declared.name)
    if shown is None or builtin is None:
        return shown
    if _alike(extended(shown, declared), shown):
        return declared
    return extension(builtin, shown)


def _compared(parts: Sequence[Any], now: Sequence[Any]) -> Iterator[tuple[Any, Became]]:
    there = {each.name: each for each in now}
    for part in parts:
        if part.name not in there:
            yield part, "created"
        else:
            yield part, "unchanged" if _alike(part, there[part.name]) else "changed"


def _alike(part: BaseModel, other: BaseModel) -> bool:
    """Say whether both are the same text; as values, true and 1 would be equal."""
    return json.dumps(plain(part)) == json.dumps(plain(other))


def _trigger(shown: Mapping[str, Any]) -> Trigger:
    """Return a trigger without its state, which a gateway answers with it."""
    return _TRIGGER.validate_python(
        {name: value for name, value in shown.items() if name not in _STATE_OF_A_TRIGGER}
    )


async def publish(name: str, gateway: httpx.AsyncClient) -> None:
    """Publish the draft of journey *name*, unless it is live just so."""
    now = await ask(gateway, "GET", f"/v1/journeys/{name}")
    if now["state"] != "live" or now["draft"]:
        await ask(gateway, "POST", f"/v1/journeys/{name}/publish")


async def everything(gateway: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Return every item of a list, page by page."""
    page = await ask(gateway, "GET", path)
    items: list[dict[str, Any]] = page["items"]
    while page["next"] is not None:
        page = await ask(gateway, "GET", f"{path}?cursor={page['next']}")
        items += page["items"]
    return items


async def ask(
    gateway: httpx.AsyncClient, method: str, path: str, body: Any = None
) -> dict[str, Any]:
    """Send a request and return the answer; raise NotTaken with all that the gateway found wrong."""
    answer = await gateway.request(method, path, json=body)
    said: dict[str, Any] = answer.json() if answer.content else {}
    if answer.is_success:
        return said
    problems = [f"{each['path']}: {each['message']}" for each in said.get("problems", ())]
    raise NotTaken(" ".join([f"{path}: {said.get('detail', answer.reason_phrase)}", *problems]))
