"""Every tile kind, one module each. A new kind is a new module and a line here."""

from typing import Annotated

from pydantic import Field

from journeys.tiles.attribute_branch import AttributeBranch
from journeys.tiles.exit import ExitTile
from journeys.tiles.experiment import Experiment
from journeys.tiles.fire_trigger import FireTrigger
from journeys.tiles.message import Message
from journeys.tiles.record import RecordTile
from journeys.tiles.split import Split
from journeys.tiles.wait import Wait
from journeys.tiles.wait_for_trigger import WaitForTrigger
from journeys.tiles.webhook import Webhook

Tile = Annotated[
    AttributeBranch
    | ExitTile
    | Experiment
    | FireTrigger
    | Message
    | RecordTile
    | Split
    | Wait
    | WaitForTrigger
    | Webhook,
    Field(discriminator="kind"),
]  # fmt: skip
