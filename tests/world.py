"""A small world that stories and the engine's tests take place in, and short ways to draw a journey.

Ana and Ben are people, the printer and the scanner Ana's cases. People join by themselves (a
custom trigger), are surveyed, order, and their cases change.
"""

from typing import Any

from journeys.bundle import Bundle
from journeys.declaring import extended
from journeys.table import Audience, Column, Table
from store.builtin import builtin_tables

WORLD = Bundle.model_validate(
    {
        "triggers": [
            {
                "name": "joined",
                "kind": "custom",
                "attributes": {"plan": "text", "seats": "number", "case": "text"},
            },
            {
                "name": "surveyed",
                "kind": "custom",
                "attributes": {"score": "number", "case": "text"},
            },
            {"name": "cancelled", "kind": "custom"},
            {
                "name": "case-changed",
                "kind": "record_change",
                "table": "incident",
                "audience": {"path": "primarycontactid"},
                "operations": ["updated"],
                "columns": ["statecode", "prioritycode"],
            },
            {
                "name": "case-rated",
                "kind": "record_change",
                "table": "incident",
                "audience": {"path": "primarycontactid"},
                "operations": ["updated"],
                "columns": ["customersatisfactioncode"],
            },
            {
                "name": "ordered",
                "kind": "record_change",
                "table": "salesorder",
                "audience": {"path": "customerid"},
                "operations": ["created"],
            },
        ],
        "templates": [
            {
                "name": name,
                "channel": "email",
                "purpose": "transactional",
                "subject": name,
                "html": f"<p>{name}</p>",
            }
            for name in ("hello", "thanks", "bye")
        ],
        "records": [
            {
                "table": "contact",
                "id": "ana",
                "values": {"firstname": "Ana", "emailaddress1": "ana@example.org"},
            },
            {
                "table": "contact",
                "id": "ben",
                "values": {"firstname": "Ben", "emailaddress1": "ben@example.org"},
            },
            {
                "table": "incident",
                "id": "printer",
                "values": {"title": "Printer", "statecode": 0, "primarycontactid": "ana"},
            },
            {
                "table": "incident",
                "id": "scanner",
                "values": {"title": "Scanner", "statecode": 0, "primarycontactid": "ana"},
            },
        ],
    }
)

_CONTACT = next(table for table in builtin_tables() if table.name == "contact")
_ZONED_CONTACT = _CONTACT.model_copy(
    update={
        "columns": (Column(name="new_timezone", type="text"),),
        "audience": Audience(email="emailaddress1", time_zone="new_timezone"),
    }
)
_MEMBER = Table(
    name="member",
    primary_id="id",
    columns=(Column(name="id", type="text"), Column(name="home.zone", type="text")),
    audience=Audience(time_zone="home.zone"),
)
ZONED_WORLD = WORLD.model_copy(update={"tables": (extended(_CONTACT, _ZONED_CONTACT), _MEMBER)})
"""The small world where contacts have a time zone, and so have members."""

Drawn = dict[str, Any]


def journey(*tiles: Drawn, trigger: str = "joined", **settings: Any) -> Drawn:
    """Return a journey of *tiles*; *settings* below `entry` are those an entry has."""
    of_entry = ("filter", "exclude", "repeat", "while_inside", "starts_at", "ends_at", "rate_limit")
    entry = {name: settings.pop(name) for name in of_entry if name in settings}
    return {"name": "story", "entry": {"trigger": trigger, **entry}, "tiles": tiles, **settings}


def message(template: str, next: str | None = None) -> Drawn:  # noqa: A002 - the tile's word
    """Return a message called as its template."""
    return {
        "kind": "message",
        "id": template,
        "channel": "email",
        "template": template,
        "next": next,
    }


def wait(next: str | None = None, id: str = "wait", **how: Any) -> Drawn:  # noqa: A002 - likewise
    """Return a wait of a day, or *how* else."""
    return {"kind": "wait", "id": id, "next": next, **(how or {"for": "P1D"})}


def wait_for(
    trigger: str,
    yes: str | None = None,
    no: str | None = None,
    *,
    id: str = "asked",  # noqa: A002 - likewise
    within: str = "P7D",
    **how: Any,
) -> Drawn:
    """Return a wait of a week for *trigger*."""
    drawn = {"kind": "wait_for_trigger", "id": id, "trigger": trigger, "within": within}
    return {**drawn, "yes": yes, "no": no, **how}


def when(field: str, operator: str, value: Any = None) -> Drawn:
    """Return a comparison."""
    return {"field": field, "operator": operator, "value": value}
