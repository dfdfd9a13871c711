"""Sojourn's client: tell it of record changes and custom triggers, ask it of journeys and instances."""

from sojourn_client.asynchronous import AsyncSojourn
from sojourn_client.buffer import Limits
from sojourn_client.items import Delivered, Item, Refused
from sojourn_client.problems import Full, GatewayProblem, NotDelivered
from sojourn_client.shapes import (
    Drafted,
    Instance,
    Journey,
    JourneyNow,
    Note,
    Problem,
    Published,
    Reference,
)
from sojourn_client.synchronous import Sojourn

__all__ = [
    "AsyncSojourn",
    "Delivered",
    "Drafted",
    "Full",
    "GatewayProblem",
    "Instance",
    "Item",
    "Journey",
    "JourneyNow",
    "Limits",
    "NotDelivered",
    "Note",
    "Problem",
    "Published",
    "Reference",
    "Refused",
    "Sojourn",
]
