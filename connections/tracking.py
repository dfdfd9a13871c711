"""Tracking: what changed in a table of Dataverse since it was last asked, page by page."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from connections.entities import NAMING_LOOKUPS, Entity
from connections.web_api import Refusal, WebApi

_TRACKING = {"prefer": f"odata.track-changes,{NAMING_LOOKUPS}"}
_FOLLOWING = {"prefer": NAMING_LOOKUPS}


@dataclass(frozen=True)
class Page:
    """Some of it: *rows* as they are now, the ids of those that are *gone*, and on the last the *link*.

    Following the link answers what changes from now on.
    """

    rows: list[dict[str, Any]]
    gone: list[str]
    link: str | None


class Expired(Exception):
    """A link that Dataverse follows no more: everything has to be read once again."""


async def everything(there: WebApi, entity: Entity, columns: Iterable[str]) -> AsyncIterator[Page]:
    """Yield all rows of a table with *columns*; raises what a `WebApi` raises."""
    async for page in there.pages(f"{entity.entity_set}?{entity.select(columns)}", _TRACKING):
        yield _page(page)


async def since(there: WebApi, link: str) -> AsyncIterator[Page]:
    """Yield what changed since *link* was given out; raises Expired, and what a `WebApi` raises."""
    try:
        async for page in there.pages(link, _FOLLOWING):
            yield _page(page)
    except (
        Refusal
    ) as error:  # there is more than one way to say it, and a full pass is always right
        raise Expired(str(error)) from error


def _page(page: dict[str, Any]) -> Page:
    rows = page["value"]
    return Page(
        rows=[each for each in rows if "reason" not in each],
        gone=[each["id"] for each in rows if each.get("reason") == "deleted"],
        link=page.get("@odata.deltaLink"),
    )
